"""Counts recent chunks again, to find calls that were committed late.

To count all calls of an hour would take most of the time of a small fold. So each fold recounts
what was folded in the last minutes, since few transactions take longer, and a random part of what
is older: one of the next folds finds a call that came later still.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import chain

from django.conf import settings

from stats.db.rows import count_rows
from stats.models import FoldedChunk
from stats.rollups import id_steps, rebuilding
from stats.rollups.chunk import CALLS_TABLE
from stats.rollups.state import CLOCKS_DIFFER

# Ids above the first and up to the last.
IdRange = tuple[int, int]
# Calls that are counted, and rebuilt, together.
ID_RANGE_CALLS = 100_000
# Each fold recounts so many calls that were folded this recently, and so many older ones at random.
FRESH = timedelta(minutes=2)
FRESH_CALLS = 200_000
OLDER_CALLS = 100_000


def next_id_ranges(after: int, upto: int, most_calls: int) -> list[IdRange]:
    """The ranges of ids of the next `most_calls` calls above `after`, none above `upto`.

    Unused ids lie within a range and cost nothing.
    """
    found: list[IdRange] = []
    while most_calls > 0:
        calls = min(most_calls, ID_RANGE_CALLS)
        last = id_steps.step(after, upto, calls)
        if last is None:
            break
        found.append((after, last))
        after, most_calls = last, most_calls - calls
    return found


def count_uncommitted_too(id_ranges: Sequence[IdRange]) -> dict[IdRange, int]:
    """The number of calls in each range of ids, those of open transactions included."""
    counted = count_rows(CALLS_TABLE, id_ranges, uncommitted_too=True)
    return dict(zip(id_ranges, counted, strict=True))


def note(counted: Mapping[IdRange, int], days: Iterable[date], now: datetime) -> None:
    """Keep what a fold counted, and its local days, for recounts."""
    noted = [day.isoformat() for day in days]
    FoldedChunk.objects.bulk_create(
        FoldedChunk(after_id=after, last_id=last, calls=calls, days=noted, folded_at=now)
        for (after, last), calls in counted.items()
    )


def recount_recent(now: datetime) -> None:
    """Recount some of what was folded in the last hour. If a call came late, rebuild its days.

    Raises `RollupsBusyError`.
    """
    window = now - timedelta(minutes=settings.FOLD_RECOUNT_MINUTES)
    FoldedChunk.objects.filter(folded_at__lt=window).delete()
    # Folded by a clock that was ahead: the hour begins now.
    FoldedChunk.objects.filter(folded_at__gt=now + CLOCKS_DIFFER).update(folded_at=now)
    recent = list(_to_recount(now))
    counted = count_rows(CALLS_TABLE, [(each.after_id, each.last_id) for each in recent])
    for folded, calls in zip(recent, counted, strict=True):
        if calls != folded.calls:
            rebuilding.rebuild_chunk(folded)


def _to_recount(now: datetime) -> Iterator[FoldedChunk]:
    fresh = FoldedChunk.objects.filter(folded_at__gte=now - FRESH).order_by("-last_id")
    older = FoldedChunk.objects.filter(folded_at__lt=now - FRESH).order_by("?")
    return chain(_up_to(FRESH_CALLS, fresh), _up_to(OLDER_CALLS, older))


def _up_to(most_calls: int, id_ranges: Iterable[FoldedChunk]) -> Iterator[FoldedChunk]:
    """The first of them, with no more calls in all, but at least one."""
    calls = 0
    for folded in id_ranges:
        if calls and calls + folded.calls > most_calls:
            return
        calls += folded.calls
        yield folded
