"""Steps along the ids of calls, whatever the gaps between them.

Ids mostly follow one another: then a step is so many ids, which costs nothing to find. If the next
calls lie further apart, the step is found by reading along them.
"""

from dataclasses import dataclass

from django.db.models import BigIntegerField, Q, Value

from stats.db.rows import next_ids
from stats.models import APIUsageStats

CALLS_TABLE = APIUsageStats._meta.db_table
# So many calls within so many ids count as following one another.
SAMPLE = 1_000
SPREAD = 2 * SAMPLE
# Beyond so many calls, ids are counted instead.
MOST_COUNTED = 100_000


def above(id: int) -> Q:
    """The condition for higher ids. `id` may be too large for the model's own type."""
    return Q(pk__gt=Value(id, BigIntegerField()))


def up_to(id: int) -> Q:
    """The condition for this id and lower ones, likewise."""
    return Q(pk__lte=Value(id, BigIntegerField()))


@dataclass(frozen=True, slots=True)
class _Next:
    """The next calls above an id: their number, the first and the last id."""

    calls: int
    first: int
    last: int

    @property
    def are_close(self) -> bool:
        return self.calls == SAMPLE and self.last - self.first <= SPREAD


def _next(after: int, upto: int, most_calls: int) -> _Next | None:
    found = next_ids(CALLS_TABLE, after, upto, most_calls)
    return _Next(*found) if found else None


def step(after: int, upto: int, most_calls: int) -> int | None:
    """The last id of the next `most_calls` calls above `after`, none above `upto`; None without
    any."""
    sample = _next(after, upto, min(most_calls, SAMPLE))
    if sample is None:
        return None
    if most_calls <= SAMPLE or sample.calls < SAMPLE:
        return sample.last
    if sample.are_close:
        return min(upto, sample.first + most_calls - 1)
    found = _next(after, upto, most_calls)
    return found.last if found else None


def count(after: int, upto: int) -> int:
    """The number of calls with ids above `after` to `upto`. Many calls may be overestimated, never
    underestimated."""
    if upto - after <= SPREAD:
        return max(0, upto - after)
    found = _next(after, upto, SAMPLE)
    if found is None or found.calls < SAMPLE:
        return found.calls if found else 0
    if not found.are_close:
        found = _next(after, upto, MOST_COUNTED) or found
        if found.calls < MOST_COUNTED:
            return found.calls
    return upto - found.first + 1
