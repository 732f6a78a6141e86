"""Where a running month may end in each currency, or why nobody can tell."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from stats.core.periods import DAY, local_day
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.request import Base, ReportRequest
from stats.query.sums import NO_COST
from stats.reports.figures import Figures, costs_of
from stats.reports.forecast import MOST_DAYS, Costs, Forecast, month_end


class NoForecast(Enum):
    """Why there is no forecast."""

    TOO_LITTLE_PAST = "too little past"
    NO_SUMS = "no sums by day"
    AS_BILLED = "days of UTC"


MonthEnds = Mapping[str, Forecast | NoForecast]


def history_from(request: ReportRequest, base: Base) -> date | None:
    """The first day that the forecast of a running month needs; None where there is none."""
    if not is_current_local_month(request):
        return None
    if not engine.has_sums_by_day(request.selection):
        return None
    first = request.period.first
    return min(first, max(base.first_day, first - MOST_DAYS * DAY))


def month_ends(figures: Figures) -> MonthEnds:
    """By currency, as many as pages show, of a running month; of other periods nothing is told."""
    if not _is_current_month(figures.request):
        return {}
    return {currency: _month_end(figures, currency) for currency in figures.shown_currencies}


def is_current_local_month(request: ReportRequest) -> bool:
    """True for the month of local days that today is in."""
    return _is_current_month(request) and _has_local_days(request)


def _is_current_month(request: ReportRequest) -> bool:
    period = request.period
    return period.is_month and period.first <= local_day(request.now, period.zone) <= period.last


def _has_local_days(request: ReportRequest) -> bool:
    return request.period.has_days_of(reading_zone())


def _month_end(figures: Figures, currency: str) -> Forecast | NoForecast:
    if not _has_local_days(figures.request):
        return NoForecast.AS_BILLED
    if figures.history is None:
        return NoForecast.NO_SUMS
    costs = costs_of(figures.history, currency)
    return month_end_of(costs, figures.request.now) or NoForecast.TOO_LITTLE_PAST


def month_end_of(costs: Costs, now: datetime) -> Forecast | None:
    """The forecast of the running local month, from what each day cost; None if too few did."""
    today = local_day(now, reading_zone())
    forecast = month_end(costs, today)
    if forecast is None:
        return None
    # Calls dated in the future are spent too, as the tile has it.
    spent = sum((cost for day, cost in costs.items() if day >= today.replace(day=1)), NO_COST)
    ends = (forecast.low, forecast.expected, forecast.high)
    return Forecast(*(max(end, spent) for end in ends))
