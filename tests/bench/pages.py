"""Server time in ms of every page of figures under every filter of the bar.

Pages come from the site and filters from the bar, so that new ones are included.
"""

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.query.filters import CallFilterSet
from tests.bench.data import LONG_JOB
from tests.bench.reports import milliseconds

# Per filter, values that match calls; then values that match none.
FOUND: dict[str, str] = {
    "group": "Group 7",
    "user_id": "7",
    "job_id": str(LONG_JOB),
    "api_endpoint": "/workflows/run",
    "success": "false",
    "currency": "RMB",
    "cost_min": "0.03",
    "cost_max": "0.001",
    "response_time_ms_min": "20000",
    "response_time_ms_max": "200",
    "has_error": "true",
    "unknown_cost": "unpriced",
}
NOTHING: dict[str, str] = {
    "user_id": "999999",
    "api_endpoint": "/nowhere",
    "currency": "XXX",
    "cost_min": "99999",
    "response_time_ms_min": "2000000000",
}
# Parameters of time, and kinds of failures, whose ids only the page of errors knows.
NOT_TIMED = {"period", "created_at_after", "created_at_before", "failure"}
PERIODS = ("30d", "90d")
# There are thousands of cells.
RUNS = 3
# Pages with an id in their address, and what others must be asked for.
SUBJECTS = {"user": (7,), "job": (LONG_JOB,)}
ASKED: dict[str, list[tuple[str, str]]] = {
    "endpoint": [("api_endpoint", "/workflows/run")],
    "compare": [("user_id", "7"), ("user_id", "12")],
}
REFUSED = "—"
TOO_MUCH = b"Too many calls to read one by one"


def filters() -> Iterator[tuple[str, dict[str, str]]]:
    """Each filter of the bar: its name in the table, and its parameters."""
    missing = CallFilterSet.base_filters.keys() - FOUND.keys() - NOT_TIMED
    assert not missing, f"No value to time these filters with: {missing}"
    yield "none", {}
    for values in (FOUND, NOTHING):
        for name, value in values.items():
            yield f"`{name}={value}`", {name: value}
    both = ("user_id", "api_endpoint")
    yield "user and endpoint", {name: FOUND[name] for name in both}


def pages() -> dict[str, tuple[type[ReportPage], str]]:
    """Name → page of figures and its address."""
    named = {page.name.removeprefix("reports_"): page for page in PAGES}
    return {
        name: (page, reverse(f"admin:{page.name}", args=SUBJECTS.get(name, ())))
        for name, page in named.items()
        if issubclass(page, ReportPage) and not FOUND.keys() <= set(page.fixed_filters)
    }


def matrix(client: Client, period: str) -> Iterator[tuple[str, list[str]]]:
    """Per filter, the ms of each page; "—" if the page says it is too much to read."""
    for name, given in filters():
        yield (
            name,
            [
                _cell(client, address, [*asked, ("period", period), *given.items()])
                if not given.keys() & {*page.fixed_filters, *page.chosen_filters, *dict(asked)}
                else ""
                for page, address, asked in _asked()
            ],
        )


def _asked() -> Iterator[tuple[type[ReportPage], str, list[tuple[str, str]]]]:
    for name, (page, address) in pages().items():
        yield page, address, ASKED.get(name, [])


def _cell(client: Client, address: str, query: list[tuple[str, str]]) -> str:
    ask = partial(client.get, f"{address}?{urlencode(query)}")
    answer = ask()
    assert answer.status_code == 200, (address, query)
    ms = f"{milliseconds(ask, RUNS):.0f}"
    return f"{REFUSED} ({ms})" if TOO_MUCH in answer.content else ms
