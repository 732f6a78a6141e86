"""Two to five users or groups beside each other."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import wording
from stats.admin.components.chart import compared_chart
from stats.admin.components.empty_state import EmptyState, no_calls
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tabs import currency_tabs
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import compare as sheets
from stats.query.parameters import ParametersError
from stats.query.request import RANKED_IN, ReportRequest
from stats.query.sums import Sums, together
from stats.reports.compare import FEWEST, MOST, Comparison, compare, subjects


class ComparePage(ReportPage):
    path = "reports/compare/"
    name = "reports_compare"
    title = gettext_lazy("Compare")
    template_name = "admin/reports/compare.html"
    own_parameters = RANKED_IN
    chosen_filters = ("user_id", "group")
    sheets = (Sheet("compared", title, sheets.compared),)

    def ask(self, request: ReportRequest) -> Comparison:
        chosen = subjects(request)
        if len(chosen) > MOST:
            text = _("At most %(most)s can be compared; these are %(given)s.")
            name = "user_id" if request.selection.user_ids else "group"
            raise ParametersError({name: [text % {"most": MOST, "given": len(chosen)}]})
        return compare(request)

    def is_empty(self, found: Comparison) -> bool:
        has_calls = any(of.now.calls for of in found.figures.values())
        return len(found.figures) < FEWEST or not has_calls

    def empty_state(
        self, found: Comparison, request: ReportRequest, address: Address
    ) -> EmptyState:
        if len(found.figures) >= FEWEST:
            return no_calls(request, address)
        return EmptyState(
            _("Whom to compare?"), _("Their figures and charts will stand here beside each other.")
        )

    def draw(self, found: Comparison, request: ReportRequest, address: Address) -> dict[str, Any]:
        named = sheets.labels(found)
        compared = {named[key]: of for key, of in found.figures.items()}
        whole = together((of.now for of in found.figures.values()), Sums)
        return {
            "sentence": wording.calls_and_success(whole),
            "chart": compared_chart(compared, found.currency, address, request.now),
            "tabs": currency_tabs(found.currencies, whole, found.ranked_in, address),
            "table": sheets.drawn_compared(found, address),
        }
