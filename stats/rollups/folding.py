"""One fold: a chunk of new calls into the sums, exactly once, with no lock on the calls.

Ids become visible out of order: call 100 can be committed after call 101 was folded. So a fold
takes calls whose ids were there some seconds ago, aggregates what is committed, then counts the
same ids with the uncommitted ones; unequal means that somebody is still writing there, and the fold
halves its chunk or leaves it. Whatever slips through is found when later folds recount
(`stats.rollups.recounting`).
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from stats.db.errors import is_deadlock, is_read_only
from stats.models import APIUsageStats, FoldState
from stats.rollups import chunk, fills, grains, id_steps, recounting, state
from stats.rollups.chunk import CHUNK_CALLS, ChangedMeanwhileError, Chunk
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.recounting import IdRange
from stats.rollups.state import RollupState

logger = logging.getLogger(__name__)
SMALLEST_CHUNK = 1_000
# So often calls that do not add up are read before that is said.
ATTEMPTS = 3
# A report that meets a longer tail folds a piece of it first.
LONG_TAIL = 2_000
PIECE_CALLS = 50_000


class LastingDifferenceError(Exception):
    """Some calls do not add up, however often they are read; says which and how."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What a fold did: how many calls it added, and whether more can be folded at once."""

    calls: int
    has_more: bool


NO_FOLD = Fold(0, False)


@dataclass(slots=True)
class _Reading:
    """When reports are read, and the rollups opened for them."""

    now: datetime
    rollups: RollupState | None = None


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading_at(now: datetime) -> Iterator[None]:
    """Read reports as of `now`, with rollups that are opened when the first needs them.

    What a report counts does not hang on them: its one statement looks `folded_to` up itself.
    """
    token = _reading.set(_Reading(now))
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def shared_rollup_state(now: datetime) -> Iterator[None]:
    """The same with the rollups open, so that no fold counts against a page's time."""
    with reading_at(now):
        current_rollup_state()
        yield


def reading_time() -> datetime:
    """The time of `reading_at`; whoever asks a report outside of it is an edge itself."""
    reading = _reading.get()
    return reading.now if reading else timezone.now()


def forget_rollup_state() -> None:
    """Let the next report open the rollups anew."""
    if reading := _reading.get():
        reading.rollups = None


def current_rollup_state() -> RollupState:
    """The rollups for a report; folds a bounded piece first where the tail is long."""
    reading = _reading.get()
    if reading and reading.rollups:
        return reading.rollups
    rollups = state.read_rollup_state()
    if not connection.in_atomic_block and rollups.are_usable and rollups.tail > LONG_TAIL:
        try:
            fold(reading_time(), PIECE_CALLS)
        except LastingDifferenceError:
            logger.exception("Reports read the calls that no fold takes")
        rollups = state.read_rollup_state()
    if reading:
        reading.rollups = rollups
    return rollups


def fold(now: datetime, most_calls: int = CHUNK_CALLS) -> Fold:
    """Fold one chunk of at most `most_calls`; nothing where another fold is at work or was first.

    Raises `LastingDifferenceError`.

    Must not run inside a transaction: what it reads first would be seen for too long.
    """
    try:
        return _fold(now, most_calls)
    except OperationalError as error:
        # On a cluster a fold on another node shows only as a deadlock; all of this one is undone.
        # Where the server only reads, reports go on with the calls themselves.
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
    """Fold the next calls, fewer where some of so many are missing."""
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
    """Note which calls are there; they are folded when they have been for the margin.

    The state row as it is then, None where another process holds it.
    """
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
    """Where calls do not add up, in the same way each time, nobody is writing among them.

    Raises `LastingDifferenceError`: to wait for the end of a transaction would be for ever.
    """
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
    """Fold the calls of adjoining stretches of ids; None where some are missing or another fold was
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
