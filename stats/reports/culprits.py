"""Who made a day unusual: each user's or endpoint's cost beside what is usual of theirs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from stats.core.money import COST_STEP, NO_CURRENCY
from stats.core.periods import DAY
from stats.query.sums import NO_COST, BriefSums
from stats.reports.changes import Contributions, contributions
from stats.reports.ranking import Key
from stats.reports.usual import Usual

Costs = Mapping[date, Decimal]


def who_made_it(costs: Mapping[Key, Costs], day: date) -> Contributions[Key]:
    """Whose cost on `day` is above what is usual of theirs, the most first, then whose is below;
    `costs` of each by day, in one currency."""
    now = {key: _sums(of_days.get(day, NO_COST)) for key, of_days in costs.items()}
    usual = {key: _sums(_usual(of_days, day)) for key, of_days in costs.items()}
    found = contributions(BriefSums, now, usual)
    return replace(found, rows=tuple(sorted(found.rows, key=lambda row: -row.difference)))


def _usual(costs: Costs, day: date) -> Decimal:
    """What is usual of such a day, from all before it."""
    first = min((one for one, cost in costs.items() if cost and one < day), default=day)
    usual = Usual()
    for number in range((day - first).days):
        before = first + number * DAY
        usual.learn(before.weekday(), float(costs.get(before, NO_COST)))
    return Decimal(usual.of(day.weekday())).quantize(COST_STEP) if first < day else NO_COST


def _sums(cost: Decimal) -> BriefSums:
    return BriefSums(costs={NO_CURRENCY: cost} if cost else {})
