"""Baselines of endpoints: how often each is called, and how often its calls fail.

One statement over a rollup and the tail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from stats.core.periods import DAY, Period, Range, days_touched, end_of_day, local_day, start_of_day
from stats.core.zones import column_zone, reading_zone
from stats.db.statements import Statement, compiled, union
from stats.models import UNDATED, APIUsageStats, DayEndpoint, EndpointName
from stats.query.conditions import text_of
from stats.query.plan import FOLDED_TO
from stats.rollups.counters import ENDPOINT, FAILED
from stats.rollups.folding import current_rollup_state
from stats.rollups.local_days import UNDATED_CALLS, is_within, local_day_of

# The time before a period that counts: whole weeks.
WINDOW = 56 * DAY
# Some periods of a day.
MOST_COMPILED = 20
COLUMNS = ("endpoint_", "first_", "last_", "days_", "calls_", "failures_", "undated_")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The days with calls to one endpoint; its calls and failures before the period."""

    first: date
    last: date
    days: int
    calls: int
    failures: int

    @property
    def usual_gap(self) -> float:
        """The average number of days from one day with calls to the next."""
        return (self.last - self.first).days / max(self.days - 1, 1)


@dataclass(frozen=True, slots=True)
class Baselines:
    """Per endpoint. `undated_calls` have no time, so that no period counts them."""

    of: Mapping[str, Baseline]
    undated_calls: int


def baselines(period: Period, now: datetime) -> Baselines:
    """From eight weeks before `period` until `now`; none if the rollups are not usable."""
    if not current_rollup_state().are_usable:
        return Baselines({}, 0)
    zone = reading_zone()
    first, _last = days_touched(period.range, zone)
    rows = _statement(first, local_day(now, zone), zone, column_zone()).rows()
    by_endpoint: dict[str, list[Baseline]] = {}
    for endpoint, first_day, last_day, days, calls, failures, _undated in rows:
        if first_day is not None:
            found = Baseline(first_day, last_day, days, int(calls), int(failures))
            by_endpoint.setdefault(endpoint, []).append(found)
    return Baselines(
        {endpoint: _together(parts) for endpoint, parts in by_endpoint.items()},
        sum(int(undated) for *_row, undated in rows),
    )


@lru_cache(maxsize=MOST_COMPILED)
def _statement(first: date, today: date, *_zones: tzinfo) -> Statement:
    """It is compiled once for a day and a period."""
    return union([compiled(_of_sums(first, today)), compiled(_of_newer_calls(first, today))])


def _together(found: list[Baseline]) -> Baseline:
    """Of rollup and tail. A day in both counts twice, which is near enough."""
    return Baseline(
        min(baseline.first for baseline in found),
        max(baseline.last for baseline in found),
        sum(baseline.days for baseline in found),
        sum(baseline.calls for baseline in found),
        sum(baseline.failures for baseline in found),
    )


def _of_sums(first: date, today: date) -> QuerySet[Any]:
    in_window = Q(day__gte=first - WINDOW, day__lte=today)
    earlier = Q(day__gte=first - WINDOW, day__lt=first)
    grouped = (
        DayEndpoint.objects.filter(in_window | Q(day=UNDATED))
        .order_by()
        .values("endpoint_id")
        .annotate(
            first_=Min("day", filter=in_window),
            last_=Max("day", filter=in_window),
            days_=Count("day", filter=in_window, distinct=True),
            calls_=Coalesce(Sum("calls", filter=earlier), 0),
            failures_=Coalesce(Sum("calls", filter=earlier & Q(success=False)), 0),
            undated_=Coalesce(Sum("calls", filter=Q(day=UNDATED)), 0),
        )
    )
    named: QuerySet[Any] = grouped.annotate(endpoint_=text_of(EndpointName, "endpoint_id"))
    return named.values_list(*COLUMNS)


def _of_newer_calls(first: date, today: date) -> QuerySet[Any]:
    zone = reading_zone()
    start, end = start_of_day(first - WINDOW, zone), end_of_day(today, zone)
    in_window = is_within(Range(start, end))
    earlier = is_within(Range(start, end_of_day(first - DAY, zone)))
    day = local_day_of("created_at", start, end)
    calls: QuerySet[APIUsageStats] = APIUsageStats.objects.filter(pk__gt=FOLDED_TO).order_by()
    return (
        calls.values(endpoint_=ENDPOINT)
        .annotate(
            first_=Min(day, filter=in_window),
            last_=Max(day, filter=in_window),
            days_=Count(day, filter=in_window, distinct=True),
            calls_=Count("pk", filter=earlier),
            failures_=Count("pk", filter=earlier & FAILED),
            undated_=Count("pk", filter=UNDATED_CALLS),
        )
        .values_list(*COLUMNS)
    )
