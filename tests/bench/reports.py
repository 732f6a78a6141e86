"""Times reports, and the same questions to the calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from stats.core.periods import Range, local_day, preset_period, range_of_days
from stats.core.zones import reading_zone
from stats.models import APIUsageStats
from stats.query import answer, engine, failures, latency
from stats.query.engine import TooManyCallsError
from stats.query.paging import Calls, Order, Page, Position, page, scan
from stats.query.selection import Selection
from stats.rollups import state
from tests.bench.data import LONG_JOB

RUNS = 5
SLOW_RUNS = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians in ms. `raw` is None if it was not measured."""

    name: str
    rollup: float
    raw: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.raw / self.rollup if self.raw else None


def milliseconds(question: Callable[[], Any], runs: int = RUNS) -> float:
    """The median ms of `runs`, after a warm-up."""
    question()
    return median(_timed(question) for _run in range(runs))


def _page_of(calls: Calls, order: Order, cursor: str) -> Page:
    position = order.position_of(cursor)
    return page(scan(calls, order, position, 51), order, position, 50)


def _timed(question: Callable[[], Any]) -> float:
    begin = perf_counter()
    question()
    return (perf_counter() - begin) * 1000


def from_the_calls(question: Callable[[], Any]) -> float:
    """The same question with the sums left aside."""
    return median(_timed(partial(once_from_the_calls, question)) for _run in range(SLOW_RUNS))


def once_from_the_calls(question: Callable[[], Any]) -> None:
    """Ask once with the sums left aside."""
    rollups = replace(state.read_rollup_state(), is_rewound=True)
    with mock.patch.object(answer, "current_rollup_state", return_value=rollups):
        question()


def five_statistics(now: datetime) -> Iterator[Timing]:
    """Each of spec §4's five, all time or 30 days to the second, against the calls."""
    for name, question in questions_of_five(now).items():
        yield Timing(name, milliseconds(question), from_the_calls(question))


def questions_of_five(now: datetime) -> dict[str, Callable[[], Any]]:
    """The five statistics by what they are asked for."""
    month_ago = now - timedelta(days=30)
    return {
        "user statistics, all time": lambda: APIUsageStats.get_user_statistics(7),
        "user statistics, 30 days": lambda: APIUsageStats.get_user_statistics(7, month_ago, now),
        "daily statistics, 30 days": lambda: APIUsageStats.get_daily_statistics(30),
        "daily statistics, 365 days": lambda: APIUsageStats.get_daily_statistics(365),
        "top users, all time": lambda: APIUsageStats.get_top_users(10),
        "top users, 30 days": lambda: APIUsageStats.get_top_users(10, month_ago, now),
        "cost trend, 30 days": lambda: APIUsageStats.get_cost_trend(30),
        "endpoints, all time": lambda: APIUsageStats.get_endpoint_statistics(),
    }


def whole_days(now: datetime) -> Iterator[Timing]:
    """Ranges of whole days, whose time should grow little with the table."""
    period = preset_period("90d", now.date(), reading_zone())
    selection = Selection(period.range)
    for name, ask in (("by user", engine.by_user), ("by endpoint", engine.by_endpoint)):
        yield Timing(f"90 whole days {name}", milliseconds(partial(ask, selection)))
    yield Timing("90 whole days by day", milliseconds(lambda: engine.by_day(selection)))


def cut_days(now: datetime) -> Iterator[Timing]:
    """30 days from noon to noon, where most is left to read from the calls."""
    end = now.replace(hour=12, minute=0, second=0) - timedelta(days=1)
    start = end - timedelta(days=30)
    questions: dict[str, Callable[..., Any]] = {
        "user statistics": partial(APIUsageStats.get_user_statistics, 7),
        "daily statistics": APIUsageStats.get_daily_statistics,
        "top users": APIUsageStats.get_top_users,
        "cost trend": APIUsageStats.get_cost_trend,
        "endpoints": APIUsageStats.get_endpoint_statistics,
    }
    for name, question in questions.items():
        yield Timing(name, milliseconds(partial(question, start_date=start, end_date=end)))


def matrix(now: datetime) -> Iterator[tuple[str, list[str]]]:
    """Every question of the filter bar over a year: ms, or "—" where it is refused."""
    for filter_name, selection in filters(year_until(now)).items():
        yield filter_name, [_cell(ask, selection) for ask in QUESTIONS.values()]


def year_until(now: datetime) -> Range:
    """364 whole days."""
    last = now.date() - timedelta(days=1)
    return range_of_days(last - timedelta(days=363), last, reading_zone())


QUESTIONS: dict[str, Callable[[Selection], Any]] = {
    "total": engine.total,
    "by day": engine.by_day,
    "by user": engine.by_user,
    "by endpoint": engine.by_endpoint,
    # The question of its page.
    "by job": engine.by_job_in_brief,
    "percentiles": latency.percentiles,
    "failures": failures.failure_groups,
}


def filters(year: Range) -> dict[str, Selection]:
    """A selection for each filter of the bar, and for some combinations."""
    everything = Selection(year)
    return {
        "none": everything,
        "user": replace(everything, user_ids=(7,)),
        "five users": replace(everything, user_ids=(7, 70, 170, 500, 900)),
        "endpoint": replace(everything, endpoint="/workflows/run"),
        "user and endpoint": replace(everything, user_ids=(7,), endpoint="/workflows/run"),
        "success": replace(everything, success=True),
        "failed": replace(everything, success=False),
        "currency": replace(everything, currency="RMB"),
        "job": replace(everything, job_id=LONG_JOB),
        "cost not known": replace(everything, unknown_cost="unpriced"),
    }


def _cell(ask: Callable[[Selection], Any], selection: Selection) -> str:
    try:
        return f"{milliseconds(lambda: ask(selection)):.0f}"
    except TooManyCallsError:
        return "—"


def pages(client: Client) -> Iterator[tuple[str, float, int]]:
    """Pages of the admin: median ms of server time, and number of statements.

    They are counted last: a process asks some things once an hour.
    """
    for path in ("/admin/", "/admin/reports/users/", "/admin/stats/apiusagestats/"):
        ms = milliseconds(partial(client.get, path))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        yield path, ms, len(captured)


def list_of_calls() -> Iterator[Timing]:
    """The first, a middle and the last page of the list, in both orders."""
    calls = APIUsageStats.objects.all()
    for newest_first in (True, False):
        order = "newest first" if newest_first else "oldest first"
        for by_time in (True, False):
            key = "by time" if by_time else "by id"
            for name, cursor in _cursors(by_time, newest_first).items():
                order_of_list = Order(by_time, newest_first)
                ms = milliseconds(partial(_page_of, calls, order_of_list, cursor))
                yield Timing(f"{name} page, {key}, {order}", ms)


def _cursors(by_time: bool, newest_first: bool) -> dict[str, str]:
    """The cursors of the first, a middle and the last page."""
    order = ["created_at", "pk"] if by_time else ["pk"]
    calls = APIUsageStats.objects.order_by(*order)
    edge = calls.first() if newest_first else calls.last()
    middle = calls.filter(pk__gte=(state.newest_id() or 0) // 2).first()
    assert edge
    assert middle
    return {
        "first": "",
        "middle": Position(True, middle.pk, middle.created_at).encode(),
        "last": Position(False, edge.pk, edge.created_at).encode(),
    }


def sorted_lists(client: Client) -> Iterator[tuple[str, float, bool]]:
    """The first page of calls by cost and by response time: median ms of server time, and whether
    it says that the calls are too many to be sorted."""
    today = local_day(timezone.now(), reading_zone())
    yesterday = {"created_at_after": today - timedelta(days=1), "created_at_before": today}
    questions: dict[str, dict[str, Any]] = {
        "two days of everybody": yesterday,
        "as many days of everybody as are sorted": _most_days(today),
        "the same, a filter that sums do not know": {**_most_days(today), "cost_min": "0.0001"},
        "30 days of everybody": {"period": "30d"},
        "90 days of the user with most calls": {"period": "90d", "user_id": 1},
        "all time of that user": {"period": "all", "user_id": 1},
        "all time of a job": {"period": "all", "job_id": LONG_JOB},
    }
    path = reverse("admin:stats_apiusagestats_changelist")
    for order in ("-cost", "-response_time_ms"):
        for name, given in questions.items():
            query = {**given, "currency": "USD", "order": order}
            page = client.get(path, query)
            assert page.status_code == 200, page.content
            ms = milliseconds(partial(client.get, path, query))
            yield f"{name}, {order}", ms, b"Too many calls to sort" in page.content


def _most_days(today: date) -> dict[str, Any]:
    """As many whole days up to today as have at most `MOST_CALLS_READ` calls."""
    newest = APIUsageStats.objects.order_by("-created_at").values_list("created_at", flat=True)
    beyond = list(newest[settings.MOST_CALLS_READ :][:1])
    if not beyond or beyond[0] is None:
        return {"period": "all"}
    first = local_day(beyond[0], reading_zone()) + timedelta(days=1)
    return {"created_at_after": first, "created_at_before": today}
