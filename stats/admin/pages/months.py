"""Month by month: the chart, and every month in full."""

from typing import Any

from django.utils.translation import gettext_lazy

from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.daily import DailyPage
from stats.admin.sheets import months
from stats.core.periods import ALL
from stats.reports.figures import Figures


class MonthsPage(DailyPage):
    path = "reports/months/"
    name = "reports_months"
    title = gettext_lazy("Months")
    default_preset = ALL
    sheets = (Sheet("months", title, months.months_of),)

    def table(self, found: Figures, address: Address) -> dict[str, Any]:
        table = months.drawn_months(found, address.at("reports_daily"))
        return {"table": table, "table_title": self.title}
