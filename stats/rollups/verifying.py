"""Compares the sums with the calls, day by day.

A fold sees new calls only. Calls that the other application changes, deletes or restores later make
a difference, which a rebuild of those days removes.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Q

from stats.core.periods import DAY, last_of_month
from stats.db.transactions import repeated
from stats.models import DayFailure, FoldState
from stats.rollups import busy_days, chunk, fills, grains, rebuilding
from stats.rollups.busy_days import UNDATED_SPAN, Span
from stats.rollups.chunk import ChangedMeanwhileError, Failures
from stats.rollups.grains import Grain
from stats.rollups.rebuilding import no_progress
from stats.rollups.state import STATE_ID, RollupsUnusableError, read_rollup_state

ATTEMPTS = 3


def verify(now: datetime, progress: Callable[[int], object] = no_progress) -> list[date]:
    """The local days on which a rollup differs from the calls, `UNDATED` for those without a time.

    The state row keeps the result. `progress` is told of days done. Rollups that are behind are
    left out. Raises `RollupsUnusableError` and `RollupsBusyError`.
    """
    if problem := read_rollup_state().problem:
        raise RollupsUnusableError(problem)
    differing: set[date] = set()
    for first, last in spans():
        differing |= differing_days(first, last)
        progress((last - first).days + 1)
    differing |= _differing_months()
    FoldState.objects.filter(pk=STATE_ID).update(
        verified_at=now, differing_days=[day.isoformat() for day in sorted(differing)]
    )
    return sorted(differing)


def repair(days: Iterable[date], now: datetime, left: Iterable[date] = ()) -> None:
    """Rebuild these days, and note that they agree; those `left` still differ."""
    for day in days:
        rebuilding.rebuild(day, day)
    FoldState.objects.filter(pk=STATE_ID).update(
        verified_at=now, differing_days=[day.isoformat() for day in left]
    )


def spans() -> list[Span]:
    """All days with sums or calls, without purged ones, in spans that are verified at once."""
    first = read_rollup_state().purged_before or busy_days.FIRST_DAY
    return [UNDATED_SPAN, *busy_days.spans(first, busy_days.last_day())]


def differing_days(first: date, last: date) -> set[date]:
    """Those of these days on which sums and calls differ."""
    return {day for span in busy_days.spans(first, last) for day in _differing_within(*span)}


def _differing_within(first: date, last: date) -> set[date]:
    for _attempt in range(ATTEMPTS):
        try:
            return repeated(partial(_compare, first, last))
        except ChangedMeanwhileError:
            continue
    # Calls behind the fold keep changing: these days need another look.
    return {first + n * DAY for n in range((last - first).days + 1)}


@transaction.atomic
def _compare(first: date, last: date) -> set[date]:
    held, by_day = rebuilding.lock_or_refuse(), grains.by_day()
    aggregated = chunk.aggregate(rebuilding.folded_calls(first, last, held.folded_to), by_day)
    differing = _differing_failures(chunk.keyed(aggregated.failures), first, last)
    for grain in by_day:
        if not fills.is_complete(grain, held):
            continue
        rows = grain.model._default_manager.filter(day__range=(first, last))
        summed = {chunk.comparable(row) for row in rows.values_list(*grain.keys, *grain.counters)}
        differing |= {day for day, *_rest in chunk.rows_for(grain) ^ summed}
    chunk.discard()
    return {date.fromisoformat(day) for day in differing}


def _differing_failures(
    counted: dict[tuple[date, int, int], Failures], first: date, last: date
) -> set[str]:
    rows = DayFailure.objects.filter(day__range=(first, last))
    names = ("day", "kind_id", "endpoint_id", "failures", "first_at", "last_at")
    summed = set(rows.values_list(*names))
    found = {(*key, group.count, group.first_at, group.last_at) for key, group in counted.items()}
    return {str(day) for day, *_rest in found ^ summed}


def _differing_months() -> set[date]:
    """The first day of each month that is not the sum of its days."""
    with transaction.atomic():
        held = rebuilding.lock_or_refuse()
        return {
            month
            for grain in grains.by_month()
            if (finer := grain.finer)
            and fills.is_complete(grain, held)
            and fills.is_complete(finer, held)
            for month in _months(grain, finer)
            if _month_differs(grain, month)
        }


def _months(by_month: Grain, by_day: Grain) -> set[date]:
    stored = set(by_month.model._default_manager.values_list("month", flat=True).distinct())
    days = by_day.model._default_manager.values_list("day", flat=True).distinct()
    return stored | {day.replace(day=1) for day in days}


def _month_differs(grain: Grain, month: date) -> bool:
    rows = grain.model._default_manager.filter(Q(month=month))
    stored = {chunk.comparable(row) for row in rows.values_list(*grain.keys, *grain.counters)}
    days = f"day >= '{month}' AND day <= '{last_of_month(month)}'"
    with connection.cursor() as cursor:
        cursor.execute(grain.of_finer(days))
        return stored != {chunk.comparable(row) for row in cursor.fetchall()}
