"""The landing page: what was used, what it cost, who and where."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from stats import formatting
from stats.admin import latest, tables, tiles
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import chart_of, freshness, nothing_here, verification
from stats.filters import CallFilterSet
from stats.reports.overview import Overview, overview
from stats.rollups.folding import open_books


class OverviewPage(ReportPage):
    path = ""
    name = "index"
    title = _("Overview")
    template_name = "admin/reports/overview.html"
    own_parameters = {"ranked_in": None}

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        period = filters.whole_days
        assert period is not None  # noqa: S101 (requires_period says so)
        ranked_in = filters.data.get("ranked_in")
        found = overview(filters.selection, period, filters.now, ranked_in)
        context: dict[str, Any] = {"bar": self.bar(filters, address, found.figures.base)}
        if found.extent.newest is None and not found.figures.now.calls:
            return {**context, "is_unused": True}
        if not found.figures.now.calls:
            return {**context, "nothing": nothing_here(filters.selection, address)}
        return {
            **context,
            "freshness": freshness(found.extent, found.figures, filters.now),
            "verification": verification(open_books(filters.now), filters.now),
            **_panels(found, filters, address),
        }


def _panels(found: Overview, filters: CallFilterSet, address: Address) -> dict[str, Any]:
    calls = address.calls
    in_currency = calls.having(currency=found.ranked_in) if found.ranked_in else calls
    currencies = found.figures.currencies
    return {
        "tiles": (
            tiles.cost_tile(found.figures, calls),
            tiles.calls_tile(found.figures, calls),
            tiles.tokens_tile(found.figures),
            tiles.success_tile(found.figures, calls),
            tiles.response_tile(found.figures),
            tiles.users_tile(found.activity, address.at("reports_users")),
        ),
        "chart": chart_of(found.figures, address, filters.now),
        "users": tables.users(found.users, in_currency),
        "endpoints": tables.endpoints(found.endpoints, in_currency),
        "all_users": address.at("reports_users"),
        "tabs": tables.currency_tabs(currencies, found.figures.now, found.ranked_in, address),
        "currency": found.ranked_in or next(iter(currencies), ""),
        "p95": found.figures.p95,
        "excluded": tiles.unknown_costs(found.figures.now, calls),
        "failures": latest.failures(filters.selection, filters.now),
        "failed": formatting.number(found.figures.now.failures),
        "all_failures": calls.having(success="false"),
    }
