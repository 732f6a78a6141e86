"""Daily statistics: the chart, and every day in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import tiles, wording
from stats.admin.components.chart import cost_columns, places_per_currency
from stats.admin.components.empty_state import nothing_here
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.panels import chart_of
from stats.admin.pages.base import ReportPage, period_of
from stats.admin.sheets import days
from stats.core import formatting
from stats.query.filters import CallFilterSet
from stats.query.sums import NO_COST, Sums
from stats.reports.daily import daily
from stats.reports.figures import Figures


class DailyPage(ReportPage):
    path = "reports/daily/"
    name = "reports_daily"
    title = gettext_lazy("Daily statistics")
    template_name = "admin/reports/daily.html"
    sheets = (Sheet("days", gettext_lazy("Daily statistics"), days.days),)

    def ask(self, filters: CallFilterSet) -> Figures:
        return daily(filters.selection, period_of(filters), filters.now)

    def draw(self, figures: Figures, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        context = {"bar": self.bar(filters, address, figures.base)}
        if not figures.now.calls:
            return {**context, "nothing": nothing_here(filters.selection, address)}
        currencies = places_per_currency(figures)
        calls = address.calls
        return {
            **context,
            "sentence": wording.calls_and_success(figures.now),
            "chart": chart_of(figures, address, filters.now),
            "columns": cost_columns(figures.shown_currencies),
            "days": [
                _line(
                    formatting.weekday(day.date),
                    calls.during_part_of(figures.period.range, day.date, day.date),
                    day.sums,
                    currencies,
                )
                for day in figures.days
            ],
            "total": _line(_("Total"), calls, figures.now, currencies),
            "excluded": tiles.unknown_costs(figures.now, calls),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A day, or all of them: its sums, its cost per currency, where the calls of each are, and the
    decimals of its column."""

    label: str
    url: str
    succeeded_url: str
    failed_url: str
    sums: Sums
    costs: tuple[tuple[Decimal, str, int], ...]


def _line(label: str, calls: Address, sums: Sums, currencies: Mapping[str, int]) -> Line:
    return Line(
        label,
        str(calls),
        str(calls.having(success="true")),
        str(calls.having(success="false")),
        sums,
        tuple(
            (sums.costs.get(currency, NO_COST), str(calls.having(currency=currency)), places)
            for currency, places in currencies.items()
        ),
    )
