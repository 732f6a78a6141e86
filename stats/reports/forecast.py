"""What the current month may cost by its end, from its days so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from stats.core.money import COST_STEP
from stats.core.periods import DAY, last_of_month
from stats.query.sums import NO_COST

# Fewer whole days say too little about the others.
LEAST_DAYS = 5
# Fewer days of a weekday say too little about it.
LEAST_ALIKE = 2
SATURDAY = 5

Costs = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A range for the cost of a month, in one currency."""

    low: Decimal
    high: Decimal


def month_end(costs: Costs, today: date, before: Costs) -> Forecast | None:
    """The forecast from the cost of each day up to `today`; `before` are days of the month before.

    A remaining day is expected to cost the average of days like it: those of its weekday; with
    fewer than two of these, those of its kind (Monday to Friday, or the weekend), of the month
    before if this one has none yet; else all. Today costs at least what it already has. The range
    reaches one standard deviation to both sides, as if days varied independently, and does not
    begin below what is already spent. None before the sixth day: there is too little to go by.
    """
    whole = {day: cost for day, cost in costs.items() if day < today}
    if len(whole) < LEAST_DAYS:
        return None
    spent = sum(costs.values(), NO_COST)
    rest = variance = Decimal(0)
    for day in _days_left(today):
        mean, deviation = _mean_and_variance(_alike(day, whole, before))
        still = mean - costs.get(day, NO_COST) if day == today else mean
        if day == today and still <= 0:
            continue
        rest, variance = rest + still, variance + deviation
    expected, spread = spent + rest, variance.sqrt()
    high = (expected + spread).quantize(COST_STEP, ROUND_CEILING)
    low = (expected - spread).quantize(COST_STEP, ROUND_FLOOR)
    return Forecast(min(max(low, spent), high), high)


def _days_left(today: date) -> list[date]:
    return [today + n * DAY for n in range((last_of_month(today) - today).days + 1)]


def _alike(day: date, whole: Costs, before: Costs) -> list[Decimal]:
    same = [cost for other, cost in whole.items() if other.weekday() == day.weekday()]
    if len(same) >= LEAST_ALIKE:
        return same
    return _of_kind(day, whole) or _of_kind(day, before) or list(whole.values())


def _of_kind(day: date, costs: Costs) -> list[Decimal]:
    is_weekend = day.weekday() >= SATURDAY
    return [cost for other, cost in costs.items() if (other.weekday() >= SATURDAY) == is_weekend]


def _mean_and_variance(costs: list[Decimal]) -> tuple[Decimal, Decimal]:
    mean = sum(costs, NO_COST) / len(costs)
    return mean, sum(((cost - mean) ** 2 for cost in costs), Decimal(0)) / len(costs)
