"""The landing page: what was used, what it cost, who and where."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from stats.admin import sheets, tables, tiles
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage, period_of
from stats.admin.panels import (
    freshness,
    in_currency,
    nothing_here,
    usage_panels,
    usage_tiles,
    verification,
)
from stats.filters import CallFilterSet
from stats.reports.overview import Overview, overview
from stats.rollups.folding import open_books


class OverviewPage(ReportPage):
    path = ""
    name = "index"
    title = _("Overview")
    template_name = "admin/reports/overview.html"
    own_parameters = {"ranked_in": None}
    file_subject = ("overview",)
    sheets = sheets.OVERVIEW

    def ask(self, filters: CallFilterSet) -> Overview:
        ranked_in = filters.data.get("ranked_in")
        return overview(filters.selection, period_of(filters), filters.now, ranked_in)

    def draw(self, found: Overview, filters: CallFilterSet, address: Address) -> dict[str, Any]:
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
    ranked = in_currency(calls, found.ranked_in)
    return {
        **usage_panels(found.figures, found.ranked_in, address, address, filters.now),
        "tiles": (
            *usage_tiles(found.figures, calls),
            tiles.users_tile(found.activity, address.at("reports_users")),
        ),
        "users": tables.users(found.users, ranked),
        "endpoints": tables.endpoints(found.endpoints, ranked),
    }
