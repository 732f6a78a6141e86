"""Figures by day, and costs by day beside those of the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stats.core.periods import DAY, days_touched
from stats.core.zones import reading_zone
from stats.query.extent import whole_ledger
from stats.query.request import ReportRequest
from stats.query.sums import NO_COST, Sums
from stats.reports.figures import Figures, currency_to_rank_in, figures


def daily(request: ReportRequest) -> Figures:
    """The days of the period."""
    return figures(request, request.base(whole_ledger().extent.first))


@dataclass(frozen=True, slots=True)
class DayCost:
    """The cost of a day and of its counterpart; None if the other period has no such day.

    `days` is a range only for the days by which the period before is longer.
    """

    days: tuple[date, date]
    now: Decimal | None
    before: Decimal | None


@dataclass(frozen=True, slots=True)
class CostTrend:
    """Costs per day in `currency` (empty: there are no costs). They add up to the totals.

    `ranked_in` is that currency if there are several.
    """

    figures: Figures
    currency: str
    ranked_in: str | None
    days: tuple[DayCost, ...]
    total: Decimal
    total_before: Decimal | None


def cost_trend(request: ReportRequest) -> CostTrend:
    """The cost of each day of the period."""
    found = daily(request)
    several = currency_to_rank_in(found.currencies, request.ranked_in)
    currency = several or next(iter(found.currencies), "")
    days = tuple(
        DayCost(
            (day.date, day.date),
            _cost(day.sums, currency),
            _cost(day.before, currency) if day.before is not None else None,
        )
        for day in found.days
    )
    return CostTrend(
        found,
        currency,
        several,
        (*days, *_days_more(found, currency, days)),
        _cost(found.now, currency),
        _cost(found.before, currency) if found.before is not None else None,
    )


def _cost(sums: Sums, currency: str) -> Decimal:
    return sums.costs.get(currency, NO_COST)


def _days_more(figures: Figures, currency: str, days: Sequence[DayCost]) -> list[DayCost]:
    """The days by which the period before is longer, as one."""
    first_before, last_before = days_touched(figures.base.comparison.range, reading_zone())
    first = first_before + len(days) * DAY
    if figures.before is None or first > last_before:
        return []
    shown = sum((day.before for day in days if day.before is not None), NO_COST)
    rest = _cost(figures.before, currency) - shown
    return [DayCost((first, last_before), None, rest)]
