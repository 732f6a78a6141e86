"""Where a month may end, and how sure that is, from the days of a ledger so far. Pure.

How the method was found and what it achieved on public series: docs/forecast.md.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import accumulate

from stats.core.money import COST_STEP
from stats.core.periods import DAY, last_of_month
from stats.reports.usual import WEEK, Usual

# So many days are learnt from before a forecast is held against what came.
LEARNING_DAYS = 14
# Fewer errors say too little of the next one; earlier ones than these are forgotten.
LEAST_ERRORS, MOST_ERRORS = 30, 365
# No earlier day makes a difference.
MOST_DAYS = LEARNING_DAYS + MOST_ERRORS + 31
# The parts of the errors that the range leaves out, more above, where costs have no bound.
# Forecasts for stretches that overlap err alike, so at each end less is left out where the past has
# few stretches apart from each other: `LESS` over their number. In all that is about a fifth.
LEFT_BELOW, LEFT_ABOVE, LESS = 0.09, 0.16, 0.45
# The part of what is expected now that counts as hardly anything.
HARDLY_ANYTHING = 0.01
# Today counts at least as what all days but these came to, beside what was usual of them.
LOW_DAYS = 0.05

Costs = Mapping[date, Decimal]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a month may cost by its end, in one currency: `expected`, and in four of five cases from
    `low` to `high`."""

    low: Decimal
    expected: Decimal
    high: Decimal


def month_end(history: Costs, today: date) -> Forecast | None:
    """The forecast for the month of `today`, from the cost of each day up to today's so far.

    Days that `history` leaves out cost nothing. The range comes from the errors that this forecast,
    made for as many days ahead, made in the past of this ledger. Nothing is below what is spent.
    None where such errors are too few: a ledger needs six weeks, and as many days as are left.
    """
    left = (last_of_month(today) - today).days
    past = _past(_costs_before(history, today), today.weekday(), left)
    if past is None:
        return None
    usual = deepcopy(past.usual)
    of_month = (today - n * DAY for n in range(today.day))
    spent = sum((history.get(day, ZERO) for day in of_month), ZERO)
    so_far = float(history.get(today, ZERO))
    of_today = max(so_far, past.low_day * usual.of(today.weekday()))
    usual.learn(today.weekday(), of_today)
    rest, missing = usual.of_days(today.weekday() + 1, left), of_today - so_far
    low, high = past.low * rest, past.high * rest + missing
    expected = min(max(low, rest + missing), high)
    return Forecast(
        spent + Decimal(low).quantize(COST_STEP, ROUND_FLOOR),
        spent + Decimal(expected).quantize(COST_STEP, ROUND_HALF_UP),
        spent + Decimal(high).quantize(COST_STEP, ROUND_CEILING),
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """What the days before today tell: what is usual, which learns no more, and which part of it
    comes in a bad case.

    `low` and `high` are of a stretch as long as the rest of the month, `low_day` of a day.
    """

    usual: Usual
    low: float
    high: float
    low_day: float


def _costs_before(history: Costs, today: date) -> tuple[float, ...]:
    """From the first day with a cost to the day before `today`."""
    first = min((day for day, cost in history.items() if cost > 0 and day < today), default=today)
    return tuple(float(history.get(first + n * DAY, ZERO)) for n in range((today - first).days))


# Landing pages ask for the same all day.
@lru_cache(maxsize=64)
def _past(costs: tuple[float, ...], weekday: int, left: int) -> _Past | None:
    """`weekday` is that of the day after `costs`."""
    totals = [0.0, *accumulate(costs)]
    usual, of_days, of_stretches = Usual(), [], []
    for number, cost in enumerate(costs):
        day = (weekday - len(costs) + number) % WEEK
        if number >= LEARNING_DAYS:
            of_days.append((cost, usual.of(day)))
        usual.learn(day, cost)
        end = number + 1 + left
        if number >= LEARNING_DAYS and end < len(totals):
            came = totals[end] - totals[number + 1]
            of_stretches.append((came, usual.of_days(day + 1, left)))
    ratios = _errors(of_days)
    # On the last day only today is left.
    errors = _errors(of_stretches) if left else ratios
    if len(errors) < LEAST_ERRORS:
        return None
    less = LESS * left / len(errors)
    return _Past(
        usual,
        _quantile(errors, LEFT_BELOW - less),
        _quantile(errors, 1 - LEFT_ABOVE + less),
        _quantile(ratios or [0.0], LOW_DAYS),
    )


def _errors(pairs: Sequence[tuple[float, float]]) -> list[float]:
    """Of pairs of what came and what was expected: the one over the other, in order of size.

    Those of a time when hardly anything was expected say nothing of now.
    """
    recent = pairs[-MOST_ERRORS:]
    least = HARDLY_ANYTHING * recent[-1][1] if recent else 0.0
    return sorted(came / expected for came, expected in recent if expected > least)


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Below which that part of the values lies, between two of them in a straight line."""
    place = min(max(part, 0), 1) * (len(ordered) - 1)
    before = int(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])
