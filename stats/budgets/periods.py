"""The months, quarters and years of budgets."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo

from stats.core.periods import DAY, Period, first_of_unit, last_of_unit, local_day
from stats.core.zones import reading_zone
from stats.models import Budget
from stats.models.budgets import Per

MONTHS = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}


def zone_of(budget: Budget) -> tzinfo:
    """That of its days."""
    return UTC if budget.is_billed else reading_zone()


def period_at(budget: Budget, day: date) -> Period:
    """The whole period that a day lies in."""
    months = MONTHS[Per(budget.per)]
    first = first_of_unit(day, months)
    return Period(first, last_of_unit(first, months), zone_of(budget))


def current_period(budget: Budget, now: datetime) -> Period:
    """The one that runs."""
    return period_at(budget, local_day(now, zone_of(budget)))


def period_from(budget: Budget, since: date | None, now: datetime) -> Period:
    """The one from which terms hold: that of a day, else the one that runs."""
    return period_at(budget, since) if since else current_period(budget, now)


def periods_back(budget: Budget, now: datetime, count: int) -> Iterator[Period]:
    """The running one and those before it, the newest first."""
    period = current_period(budget, now)
    for _number in range(count):
        yield period
        period = period_at(budget, period.first - DAY)
