"""Recent stretches of ids counted again: calls that were committed behind the fold are found here.

Counting all ids of an hour is what a fold of a few thousand calls would spend most of its time on.
So each recounts what was folded in the last minutes, since few transactions are open for longer,
and of what is older some, by lot: a call that came later still is met by one of the folds to come.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain

from django.conf import settings

from stats import sql
from stats.models import FoldedChunk
from stats.rollups import rebuilding
from stats.rollups.chunk import CALLS_TABLE

Stretch = tuple[int, int]
# Ids that are counted, and mended, together.
STRETCH_IDS = 100_000
# Folded this recently, so many ids are recounted each time; of what is older, so many by lot.
FRESH = timedelta(minutes=2)
FRESH_IDS = 200_000
OLDER_IDS = 100_000


def count_uncommitted_too(after: int, upto: int) -> dict[Stretch, int]:
    """The calls above `after` to `upto`, those of open transactions too, by stretches of ids."""
    starts = range(after, upto, STRETCH_IDS)
    stretches = [(start, min(upto, start + STRETCH_IDS)) for start in starts]
    counted = sql.count_rows(CALLS_TABLE, stretches, uncommitted_too=True)
    return dict(zip(stretches, counted, strict=True))


def note(counted: Mapping[Stretch, int], days: Iterable[date], now: datetime) -> None:
    """Remember what a fold counted and the local days it lies on, to be recounted."""
    noted = [day.isoformat() for day in days]
    FoldedChunk.objects.bulk_create(
        FoldedChunk(after_id=after, last_id=last, calls=calls, days=noted, folded_at=now)
        for (after, last), calls in counted.items()
    )


def mend_recent(now: datetime) -> None:
    """Recount some of what was folded in the last hour; where a call came late, rebuild its days.

    Raises `BooksBusyError` where another process writes the sums.
    """
    window = now - timedelta(minutes=settings.FOLD_RECOUNT_MINUTES)
    FoldedChunk.objects.filter(folded_at__lt=window).delete()
    recent = list(_to_recount(now))
    counted = sql.count_rows(CALLS_TABLE, [(each.after_id, each.last_id) for each in recent])
    for folded, calls in zip(recent, counted, strict=True):
        if calls != folded.calls:
            rebuilding.rebuild_chunk(folded)


def _to_recount(now: datetime) -> Iterator[FoldedChunk]:
    fresh = FoldedChunk.objects.filter(folded_at__gte=now - FRESH).order_by("-last_id")
    older = FoldedChunk.objects.filter(folded_at__lt=now - FRESH).order_by("?")
    return chain(_up_to(FRESH_IDS, fresh), _up_to(OLDER_IDS, older))


def _up_to(most_ids: int, stretches: Iterable[FoldedChunk]) -> Iterator[FoldedChunk]:
    """The first of them, no more ids in all, but one in any case."""
    ids = 0
    for stretch in stretches:
        size = stretch.last_id - stretch.after_id
        if ids and ids + size > most_ids:
            return
        ids += size
        yield stretch
