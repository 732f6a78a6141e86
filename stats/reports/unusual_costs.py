"""Whether one of the last days cost unusually much, and who made most of the difference."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from stats.core.money import COST_STEP
from stats.core.periods import DAY, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import NO_COST, BriefSums
from stats.reports.changes import contributions
from stats.reports.figures import Figures, costs_of, within
from stats.reports.unusual import UnusualDay, unusual_days

# What was unusual earlier is no news.
NEWS = 3 * DAY
# From these days before it, what is usual of each user on a day.
WEEKS_BEFORE = 28 * DAY


@dataclass(frozen=True, slots=True)
class UnusualCost:
    """A day's cost in a currency. `user_id` is who spent most beside what is usual of theirs."""

    currency: str
    found: UnusualDay
    user_id: int | None


def unusual_cost(figures: Figures, currency: str) -> UnusualCost | None:
    """The newest of the last days that is over; None without one, or without a history to tell."""
    if not figures.history:
        return None
    today = local_day(figures.request.now, reading_zone())
    costs = costs_of(figures.history, currency)
    *_earlier, newest = [None, *unusual_days(costs, today - DAY)]
    if newest is None or newest.day < today - NEWS:
        return None
    return UnusualCost(currency, newest, _who_made_it(figures.request.selection, currency, newest))


def _who_made_it(selection: Selection, currency: str, found: UnusualDay) -> int | None:
    """Two statements: users on the day, and on the days before, brought to what was usual of it."""
    day = found.day
    now = _by_user(selection, currency, day, day)
    before = _by_user(selection, currency, day - WEEKS_BEFORE, day - DAY)
    whole = sum((sums.cost for sums in before.values()), NO_COST)
    part = Decimal(found.usual) / whole if whole else NO_COST
    usual = {
        user: replace(sums, costs={currency: (sums.cost * part).quantize(COST_STEP)})
        for user, sums in before.items()
    }
    rows = contributions(BriefSums, now, usual).rows
    return rows[0].key if rows and rows[0].difference > 0 else None


def _by_user(selection: Selection, currency: str, first: date, last: date) -> dict[int, BriefSums]:
    range = range_of_days(first, last, reading_zone())
    return engine.by_user_in_brief(within(selection.during(range), currency))
