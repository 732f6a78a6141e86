"""Steps along the ids of calls: as long as the calls that are there want them, whatever the gaps.

Ids mostly follow one upon the other. Then so many ids are a step, which costs nothing to find;
where the next calls lie further apart, the step is found by passing over its calls.
"""

from dataclasses import dataclass

from django.db.models import BigIntegerField, Q, Value

from stats.db.rows import next_ids
from stats.models import APIUsageStats

CALLS_TABLE = APIUsageStats._meta.db_table
# Calls that are looked at to see whether ids follow one upon the other, and ids they may spread
# over. A step that is taken on that ground holds at least so many calls.
SAMPLE = 1_000
SPREAD = 2 * SAMPLE
# More calls than that are not counted: so many ids there are is told instead.
MOST_COUNTED = 100_000


def above(id: int) -> Q:
    """Which calls have a higher id; also an id that the model's own type does not hold."""
    return Q(pk__gt=Value(id, BigIntegerField()))


def up_to(id: int) -> Q:
    """Which calls have this id or a lower one, likewise."""
    return Q(pk__lte=Value(id, BigIntegerField()))


@dataclass(frozen=True, slots=True)
class _Next:
    """The next calls above an id: how many, and the ids of the first and the last."""

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
    """Up to which id the next calls above `after` reach, at most so many and none above `upto`.

    None where there are none.
    """
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
    """How many calls have an id above `after` to `upto`, or where they are many how many ids: never
    less than there are."""
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
