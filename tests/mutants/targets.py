"""Where faults are planted, how many, and which tests are asked about them."""

from collections.abc import Iterator
from dataclasses import dataclass

READING = "tests/reading"
# Of each page a ledger of one currency and one of several, in either language, a young one, and
# one that was closed long ago.
LEDGERS = "(running-en or mixed-zh-hant or mixed-RMB-en or mixed-calls-zh or young-zh or closed-en)"
TEMPLATES = "templates/admin/reports"


@dataclass(frozen=True)
class Target:
    """A file, how many faults of it are drawn, and the pages and tests that they show on."""

    file: str
    count: int
    pages: str
    tests: tuple[str, ...] = ()

    @property
    def commands(self) -> Iterator[list[str]]:
        """What pytest is asked, the quickest first."""
        if self.tests:
            yield list(self.tests)
        if self.pages:
            yield [READING, "-k", f"({self.pages}) and {LEDGERS}"]


def _template(name: str, count: int, pages: str, *tests: str) -> Target:
    return Target(f"{TEMPLATES}/{name}.html", count, pages, tests)


def _code(name: str, count: int, pages: str, *tests: str) -> Target:
    return Target(f"stats/{name}.py", count, pages, tests)


LEADERBOARDS = "reports_users or reports_endpoints"
TARGETS = (
    _template("leaderboard", 3, LEADERBOARDS),
    _template("parts/leaderboard_cells", 5, LEADERBOARDS),
    _template("daily", 3, "reports_daily"),
    _template("parts/day", 4, "reports_daily"),
    _template("cost", 2, "reports_cost"),
    _template("parts/day_cost", 3, "reports_cost"),
    _template("errors", 4, "reports_errors"),
    _template("calls", 6, "changelist", "tests/admin/test_calls.py"),
    _template("changes", 1, "reports_changes"),
    _template("parts/waterfall", 2, "reports_changes"),
    _template("parts/waterfall_line", 3, "reports_changes"),
    _template("parts/tiles", 3, "index or reports_user-"),
    _template("parts/ranked_users", 3, "index or reports_job"),
    _template("parts/ranked_endpoints", 3, "index or reports_user-"),
    _template("parts/ranked_jobs", 2, "reports_user-"),
    _template("parts/failures", 2, "index or reports_user-"),
    _template("parts/largest", 2, "index"),
    _template("parts/chart", 2, "index or reports_cost"),
    _template("parts/cost", 2, "index"),
    _code("admin/tiles", 6, "index or reports_user- or reports_job"),
    _code("admin/tables", 5, f"{LEADERBOARDS} or reports_user- or index"),
    _code("admin/waterfall", 4, "reports_changes or index", "tests/admin/test_changes.py"),
    _code("admin/wording", 4, "index or reports_errors or reports_cost"),
    _code("admin/callrows", 4, "changelist", "tests/admin/test_calls.py"),
    _code("admin/sheets/columns", 6, "reports_daily or reports_users or reports_endpoints"),
    _code("admin/sheets/rankings", 3, "reports_user or reports_endpoints or index"),
    _code("admin/sheets/differences", 3, "reports_changes"),
    _code("admin/pages/changes", 3, "reports_changes"),
    _code("admin/pages/cost", 2, "reports_cost"),
    _code("admin/pages/daily", 1, "reports_daily"),
    _code("admin/pages/errors", 2, "reports_errors"),
    _code("admin/pages/calls", 2, "changelist", "tests/admin/test_calls.py"),
    _code("formatting", 6, "index", "tests/test_formatting.py"),
    _code("charts", 4, "index or reports_cost", "tests/test_charts.py"),
    _code("templatetags/usage", 2, "index or reports_daily", "tests/test_formatting.py"),
    _code("exports/csvfile", 2, "reports_daily", "tests/exports/test_csvfile.py"),
    _code("exports/workbook", 3, "reports_daily", "tests/exports/test_workbook.py"),
    _code("exports/calls", 2, "changelist", "tests/exports/test_calls.py"),
    _code("filters", 4, "", "tests/test_filters.py"),
)
