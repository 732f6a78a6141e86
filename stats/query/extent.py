"""The first and the newest call of a selection: two index look-ups if nothing narrows it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from stats.core.periods import ALL_TIME, Range, local_day
from stats.core.zones import reading_zone
from stats.db.statements import first_values
from stats.models import UNDATED, APIUsageStats, DayTotal, DemoRows
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups.local_days import first_and_last_time, is_within, times_of
from stats.rollups.state import CLOCKS_DIFFER

MOST_FUTURE_CALLS = 100_000


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and the newest time of a call; None if no call has one."""

    first: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The extent of all calls, and whether there are demo calls."""

    extent: Extent
    has_demo_calls: bool
    # Of the other queries that were asked along.
    others: tuple[Any, ...] = ()


def extent(selection: Selection) -> Extent:
    """The extent of the selection."""
    return Extent(*first_and_last_time(selection.narrow(APIUsageStats.objects.all())))


def last_day(selection: Selection) -> date | None:
    """The last local day with calls of the selection, whatever its range; None without any.

    Raises `engine.TooManyCallsError`.
    """
    if selection != selection.read_by_index:
        return max(engine.by_day(selection.during(ALL_TIME)), default=None)
    newest = extent(selection.during(ALL_TIME)).newest
    return local_day(newest, reading_zone()) if newest else None


def future_calls(now: datetime) -> int:
    """The number of calls dated after `now` by more than `CLOCKS_DIFFER`; at most
    `MOST_FUTURE_CALLS`."""
    later = APIUsageStats.objects.filter(is_within(Range(now + CLOCKS_DIFFER, None)))
    return later[:MOST_FUTURE_CALLS].count()


def undated_calls() -> int:
    """The number of folded calls without a valid time (`stats.db.times`)."""
    rows = DayTotal.objects.filter(day=UNDATED)
    return int(rows.aggregate(calls=Coalesce(Sum("calls"), 0))["calls"])


def whole_ledger(*others: QuerySet[Any, Any]) -> Ledger:
    """The ledger as a whole, and the one value of the first row of each of `others`, in one
    statement."""
    times = times_of(APIUsageStats.objects.all())
    demo = DemoRows.objects.filter(table=APIUsageStats._meta.db_table).order_by("pk")
    first, newest, demo_row, *values = first_values(
        times.order_by("created_at"),
        times.order_by("-created_at"),
        demo.values_list("pk"),
        *others,
    )
    return Ledger(Extent(first, newest), demo_row is not None, tuple(values))
