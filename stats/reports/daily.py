"""Figures by day, and costs by day beside those of the same weekday four weeks earlier."""

from dataclasses import dataclass
from decimal import Decimal

from stats.query.request import ReportRequest
from stats.query.sums import Sums
from stats.reports.figures import Figures, currency_to_rank_in, figures


def daily(request: ReportRequest) -> Figures:
    """The days of the period."""
    return figures(request, request.base())


@dataclass(frozen=True, slots=True)
class CostTrend:
    """The days' costs are those in `currency` (empty: there are no costs).

    `ranked_in` is that currency if there are several. The totals are those of the period and the
    period before.
    """

    figures: Figures
    currency: str
    ranked_in: str | None
    total: Decimal
    total_before: Decimal | None


def cost_trend(request: ReportRequest) -> CostTrend:
    """The cost of each day of the period."""
    found = daily(request)
    several = currency_to_rank_in(found.currencies, request.ranked_in)
    currency = several or next(iter(found.currencies), "")
    return CostTrend(
        found,
        currency,
        several,
        found.now.cost_in(currency),
        cost_in(found.before, currency),
    )


def cost_in(sums: Sums | None, currency: str) -> Decimal | None:
    """The cost in one currency; None of what is not known."""
    return None if sums is None else sums.cost_in(currency)
