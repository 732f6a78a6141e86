"""The cost trend: each day beside the same weekday four weeks earlier."""

from typing import Any

from django.utils.translation import gettext_lazy

from stats.admin.components import tiles, wording
from stats.admin.components.chart import daily_chart
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tabs import currency_tabs
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import days
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.daily import CostTrend, cost_trend


class CostPage(ReportPage):
    path = "reports/cost/"
    name = "reports_cost"
    title = gettext_lazy("Cost trend")
    template_name = "admin/reports/cost.html"
    own_parameters = RANKED_IN
    sheets = (Sheet("cost", gettext_lazy("Cost trend"), days.cost_trend),)
    base_at = "figures.base"
    compares_in_files = True

    def ask(self, request: ReportRequest) -> CostTrend:
        return cost_trend(request)

    def is_empty(self, found: CostTrend) -> bool:
        return not found.figures.now.calls

    def draw(self, found: CostTrend, request: ReportRequest, address: Address) -> dict[str, Any]:
        figures = found.figures
        return {
            "sentence": _sentence(found),
            "chart": daily_chart(figures, address, request.now, ("cost",)),
            "tabs": currency_tabs(figures.currencies, figures.now, found.ranked_in, address),
            "table": days.drawn_cost_trend(found, address.calls.in_currency(found.ranked_in)),
            "excluded": tiles.unknown_costs(figures.now, address.calls),
        }


def _sentence(found: CostTrend) -> str:
    """How the cost changed, or why that is not known."""
    if not found.currency:
        return ""
    if found.total_before is None:
        return wording.no_base(found.figures.base)
    return wording.cost_changed(found.currency, found.total, found.total_before, found.figures.base)
