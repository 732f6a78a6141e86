"""Every address with parameters × every parameter, alone and in pairs: valid, invalid, hostile.

The answer is 200, or a 400 that names a parameter that was given; what cannot be understood is
never answered with figures. Addresses and parameters are read from what is declared, so that a new
page, file, filter or parameter is in these tests by itself.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from stats.admin.components.files import FORMATS
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.admin.pages.calls import CallsPage
from stats.admin.pages.compare import ComparePage
from stats.api import parameters
from stats.api.views.calls import CallsView
from stats.api.views.statistics import StatisticsView
from stats.query.filters import CallFilterSet
from stats.query.parameters import MOST_VALUES
from stats.reports.compare import MOST as MOST_COMPARED
from stats.rollups.failures import fingerprint

Values = tuple[str, ...]
Query = dict[str, Values]

DAY, CLOCK = "2026-11-24", ("2026-11-24T08:00:00Z", "2026-11-24t08:00:00z", "2026-11-24 08:00")
# What is understood; of a parameter that is not here, nothing hostile is.
VALID: dict[str, Values] = {
    "user_id": ("1", "2", "999999"),
    "job_id": ("70", "999999"),
    "api_endpoint": ("/chat-messages", "/workflows/run"),
    "success": ("true", "false", "FALSE"),
    "currency": ("USD", "RMB"),
    "period": ("today", "7d", "this_month", "last_month_utc", "2026-10_utc"),
    "created_at_after": ("2026-11-01", DAY),
    "created_at_before": (DAY, "2026-12-31"),
    "cost_min": ("0", "1.5"),
    "cost_max": ("2", "999999.9999"),
    "response_time_ms_min": ("0", "100"),
    "response_time_ms_max": ("100", "2147483647"),
    "has_error": ("true", "false"),
    "unknown_cost": ("unpriced", "rounded_away", "no_usage"),
    "failure": (fingerprint("504"),),
    "group": ("陳",),
    "rank": ("cost", "calls", "failures"),
    "ranked_in": ("USD", "RMB"),
    "order": ("newest", "oldest"),
    "ordering": ("newest", "oldest"),
    "page_size": ("1", "1000"),
    "days": ("1", "3660"),
    "limit": ("1", "1000"),
    "start_date": ("2026-11-01", *CLOCK),
    "end_date": (DAY, *CLOCK),
}
# Any text is one that something could be called.
TEXTS = {"api_endpoint", "currency", "group"}
HOSTILE = (
    " ",
    "\t\n",
    "\0",
    "😀",
    "陳",
    "\udcff".encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
    "x" * 3000,
    "-1",
    "-0.0001",
    "1e999",
    "NaN",
    "Infinity",
    "' OR 1=1 --",
    "1; DROP TABLE dt_users",
    "0000-01-01",
    "0001-01-01",
    "1001-01-01",
    "1001-01_utc",
    "1926-11-01",
    "1999-12-31",
    "2126-01-01",
    "2326-11_utc",
    "9999-12-31",
    "9999-12_utc",
    "10000-01-01",
    "1926-11-01T08:00:00",
    str(2**63),
    "9" * 5000,
    "%",
    "%zz%00",
    "T08:00:00Z",
    "08:00",
    "2026-11-24T08:00:00+99:00",
    "2026-11-24x08:00:00",
    "2026-11-31",
    "EURO",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "null",
    "[]",
    "true,false",
    "0x10",
    "١",
    "all ",
)  # fmt: skip
# Of each parameter at each address; where many take it, one is enough for all to be tried.
HOSTILE_EACH, PAIRS_EACH = 2, 10


@dataclass(frozen=True)
class Target:
    """An address and the parameters it declares."""

    path: str
    names: tuple[str, ...]
    kind: str
    takes_clock: bool = False
    fixed: tuple[str, ...] = ()
    # Values that a filter takes at most.
    most: int = MOST_VALUES

    def understands(self, name: str, values: Values) -> bool | None:
        """Whether a parameter with these values means something here; None: either will do."""
        if name in self.fixed:
            # An empty one is not given.
            return False if any(values) else None
        may_repeat = _is_list(name)
        if len(values) > 1 and not may_repeat:
            return False
        found = [self._understands_one(name, value) for value in values]
        return False if False in found else None if None in found else True

    def _understands_one(self, name: str, value: str) -> bool | None:
        if value == "":
            return False if self.kind == "api" else None
        if value in VALID.get(name, ()):
            # Whether there is something to it hangs on the ledger and the page.
            return None if name in {"ranked_in", "rank", "failure"} else True
        if value in CLOCK and name in {"created_at_after", "created_at_before"}:
            return self.takes_clock
        return None if name in TEXTS else False


def _is_list(name: str) -> bool:
    return name in CallFilterSet.declared() and CallFilterSet.declared()[name].many


def _pages() -> Iterator[Target]:
    for page in PAGES:
        if not issubclass(page, ReportPage):
            continue
        names_of_keys = re.findall(r"<id:(\w+)>", page.path)
        keys = {name: 70 if name == "job_id" else 1 for name in names_of_keys}
        for format in ("", *FORMATS):
            shown = page(site=None, file_format=format)
            names = (*CallFilterSet.base_filters, *shown.parameters)
            view = f"admin:{page.name}_{format}" if format else f"admin:{page.name}"
            yield Target(
                reverse(view, kwargs=keys),
                names,
                "file" if format else "page",
                issubclass(page, CallsPage),
                page.fixed_filters,
                MOST_COMPARED if page is ComparePage else MOST_VALUES,
            )


def _api() -> Iterator[Target]:
    """What of the API reads parameters, found by the classes that do."""
    for route, view in _views(get_resolver().url_patterns):
        path = "/" + re.sub(r"<id:(\w+)>", "1", route)
        if view is CallsView:
            paging = tuple(parameters.PAGING)
            yield Target(path, (*CallFilterSet.base_filters, *paging), "api", True)
        elif issubclass(view, StatisticsView):
            yield Target(path, view.accepted, "api", True)


def _views(patterns: Sequence[Any], before: str = "") -> Iterator[tuple[str, type]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None)
            if view is not None and route.startswith("api/"):
                yield route, view


def _query(given: Query) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in given.items():
        query.setlist(name, list(values))
    return query


def targets() -> list[Target]:
    return [*_pages(), *_api()]


def _ask(client: Client, target: Target, query: Query) -> str:
    """What is wrong with the answer, empty where nothing is."""
    try:
        answer = client.get(f"{target.path}?{_query(query).urlencode()}")
        body = answer.getvalue()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    found = {name: target.understands(name, values) for name, values in query.items()}
    if answer.status_code == 200:
        wrong = [name for name, is_understood in found.items() if is_understood is False]
        return f"200 under {wrong}" if wrong else ""
    if answer.status_code != 400:
        return str(answer.status_code)
    named = _named(target, answer, body)
    # A last day alone is no period: what is missing is named.
    missing = {"created_at_after"} if "created_at_before" in query else set()
    if not named or not named <= {*query, *missing}:
        return f"400 names {sorted(named)}"
    if len(query) == 1 and True in found.values() and named != missing:
        return "400 though it is understood"
    return ""


def _named(target: Target, answer: Any, body: bytes) -> set[str]:
    if target.kind == "api":
        return set(answer.json())
    if target.kind == "file":
        return {line.partition(":")[0] for line in body.decode().splitlines()}
    named = set(answer.context_data["errors"])
    return {name for name in named if name.encode() in body}


def _alone(chosen: random.Random, number: int, target: Target) -> Iterator[Query]:
    for place, name in enumerate(target.names):
        if target.kind == "api":
            yield {name: ("",)}
        for value in VALID.get(name, ())[number % 2 :][:1]:
            yield {name: (value,)}
        each = HOSTILE_EACH if name not in CallFilterSet.declared() else 1
        start = number * each + place * 7
        for n in range(each):
            yield {name: (HOSTILE[(start + n) % len(HOSTILE)],)}
        yield {name: (chosen.choice(VALID.get(name, HOSTILE)), chosen.choice(HOSTILE))}
        if name in {"created_at_after", "created_at_before"}:
            for value in CLOCK:
                yield {name: (value,)}
    yield {"curency": ("USD",)}
    yield {"ranked_in ": ("USD",)}


def _pairs(chosen: random.Random, target: Target) -> Iterator[Query]:
    pairs = list(combinations(target.names, 2))
    for names in chosen.sample(pairs, min(PAIRS_EACH, len(pairs))):
        yield {name: (_one_value(chosen, name),) for name in names}
    times = ("created_at_after", "created_at_before")
    for after, before in (
        (CLOCK[0], CLOCK[0]),
        (DAY, CLOCK[1]),
        (CLOCK[1], DAY),
        ("2026-11-24", "2026-11-23"),
        ("2000-01-01", DAY),
        ("2016-11-16", DAY),
        ("1001-01-01", "1001-01-02"),
        ("2026-11-01", "2126-11-01"),
    ):
        if set(times) <= set(target.names):
            yield {times[0]: (after,), times[1]: (before,)}


def _one_value(chosen: random.Random, name: str) -> str:
    values = VALID.get(name, ())
    return chosen.choice(values) if values and chosen.random() < 0.5 else chosen.choice(HOSTILE)


def _wrong(client: Client, target: Target, queries: Iterator[Query]) -> list[str]:
    answers = ((query, _ask(client, target, query)) for query in queries)
    return [f"{_query(query).urlencode()[:200]}: {wrong}" for query, wrong in answers if wrong]


@pytest.mark.usefixtures("two_currencies")
@pytest.mark.parametrize(
    ("number", "target"), list(enumerate(targets())), ids=lambda one: getattr(one, "path", "")
)
class TestEveryAddress:
    # What is refused asks nothing of the database; the pairs ask the rest of each.
    @pytest.mark.once
    def test_every_parameter_alone(
        self, administrator: Client, number: int, target: Target
    ) -> None:
        chosen = random.Random(number)
        assert _wrong(administrator, target, _alone(chosen, number, target)) == []

    def test_parameters_in_pairs(self, administrator: Client, number: int, target: Target) -> None:
        chosen = random.Random(1000 + number)
        assert _wrong(administrator, target, _pairs(chosen, target)) == []

    @pytest.mark.once
    def test_more_values_than_a_filter_takes(
        self, administrator: Client, number: int, target: Target
    ) -> None:
        lists = (name for name in target.names if _is_list(name) and name not in target.fixed)
        for name in lists:
            most = tuple(map(str, range(1, target.most + 1)))
            for values, status in ((most, 200), ((*most, "999"), 400)):
                answer = administrator.get(target.path, {name: values})
                assert (name, answer.status_code) == (name, status)
                assert status == 200 or name in answer.getvalue().decode()
                answer.getvalue()


@pytest.mark.once
@pytest.mark.usefixtures("two_currencies")
@pytest.mark.parametrize(
    "target", [one for one in targets() if one.kind != "api"], ids=lambda one: one.path
)
def test_what_a_form_left_empty_is_not_given(administrator: Client, target: Target) -> None:
    empty = _query(dict.fromkeys(target.names, ("",)))
    answer = administrator.get(f"{target.path}?{empty.urlencode()}")
    answer.getvalue()
    assert answer.status_code == 200


def test_every_address_is_there() -> None:
    paths = [target.path for target in targets()]
    assert len(paths) == len(set(paths)) >= 36
    assert {target.kind for target in targets()} == {"page", "file", "api"}
