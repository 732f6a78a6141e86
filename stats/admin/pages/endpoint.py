"""One endpoint, the one of the filter: totals, trend, users, errors."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import tables
from stats.admin.components.empty_state import EmptyState, no_calls
from stats.admin.components.links import Address
from stats.admin.components.panels import counted, usage_panels, usage_tiles
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import rankings
from stats.admin.sheets.failures import drawn_failed_calls, newest_failures
from stats.admin.sheets.pages import ENDPOINT
from stats.query import names
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.endpoint import Endpoint, endpoint


class EndpointPage(ReportPage):
    path = "reports/endpoints/one/"
    name = "reports_endpoint"
    title = gettext_lazy("Endpoint")
    template_name = "admin/reports/endpoint.html"
    own_parameters = RANKED_IN
    in_navigation = False
    belongs_to = "reports_endpoints"
    sheets = ENDPOINT
    base_at = "summary.figures.base"

    def ask(self, request: ReportRequest) -> Endpoint:
        return endpoint(request)

    def context(self, found: Endpoint, request: ReportRequest, address: Address) -> dict[str, Any]:
        context = super().context(found, request, address)
        return {**context, "title": request.selection.endpoint or self.title}

    def is_empty(self, found: Endpoint) -> bool:
        figures = found.summary.figures
        return not (figures.now.calls and figures.request.selection.endpoint)

    def empty_state(self, found: Endpoint, request: ReportRequest, address: Address) -> EmptyState:
        if request.selection.endpoint:
            return no_calls(request, address)
        return EmptyState(
            _("Which endpoint?"),
            _("Choose one in the filter, or"),
            _("in the list of endpoints"),
            reverse("admin:reports_endpoints"),
        )

    def draw(self, found: Endpoint, request: ReportRequest, address: Address) -> dict[str, Any]:
        summary, now = found.summary, request.now
        failed_calls = newest_failures(summary.figures)
        users = names.users(
            [*tables.keys_shown(found.users), *(call.user_id for call in failed_calls)]
        )
        ranked = address.calls.in_currency(summary.ranked_in)
        of_users = rankings.users(found.users, summary.currency, summary.selection, ranked, users)
        return {
            **usage_panels(summary, address, address, now),
            "freshness": [counted(summary.figures)],
            "tiles": usage_tiles(summary, address.calls),
            "users": of_users.drawn(tables.TOP),
            "failures": drawn_failed_calls(failed_calls, users, now, address),
        }
