"""What the overview and the pages of one user and one job have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from stats.core.zones import reading_zone
from stats.query import engine, latency
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import NO_COST, Sums, in_currency
from stats.reports.endpoints import Endpoints, timed
from stats.reports.figures import Figures, currency_to_rank_in, figures, within
from stats.reports.forecast import Forecast, month_end
from stats.reports.ranking import Ranking, ranking


@dataclass(frozen=True, slots=True)
class Summary:
    """`ranked_in` is the currency of all rankings if several are in range. `selection` and
    `endpoints` are within it, but response times are those of all calls. `by_endpoint` is over all
    currencies."""

    figures: Figures
    # Per currency, for the current month.
    forecasts: Mapping[str, Forecast]
    ranked_in: str | None
    selection: Selection
    endpoints: Endpoints
    by_endpoint: Ranking[str, Sums]

    @property
    def currency(self) -> str:
        """The currency of all rankings; empty without costs."""
        return self.ranked_in or next(iter(self.figures.currencies), "")


def summary(request: ReportRequest, base: Base) -> Summary:
    """The figures of the period, and its endpoints."""
    selection = request.selection
    per_currency = engine.by_endpoint_per_currency(selection)
    in_all = timed(_by_cost(per_currency, None), selection)
    found = replace(
        figures(request, base), p95=in_all.all_times.p95, p95_before=_p95(request.before(base))
    )
    currency = currency_to_rank_in(found.currencies, request.ranked_in)
    return Summary(
        found,
        _forecasts(found),
        currency,
        within(selection, currency),
        replace(in_all, ranking=_by_cost(per_currency, currency)) if currency else in_all,
        in_all.ranking,
    )


def users_in_full(found: Summary) -> Ranking[int, Sums]:
    """The users with all sums, which takes longer. Raises `engine.TooManyCallsError`."""
    return ranking(Sums, engine.by_user(found.selection))


def jobs_in_full(found: Summary) -> Ranking[int | None, Sums]:
    """The jobs, likewise."""
    return ranking(Sums, engine.by_job(found.selection))


def _by_cost(groups: Mapping[str, Mapping[str, Sums]], currency: str | None) -> Ranking[str, Sums]:
    return ranking(Sums, in_currency(groups, currency))


def _p95(selection: Selection | None) -> float | None:
    if selection is None:
        return None
    try:
        return latency.percentiles(selection).p95
    except engine.TooManyCallsError:
        return None


def _forecasts(figures: Figures) -> dict[str, Forecast]:
    """For the current month, if its days are local days: not for a billed month."""
    today = next((day.date for day in figures.days if day.is_running), None)
    period = figures.request.period
    if today is None or not period.is_month or not period.has_days_of(reading_zone()):
        return {}
    found = {currency: _forecast(figures, currency, today) for currency in figures.currencies}
    return {currency: forecast for currency, forecast in found.items() if forecast}


def _forecast(figures: Figures, currency: str, today: date) -> Forecast | None:
    first_before = figures.base.comparison.first
    return month_end(
        {day.date: day.sums.costs.get(currency, NO_COST) for day in figures.days},
        today,
        {
            first_before + (day.date - figures.request.period.first): day.before.costs.get(
                currency, NO_COST
            )
            for day in figures.days
            if day.before is not None and not day.is_running
        },
    )
