"""What a phone has of a table's row: its name, what is ranked by, and lines of words below them."""

from tests.reading import figures, words
from tests.reading.expected import Case, Figures
from tests.reading.headings import COMMAS, LANGUAGES, Heading
from tests.reading.html import Cell

HIDDEN = {"wide-only", "bar-cell"}
MEASURED = {
    "cost": {"total_cost"},
    "calls": {"total_calls"},
    "tokens": {"total_tokens"},
    "failures": {"failed_calls"},
}
LEADERBOARDS = ("reports_users", "reports_endpoints", "reports_jobs")
# Per table what a phone shows beside the name; elsewhere what is ranked by.
SHOWN = {
    ("reports_changes", "users"): {"cost_difference"},
    ("reports_changes", "endpoints"): {"cost_difference"},
    ("index", "changes"): {"cost_difference"},
    ("reports_user", "jobs"): {"total_calls", "total_cost"},
    ("reports_cost", "cost"): {"cost", "cost_difference"},
    ("reports_errors", "errors"): {"failed_calls"},
    ("reports_errors", "users"): {"failed_calls"},
    ("reports_errors", "endpoints"): {"failed_calls"},
    ("reports_refused", "reasons"): {"posts"},
    ("reports_refused", "posts"): {"body"},
}
LATEST = {"created_at"}
CALLS: words.Patterns = (r"(?P<calls>[\d,]+) calls?", r"(?P<calls>[\d,]+) 次呼叫")
CALLS_AND_SUCCESS: words.Patterns = (
    r"(?P<calls>.+) calls?, (?P<rate>.+) succeeded",
    r"(?P<calls>.+) 次呼叫，成功 (?P<rate>.+)",
)
WAS: words.Patterns = (r"was (?P<before>[\d,]+)", r"前期 (?P<before>[\d,]+)")


def check_shown(cells: dict[str, Cell], names: str, table: str, case: Case) -> None:
    """Which columns a phone has room for."""
    seen = {column for column, cell in cells.items() if not cell.classes & HIDDEN}
    usual = LATEST if table == "errors" else MEASURED[case.measure]
    rank = {"rank"} if case.page in LEADERBOARDS and table != "groups" else set()
    shown = SHOWN.get((case.page, table), usual) & set(cells)
    assert seen - {names} == shown | rank, f"a phone shows {seen}"


def check_note(found: Heading, text: str, columns: Figures, language: str) -> None:
    """The line below a cell."""
    if "p95" in text:
        time = text.removeprefix("p95 ")
        figures.duration(time, columns["p95"], language, figures.ERROR_OF_PERCENTILES)
    elif found.column == "error_message":
        assert text.startswith(columns["endpoint"][0])
    elif found.column == "reason":
        comma = COMMAS[LANGUAGES.index(language)]
        assert text.endswith(comma + columns["service"])
    elif found.column == "failed_calls":
        before = words.read(text, WAS, language)["before"]
        figures.count(before, columns["failures_before"], language)
    elif found.column == "total_cost":
        figures.percent(text, columns["share"], language)
    else:
        has_rate = columns["total_calls"] and any(word in text for word in ("succeeded", "成功"))
        told = words.read(text, CALLS_AND_SUCCESS if has_rate else CALLS, language)
        figures.count(told["calls"], columns["total_calls"], language)
        if has_rate:
            figures.percent(told["rate"], columns["success_rate"], language)
