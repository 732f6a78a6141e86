"""Removes the calls of old local days that are folded and verified; keeps their sums (spec §7)."""

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from stats.core.periods import DAY, Range, end_of_day, local_day
from stats.core.zones import reading_zone
from stats.ingest.recording import delete_calls
from stats.models import APIUsageStats, FoldedChunk
from stats.rollups import id_steps, rebuilding, verifying
from stats.rollups.local_days import first_and_last_time, is_within
from stats.rollups.rebuilding import no_progress
from stats.rollups.state import read_rollup_state

# Calls per transaction: short enough that nobody waits for it.
BATCH = 2_000


class NotPurgedError(Exception):
    """Nothing was removed. The message says why."""


def purge(before: date, now: datetime, progress: Callable[[int], object] = no_progress) -> int:
    """Remove the calls of local days before `before`, and return their number.

    Calls of the last hour's folds stay, since they are still recounted; so do calls without a time.
    If interrupted, run it again. Raises `NotPurgedError` for a day that is not over, for rollups
    that are unusable or behind, and for days on which sums and calls differ.
    """
    if before > local_day(now, reading_zone()):
        raise NotPurgedError(f"{before} lies in the future: only whole days can be purged.")
    rollups = read_rollup_state()
    if rollups.problem:
        raise NotPurgedError(rollups.problem)
    if rollups.behind:
        tables = ", ".join(grain.table for grain in rollups.behind)
        raise NotPurgedError(f"{tables} must be filled first: run manage.py fold_usage.")
    _refuse_differing(before)
    _widen_reports(before)
    purged = 0
    while ids := list(_purgeable(before).values_list("pk", flat=True)[:BATCH]):
        purged += _remove(ids)
        progress(len(ids))
    return purged


def remaining_before(before: date) -> int:
    """The number of calls of local days before `before`."""
    return _before(before).count()


def _refuse_differing(before: date) -> None:
    first = _first_day()
    if first is None:
        return
    # On days that a purge has begun with, calls are missing.
    first = max(first, read_rollup_state().purged_before or first)
    differing = verifying.differing_days(first, before - DAY)
    if differing:
        days = ", ".join(str(day) for day in sorted(differing)[:5])
        raise NotPurgedError(f"Sums and calls differ on {days}: run manage.py verify_usage.")


def _first_day() -> date | None:
    first, _last = first_and_last_time()
    return first and local_day(first, reading_zone())


def _widen_reports(before: date) -> None:
    """From now on reports read whole days there, and no rebuild touches them."""
    with transaction.atomic():
        held = rebuilding.lock_or_refuse()
        if held.purged_before is None or held.purged_before < before:
            held.purged_before = before
            held.purges += 1
            held.save(update_fields=["purged_before", "purges"])


def _purgeable(before: date) -> QuerySet[APIUsageStats]:
    recounted = FoldedChunk.objects.order_by("after_id").values_list("after_id", flat=True).first()
    folded_to = read_rollup_state().folded_to
    until = folded_to if recounted is None else min(folded_to, recounted)
    return _before(before).filter(id_steps.up_to(until)).order_by("created_at", "pk")


def _before(day: date) -> QuerySet[APIUsageStats]:
    return APIUsageStats.objects.filter(
        is_within(Range(None, end_of_day(day - DAY, reading_zone())))
    )


def _remove(ids: list[int]) -> int:
    with transaction.atomic():
        held = rebuilding.lock_or_refuse()
        held.purged_to = max(held.purged_to, *ids)
        held.save(update_fields=["purged_to"])
        return delete_calls(ids)
