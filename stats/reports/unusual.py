"""Days out of the ordinary: far above what was usual of their weekday and of the day before. Pure.

How the bounds were found and what they achieve: docs/forecast.md.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stats.core.periods import DAY
from stats.reports.usual import Usual

# Earlier days of a series are only learnt from.
LEARNING_DAYS = 42
# What is usual of a day is learnt from as many before it.
HISTORY_DAYS = 364
# How far above what is usual, in logarithms, a day is unusual: about half-way to twice as much. But
# where the variance of days comes near the second, ever further: there days double by themselves,
# and no bound would tell one that somebody doubled from these.
HALF_WAY, WILD_VARIANCE, STEEPNESS = 0.4, 0.18, 6
# The variance is that of some weeks, to which no day adds more than one this far from the usual.
VARIANCE_AT_FIRST, VARIANCE_STEP, FURTHEST = 0.06, 0.05, 1.2

Amounts = Mapping[date, Decimal] | Mapping[date, int]


@dataclass(frozen=True, slots=True)
class FarDay:
    """A day and its amount beside the usual one, both in the unit of the series."""

    day: date
    amount: float
    usual: float

    @property
    def excess(self) -> float:
        return self.amount - self.usual


def unusual_day(
    amounts: Mapping[date, Decimal], day: date, expected: Collection[date] = ()
) -> FarDay | None:
    """The `day`, which is over, if it is unusual beside the last `HISTORY_DAYS`."""
    first = day - HISTORY_DAYS * DAY
    recent = {one: amount for one, amount in amounts.items() if first <= one <= day}
    found = [one for one in unusual_days(recent, day, expected) if one.day == day]
    return found[0] if found else None


def unusual_days(amounts: Amounts, last: date, expected: Collection[date] = ()) -> Iterator[FarDay]:
    """Those of the days from the first amount above zero through `last`, which is over.

    Days that `amounts` leaves out are zero. `expected` days are neither told nor learnt from.
    """
    first = min((day for day, amount in amounts.items() if amount > 0), default=None)
    if first is None:
        return
    usual, variance, before = Usual(), VARIANCE_AT_FIRST, None
    for day in (first + n * DAY for n in range((last - first).days + 1)):
        if day in expected:
            continue
        weekday, amount = day.weekday(), float(amounts.get(day, 0))
        if before:
            distance = usual.distance(weekday, amount)
            bound = HALF_WAY + (variance / WILD_VARIANCE) ** STEEPNESS
            is_far = distance > max(0, usual.distance(*before)) + bound
            if is_far and day - first >= LEARNING_DAYS * DAY:
                yield FarDay(day, amount, usual.of(weekday))
            variance += VARIANCE_STEP * (min(abs(distance), FURTHEST) ** 2 - variance)
        usual.learn(weekday, amount)
        before = weekday, amount
