"""Computes the sums of days again from the calls, each month in one transaction."""

from collections.abc import Callable
from datetime import date
from functools import partial

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from stats.core.periods import DAY, last_of_month, range_of_days
from stats.core.zones import reading_zone
from stats.db import sql
from stats.db.transactions import repeated
from stats.models import (
    UNDATED,
    APIUsageStats,
    DayEndpoint,
    DayFailure,
    DayTotal,
    FailureKind,
    FoldedChunk,
    FoldState,
)
from stats.rollups import busy_days, chunk, grains, id_steps, state
from stats.rollups.chunk import ChangedMeanwhileError
from stats.rollups.grains import Grain
from stats.rollups.local_days import UNDATED_CALLS, is_within
from stats.rollups.texts import CURRENCIES, ENDPOINTS


class RollupsBusyError(Exception):
    """Another process is writing the rollups; try again."""


class DetailsPurgedError(Exception):
    """The calls of local days before `before` are purged."""

    def __init__(self, before: date) -> None:
        super().__init__(
            f"Calls before {before} are gone, their sums cannot be made anew: rebuild days from "
            "then on (--from, --to), or restore the whole backup (docs/backup.md)."
        )


def no_progress(_done: int) -> None:
    """Tells nobody."""


def rebuild(first: date, last: date, progress: Callable[[int], object] = no_progress) -> None:
    """Rebuild whole local days, both included; `progress` is told of days done.

    Days without calls and sums take no time. Raises `DetailsPurgedError` for purged days, and
    `RollupsBusyError`.
    """
    done = first - DAY
    for start, end in busy_days.months(first, last):
        repeated(partial(_rebuild_within_month, start, end))
        progress((end - done).days)
        done = end
    if done < last:
        progress((last - done).days)


def rebuild_everything() -> None:
    """Delete all sums, so that folding begins again: for another TIME_ZONE or a restored table.

    Raises `DetailsPurgedError` if calls were purged, and `RollupsBusyError`.
    """
    with transaction.atomic():
        held = lock_or_refuse()
        if held.purged_before:
            raise DetailsPurgedError(held.purged_before)
        for grain in grains.GRAINS:
            grain.model._default_manager.all().delete()
        DayFailure.objects.all().delete()
        FoldedChunk.objects.all().delete()
        # Ids then go to the texts that are frequent now.
        for texts in (ENDPOINTS, CURRENCIES):
            texts.names._default_manager.all().delete()
        held.delete()


def drop_unused_texts() -> None:
    """Remove endpoints, currencies and kinds of failures that no sum has any more. Raises
    `RollupsBusyError`."""
    with transaction.atomic():
        lock_or_refuse()
        for texts, sums, number in (
            (ENDPOINTS, DayEndpoint, "endpoint_id"),
            (CURRENCIES, DayTotal, "currency_id"),
        ):
            # Else one that counts among the others would get a number.
            if texts.has_numbers_left:
                used = sums._default_manager.values(number)
                texts.names._default_manager.exclude(pk__in=used).delete()
        FailureKind.objects.exclude(pk__in=DayFailure.objects.values("kind_id")).delete()


def rebuild_chunk(folded: FoldedChunk) -> None:
    """Rebuild the days of a recent chunk whose number of calls has changed."""
    between = id_steps.above(folded.after_id) & id_steps.up_to(folded.last_id)
    calls = APIUsageStats.objects.filter(between)
    # Counted first: a call that comes in between only leads to one more rebuild.
    counted = calls.count()
    held = FoldState.objects.get(pk=state.STATE_ID)
    days = sorted(chunk.days_of(calls) | set(map(date.fromisoformat, folded.days)))
    for day in days:
        if not is_purged(day, held):
            rebuild(day, day)
    folded.calls, folded.days = counted, [day.isoformat() for day in days]
    folded.save(update_fields=["calls", "days"])


def is_purged(day: date, held: FoldState) -> bool:
    """True if the calls of a day are purged; those without a time never are."""
    return held.purged_before is not None and UNDATED < day < held.purged_before


def lock_or_refuse() -> FoldState:
    """The state row, locked. Raises `RollupsBusyError` if another process holds it."""
    held = state.lock_state()
    if held is None:
        raise RollupsBusyError("Another process is writing the sums.")
    return held


def _rebuild_within_month(first: date, last: date) -> None:
    with transaction.atomic():
        held = lock_or_refuse()
        if held.purged_before and is_purged(first, held):
            raise DetailsPurgedError(held.purged_before)
        for span in busy_days.spans(first, last):
            _rebuild_days(*span, held.folded_to)
        for grain in grains.by_month():
            fill_from_finer(grain, first, last)


def _rebuild_days(first: date, last: date, folded_to: int) -> None:
    by_day = grains.by_day()
    try:
        aggregated = chunk.aggregate(folded_calls(first, last, folded_to), by_day)
    except ChangedMeanwhileError as error:
        raise RollupsBusyError("Calls of these days are being changed; try again.") from error
    for grain in by_day:
        delete_rows(grain, first, last)
    DayFailure.objects.filter(day__range=(first, last)).delete()
    chunk.add(aggregated, by_day)


def folded_calls(first: date, last: date, folded_to: int) -> QuerySet[APIUsageStats]:
    """The folded calls of these local days."""
    folded = APIUsageStats.objects.filter(id_steps.up_to(folded_to))
    if last == UNDATED:
        return folded.filter(UNDATED_CALLS)
    return folded.filter(is_within(range_of_days(first, last, reading_zone())))


def fill_from_finer(grain: Grain, first: date, last: date) -> None:
    """Rebuild a rollup's rows from the finer one, for days of one month or, if it is by month, for
    the whole month. The caller opens the transaction."""
    if grain.is_by_month:
        first, last = first.replace(day=1), last_of_month(first)
    delete_rows(grain, first, last)
    keys = {key: key for key in grain.keys}
    counters = {name: name for name in grain.counters}
    summed = grain.of_finer(f"day >= '{first}' AND day <= '{last}'")
    with connection.cursor() as cursor:
        cursor.execute(sql.upsert_sums(grain.table, keys, counters, f"({summed}) AS summed_"))


def delete_rows(grain: Grain, first: date, last: date) -> None:
    """Delete a rollup's rows of these days, or of the months that begin on them."""
    time = "month" if grain.is_by_month else "day"
    grain.model._default_manager.filter(Q((f"{time}__range", (first, last)))).delete()
