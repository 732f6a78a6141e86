"""The cost trend: each day beside its counterpart in the period before."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import tables, tiles, wording
from stats.admin.components.empty_state import nothing_here
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.panels import chart_of, in_currency
from stats.admin.pages.base import ReportPage, period_of, ranked_in
from stats.admin.sheets import days
from stats.core import formatting
from stats.core.periods import Range
from stats.query.filters import CallFilterSet
from stats.reports.comparison import difference, percent_more
from stats.reports.daily import CostTrend, DayCost, cost_trend


class CostPage(ReportPage):
    path = "reports/cost/"
    name = "reports_cost"
    title = gettext_lazy("Cost trend")
    template_name = "admin/reports/cost.html"
    own_parameters = {"ranked_in": None}
    sheets = (Sheet("cost", gettext_lazy("Cost trend"), days.cost_trend),)
    base_at = "figures.base"

    def ask(self, filters: CallFilterSet) -> CostTrend:
        return cost_trend(filters.selection, period_of(filters), filters.now, ranked_in(filters))

    def draw(self, found: CostTrend, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        figures = found.figures
        context = {"bar": self.bar(filters, address, figures.base)}
        if not figures.now.calls:
            return {**context, "nothing": nothing_here(filters.selection, address)}
        calls = in_currency(address.calls, found.ranked_in)
        days = [_line(day, calls, figures.period.range) for day in found.days]
        total = Line(_("Total"), str(calls), found.total, found.total_before)
        return {
            **context,
            "sentence": _sentence(found),
            "chart": chart_of(figures, address, filters.now, ("cost",)),
            "chart_title": _("Cost per day"),
            "tabs": tables.currency_tabs(figures.currencies, figures.now, found.ranked_in, address),
            "currency": found.currency,
            "days_before": wording.days_before(figures.base) if figures.before else "",
            "days": days,
            "total": total,
            "places": _places((*days, total)),
            "excluded": tiles.unknown_costs(figures.now, address.calls),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A day, or all of them, and its counterpart; None where there is none."""

    label: str
    url: str
    now: Decimal | None
    before: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return difference(self.now, self.before)

    @property
    def percent(self) -> str:
        change = percent_more(self.now or 0, self.before or 0)
        if change is None or self.difference is None:
            return formatting.DASH
        return formatting.percent_change(change)


def _line(day: DayCost, calls: Address, range: Range) -> Line:
    first, last = day.days
    # Of the days that only the period before has, all calls.
    url = calls.during(first, last) if day.now is None else calls.during_part_of(range, first, last)
    label = formatting.weekday(first) if first == last else formatting.days(first, last)
    return Line(label, str(url), day.now, day.before)


def _places(lines: Iterable[Line]) -> int:
    """Decimals of the columns, which are read across."""
    return formatting.places_of(
        amount for line in lines for amount in (line.before, line.now, line.difference)
    )


def _sentence(found: CostTrend) -> str:
    """What became of the cost, where there is something to compare with."""
    if not found.currency:
        return ""
    if found.total_before is None:
        return wording.no_base(found.figures.base)
    return wording.cost_changed(found.currency, found.total, found.total_before, found.figures.base)
