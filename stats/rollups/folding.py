"""A fold adds a chunk of new calls to the rollups, exactly once, with no lock on the calls.

Ids become visible out of order: call 100 can be committed after call 101 was folded. So a fold
takes calls whose ids existed some seconds ago, aggregates what is committed, and counts the same
ids with the uncommitted ones. If the counts differ, somebody still writes there: the fold halves
its chunk or leaves it. A recount (`stats.rollups.recounting`) finds a call that slips through.
"""

import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

from stats.db.errors import is_deadlock, is_read_only
from stats.models import APIUsageStats, FoldState
from stats.rollups import chunk, fills, grains, id_steps, recounting, state
from stats.rollups.chunk import CHUNK_CALLS, ChangedMeanwhileError, Chunk
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.recounting import IdRange
from stats.rollups.state import RollupState

logger = logging.getLogger(__name__)
T = TypeVar("T")
SMALLEST_CHUNK = 1_000
# Calls that do not add up are read so often before a fold says so.
ATTEMPTS = 3
# A report folds a piece of a longer tail first.
LONG_TAIL = 2_000
PIECE_CALLS = 50_000


class LastingDifferenceError(Exception):
    """Some calls do not add up, however often they are read. The message says which and how."""


@dataclass(frozen=True, slots=True)
class Fold:
    """The number of calls that a fold added, and whether more can be folded at once."""

    calls: int
    has_more: bool


NO_FOLD = Fold(0, False)


@dataclass(slots=True)
class _Reading:
    """The time at which reports are read, and what they share."""

    now: datetime
    rollups: RollupState | None = None
    found: dict[Hashable, Any] = field(default_factory=dict)


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading_at(now: datetime) -> Iterator[None]:
    """Share one rollup state among reports, read when the first of them needs it.

    Figures do not depend on it: the one statement of a report reads `folded_to` itself.
    """
    token = _reading.set(_Reading(now))
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def shared_rollup_state(now: datetime) -> Iterator[None]:
    """The same with the state read now, so that no fold counts against a page's time."""
    with reading_at(now):
        current_rollup_state()
        yield


def read_once(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` gives for a key; within `reading_at`, it is asked once."""
    reading = _reading.get()
    if reading is None:
        return read()
    if key not in reading.found:
        reading.found[key] = read()
    found: T = reading.found[key]
    return found


def forget_rollup_state() -> None:
    """Let the next report read the state again."""
    if reading := _reading.get():
        reading.rollups = None


def current_rollup_state() -> RollupState:
    """The rollup state for a report. Within `reading_at`, a long tail is folded in part first."""
    reading = _reading.get()
    if reading is None:
        return state.read_rollup_state()
    if reading.rollups is None:
        reading.rollups = _with_short_tail(reading.now)
    return reading.rollups


def _with_short_tail(now: datetime) -> RollupState:
    rollups = state.read_rollup_state()
    if connection.in_atomic_block or not rollups.are_usable or rollups.tail <= LONG_TAIL:
        return rollups
    try:
        fold(now, PIECE_CALLS)
    except LastingDifferenceError:
        logger.exception("Reports read the calls that no fold takes")
    return state.read_rollup_state()


def fold(now: datetime, most_calls: int = CHUNK_CALLS) -> Fold:
    """Fold one chunk of at most `most_calls`; nothing if another fold is at work or was first.

    Must not run inside a transaction, which would keep its first snapshot. Raises
    `LastingDifferenceError`.
    """
    try:
        return _fold(now, most_calls)
    except OperationalError as error:
        # On a cluster, a fold on another node shows only as a deadlock, which undoes this one. On a
        # read-only server, reports read the calls.
        if not (is_deadlock(error) or is_read_only(error)):
            raise
        return NO_FOLD


def _fold(now: datetime, most_calls: int) -> Fold:
    seen = note_newest_id(now)
    if seen is None or not state.read_rollup_state().are_usable:
        return NO_FOLD
    try:
        recounting.recount_recent(now)
    except RollupsBusyError:
        return NO_FOLD
    return _fold_next(seen.folded_to, seen.safe_id, most_calls, now)


def _fold_next(after: int, safe_id: int, most_calls: int, now: datetime) -> Fold:
    """Fold the next calls; fewer if some of these are not committed yet."""
    while id_ranges := recounting.next_id_ranges(after, safe_id, most_calls):
        folded = _fold_id_ranges(id_ranges, now)
        upto = id_ranges[-1][1]
        if folded is not None:
            return Fold(folded.calls, upto < safe_id)
        if min(most_calls, upto - after) <= SMALLEST_CHUNK:
            _refuse_what_lasts(id_ranges)
            break
        most_calls = max(SMALLEST_CHUNK, min(most_calls, upto - after) // 2)
    return NO_FOLD


def note_newest_id(now: datetime) -> FoldState | None:
    """Note which calls exist, to fold them after the margin. Returns the state row; None if another
    process holds it."""
    with transaction.atomic():
        held = state.lock_state()
        if held is not None:
            if held.folded_at is None:
                held.zones = state.zones()
                held.save(update_fields=["zones"])
            state.correct_clock(held, now)
            state.advance_safe_id(held, now)
        return held


def _refuse_what_lasts(id_ranges: Sequence[IdRange]) -> None:
    """Raises `LastingDifferenceError` if calls do not add up in the same way each time: then nobody
    is writing there, and waiting would not help."""
    found = {_what_differs(id_ranges) for _attempt in range(ATTEMPTS)}
    if len(found) == 1 and (what := found.pop()):
        ids = f"{id_ranges[0][0] + 1} to {id_ranges[-1][1]}"
        raise LastingDifferenceError(f"The calls with ids {ids} do not add up: {what}.")


def _what_differs(id_ranges: Sequence[IdRange]) -> str:
    try:
        _aggregate(id_ranges)
    except ChangedMeanwhileError as error:
        return str(error)
    return ""


def _aggregate(id_ranges: Sequence[IdRange]) -> Chunk:
    between = id_steps.above(id_ranges[0][0]), id_steps.up_to(id_ranges[-1][1])
    return chunk.aggregate(APIUsageStats.objects.filter(*between), grains.GRAINS, along_ids=True)


def _fold_id_ranges(id_ranges: Sequence[IdRange], now: datetime) -> Chunk | None:
    """Fold the calls of adjoining ranges of ids; None if some are not committed or another fold was
    first."""
    after, upto = id_ranges[0][0], id_ranges[-1][1]
    try:
        aggregated = _aggregate(id_ranges)
    except ChangedMeanwhileError:
        return None
    counted = recounting.count_uncommitted_too(id_ranges)
    if sum(counted.values()) != aggregated.calls:
        return None
    with transaction.atomic():
        held = state.lock_state()
        if held is None or held.folded_to != after:
            return None
        fills.advance(held, after, upto)
        chunk.add(aggregated, grains.GRAINS)
        held.folded_to, held.folded_at = upto, now
        held.save(update_fields=["folded_to", "folded_at", "fills"])
        recounting.note(counted, aggregated.days, now)
    return aggregated
