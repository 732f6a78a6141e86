"""Where the running month of a budget may end."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from stats.budgets.periods import current_period
from stats.budgets.spending import selection_of
from stats.core.periods import DAY, start_of_day
from stats.models import Budget
from stats.models.budgets import Per
from stats.query import engine
from stats.reports.figures import costs_of
from stats.reports.forecast import MOST_DAYS
from stats.reports.month_ends import month_end_of


def expected(budget: Budget, now: datetime) -> Decimal | None:
    """What a budget will have cost at the end of its month; None if not known, and of other periods
    than local months."""
    if budget.per != Per.MONTH or budget.is_billed:
        return None
    period = current_period(budget, now)
    first = start_of_day(period.first - MOST_DAYS * DAY, period.zone)
    selection = selection_of(budget).during(replace(period.range, start=first))
    if not engine.has_sums_by_day(selection):
        return None
    forecast = month_end_of(costs_of(engine.by_day(selection), budget.currency), now)
    return forecast.expected if forecast else None
