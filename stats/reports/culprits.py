"""Who made a day unusual: the amount of each user or endpoint beside what is usual of theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic

from stats.core.money import COST_STEP
from stats.core.periods import DAY
from stats.query.sums import NO_COST
from stats.reports.ranking import Key
from stats.reports.usual import Usual

Amounts = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Culprit(Generic[Key]):
    """The amount of a day beside the usual one, both in the unit of the series."""

    key: Key
    amount: Decimal
    usual: Decimal

    @property
    def excess(self) -> Decimal:
        return self.amount - self.usual


def who_made_it(amounts: Mapping[Key, Amounts], day: date) -> list[Culprit[Key]]:
    """All of them, who is furthest above what is usual of theirs first; `amounts` of each by day,
    of one measure. A day that is left out is zero."""
    found = (
        Culprit(key, of_days.get(day, NO_COST), _usual(of_days, day))
        for key, of_days in amounts.items()
    )
    return sorted(found, key=lambda one: -one.excess)


def _usual(amounts: Amounts, day: date) -> Decimal:
    """What is usual of such a day, from all before it."""
    first = min((one for one, amount in amounts.items() if amount > 0 and one < day), default=day)
    usual = Usual()
    for number in range((day - first).days):
        before = first + number * DAY
        usual.learn(before.weekday(), float(amounts.get(before, NO_COST)))
    return Decimal(usual.of(day.weekday())).quantize(COST_STEP) if first < day else NO_COST
