"""Daily statistics: the chart, and every day in full."""

from typing import Any

from django.utils.translation import gettext_lazy

from stats.admin.components import tiles, wording
from stats.admin.components.chart import daily_chart
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
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
    base_at = "base"

    def ask(self, request: ReportRequest) -> Figures:
        return daily(request)

    def is_empty(self, found: Figures) -> bool:
        return not found.now.calls

    def draw(self, found: Figures, request: ReportRequest, address: Address) -> dict[str, Any]:
        return {
            "sentence": wording.calls_and_success(found.now),
            "chart": daily_chart(found, address, request.now),
            "excluded": tiles.unknown_costs(found.now, address.calls),
            **self.table(found, address),
        }

    def table(self, found: Figures, address: Address) -> dict[str, Any]:
        """Every row in full."""
        return {"table": days.drawn_days(found, address.calls), "has_own_table": True}
