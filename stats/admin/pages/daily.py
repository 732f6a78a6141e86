"""Daily statistics: the chart, and every day in full."""

from typing import Any

from django.utils.translation import gettext_lazy

from stats.admin.components import tiles, wording
from stats.admin.components.empty_state import no_calls
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.panels import chart_of
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import days
from stats.query.request import ReportRequest
from stats.reports.daily import daily
from stats.reports.figures import Figures


class DailyPage(ReportPage):
    path = "reports/daily/"
    name = "reports_daily"
    title = gettext_lazy("Daily statistics")
    template_name = "admin/reports/daily.html"
    sheets = (Sheet("days", gettext_lazy("Daily statistics"), days.days),)

    def ask(self, request: ReportRequest) -> Figures:
        return daily(request)

    def draw(self, figures: Figures, request: ReportRequest, address: Address) -> dict[str, Any]:
        context = {"bar": self.bar(request, address, figures.base)}
        if not figures.now.calls:
            return {**context, "nothing": no_calls(request, address)}
        calls = address.calls
        lines, total = days.day_lines(figures, calls)
        return {
            **context,
            "sentence": wording.calls_and_success(figures.now),
            "chart": chart_of(figures, address, request.now),
            "days": lines,
            "total": total,
            "table": days.drawn_days(figures, lines, total),
            "excluded": tiles.unknown_costs(figures.now, calls),
        }
