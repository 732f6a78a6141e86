"""The landing page: what was used, what it cost, who and where."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stats.accounts.roles import SEE_REFUSED_POSTS
from stats.admin.components import (
    attention,
    latest_failures,
    names,
    tables,
    tiles,
    waterfall,
    wording,
)
from stats.admin.components.empty_state import no_calls
from stats.admin.components.links import Address
from stats.admin.components.panels import (
    counted,
    in_currency,
    latest_failures_of,
    newest,
    ranked_endpoints,
    ranked_users,
    undated,
    usage_panels,
    usage_tiles,
    verification,
)
from stats.admin.components.tiles import Piece
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import differences
from stats.admin.sheets.pages import OVERVIEW
from stats.models import EndUser
from stats.query.request import RANKED_IN, Base, ReportRequest
from stats.reports.changes import Contributions
from stats.reports.overview import Overview, overview
from stats.reports.refused import count_behind
from stats.rollups.folding import current_rollup_state


class OverviewPage(ReportPage):
    path = ""
    name = "index"
    title = _("Overview")
    template_name = "admin/reports/overview.html"
    own_parameters = RANKED_IN
    file_subject = ("overview",)
    sheets = OVERVIEW

    def ask(self, request: ReportRequest) -> Overview:
        return overview(request)

    def draw(self, found: Overview, request: ReportRequest, address: Address) -> dict[str, Any]:
        figures = found.summary.figures
        context: dict[str, Any] = {
            "bar": self.bar(request, address, figures.base),
            "has_demo_calls": found.ledger.has_demo_calls,
        }
        if figures.now.calls:
            drawn = _panels(found, request, address)
            drawn["worth"] += self._refused(request.now)
            return {**context, **drawn}
        if current_rollup_state().newest_id:
            return {**context, "nothing": no_calls(request, address)}
        return {**context, "is_unused": True}

    def _refused(self, now: datetime) -> list[Piece]:
        """Of those who may see them, what was refused since they looked."""
        if not self.request.user.has_perm(SEE_REFUSED_POSTS):
            return []
        count = count_behind(self.request.session.get(attention.SEEN, 0), now)
        page = Address(reverse("admin:reports_refused")).preset("30d")
        return attention.refused(count, page)


def _panels(found: Overview, request: ReportRequest, address: Address) -> dict[str, Any]:
    figures, now = found.summary.figures, request.now
    ranked = in_currency(address.calls, found.summary.ranked_in)
    failed_calls = latest_failures.failed_calls(figures)
    users_by_id = names.users(
        [
            *tables.keys_shown(found.users),
            *(waterfall.keys_shown(found.changes) if found.changes else ()),
            *(call.user_id for call in failed_calls),
            *([found.unusual.user_id] if found.unusual and found.unusual.user_id else []),
        ]
    )
    failing = [one.endpoint for one in found.attention.failing]
    return {
        **usage_panels(found.summary, address, address, now),
        "freshness": [
            newest(found.ledger.extent, now),
            counted(figures),
            verification(current_rollup_state(), now),
            *undated(found.attention.undated_calls, address.calls),
        ],
        "tiles": (
            *usage_tiles(found.summary, address.calls),
            tiles.users_tile(found.activity, address.at("reports_users")),
        ),
        "worth": [
            *([attention.unusual(found.unusual, users_by_id, address)] if found.unusual else []),
            *attention.attention_line(found.attention, figures.now, address.calls),
        ],
        **(_largest(found.changes, figures.base, address, users_by_id) if found.changes else {}),
        "explained": address.at("reports_changes").having(ranked_in=found.summary.ranked_in),
        "against": wording.days_before(figures.base),
        **ranked_users(found.users, found.summary, ranked, users_by_id),
        **ranked_endpoints(found.summary, ranked, failing),
        **latest_failures_of(latest_failures.failures(failed_calls, users_by_id, now, address)),
    }


def _largest(
    found: Contributions[int], base: Base, address: Address, users_by_id: Mapping[int, EndUser]
) -> dict[str, Any]:
    changes = waterfall.largest(found, address, users_by_id)
    return {"changes": changes, "changes_table": differences.drawn_largest(changes, base)}
