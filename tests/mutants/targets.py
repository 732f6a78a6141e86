"""Where faults are planted, how many, and which tests are asked about them."""

from dataclasses import dataclass
from pathlib import Path

READING = "tests/reading"
# Of each page a ledger of one currency in both languages, one of several in Chinese, one that was
# closed long ago, and one without failures.
LEDGERS = "(running or mixed-zh-hant or mixed-calls-zh or closed-en or sound-en)"
WORTH, GROUPS = f"{READING}/test_worth_a_look.py", f"{READING}/test_groups.py"
TEMPLATES = "templates/admin/reports"


@dataclass(frozen=True)
class Target:
    """A file, how many faults of it are drawn, and the pages and tests that they show on."""

    file: str
    count: int
    pages: str
    tests: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What pytest is asked."""
        modules = [Path(test).stem for test in self.tests]
        pages = [f"({self.pages}) and ({LEDGERS} or every_table)"] if self.pages else []
        return [*self.tests, *([READING] if pages else []), "-k", " or ".join([*modules, *pages])]


def _template(name: str, count: int, pages: str, *tests: str) -> Target:
    return Target(f"{TEMPLATES}/{name}.html", count, pages, tests)


def _code(name: str, count: int, pages: str, *tests: str) -> Target:
    return Target(f"stats/{name}.py", count, pages, tests)


LEADERBOARDS = "reports_users or reports_endpoints"
TARGETS = (
    _template("leaderboard", 2, LEADERBOARDS),
    _template("parts/table", 2, LEADERBOARDS),
    _template("parts/row", 3, f"{LEADERBOARDS} or reports_errors or reports_changes"),
    _template("daily", 2, "reports_daily"),
    _template("cost", 1, "reports_cost"),
    _template("errors", 2, "reports_errors"),
    _template("calls", 5, "changelist", "tests/admin/test_calls.py"),
    _template("changes", 1, "reports_changes"),
    _template("parts/waterfall", 1, "reports_changes"),
    _template("parts/tiles", 2, "index or reports_user-"),
    _template("parts/ranked_users", 2, "index or reports_job"),
    _template("parts/ranked_endpoints", 2, "index or reports_user-"),
    _template("parts/ranked_jobs", 1, "reports_user-"),
    _template("parts/failures", 1, "index or reports_user-"),
    _template("parts/largest", 1, "index"),
    _template("parts/attention", 2, "", WORTH),
    _template("parts/excluded", 2, "index or reports_daily"),
    _template("parts/chart", 1, "index or reports_cost"),
    _code("admin/components/tiles", 4, "index or reports_user- or reports_job"),
    _code(
        "admin/components/tables",
        3,
        f"{LEADERBOARDS} or reports_user- or index",
        "tests/admin/test_bars.py",
    ),
    _code(
        "admin/components/waterfall", 2, "reports_changes or index", "tests/admin/test_changes.py"
    ),
    _code("admin/components/wording", 2, "index or reports_errors or reports_daily"),
    _code("admin/components/call_rows", 3, "changelist", "tests/admin/test_calls.py"),
    _code("admin/sheets/columns", 4, "reports_daily or reports_users or reports_endpoints"),
    _code("admin/sheets/rankings", 2, "reports_user or reports_endpoints or index"),
    _code("admin/sheets/differences", 2, "reports_changes"),
    _code("admin/sheets/days", 3, "reports_daily or reports_cost"),
    _code("admin/sheets/failures", 3, "reports_errors or index"),
    _code("tables/html", 4, f"{LEADERBOARDS} or reports_errors or reports_cost or index"),
    _code("admin/pages/changes", 2, "reports_changes"),
    _code("admin/pages/cost", 1, "reports_cost"),
    _code("admin/pages/daily", 1, "reports_daily"),
    _code("admin/pages/errors", 1, "reports_errors"),
    _code("admin/pages/calls", 1, "changelist", "tests/admin/test_calls.py"),
    _code("core/formatting", 4, "index", "tests/core/test_formatting.py"),
    _code("admin/components/chart", 2, "index or reports_cost", "tests/admin/test_charts.py"),
    _code("tables/csvfile", 1, "reports_daily", "tests/tables/test_csvfile.py"),
    _code("tables/workbook", 2, "reports_daily", "tests/tables/test_workbook.py"),
    _code("tables/calls", 1, "changelist", "tests/tables/test_calls.py"),
    _code("query/filters", 2, "", "tests/query/test_filters.py"),
    _code("query/request", 3, "", "tests/api/test_statistics.py", "tests/admin/test_parameters.py"),
    _code("admin/components/attention", 3, "", WORTH, "tests/admin/test_attention.py"),
    _code("reports/attention", 3, "", WORTH, "tests/reports/test_attention.py"),
    _code("reports/groups", 2, "", GROUPS, "tests/reports/test_groups.py"),
    _code("admin/pages/users", 1, "reports_users"),
)
