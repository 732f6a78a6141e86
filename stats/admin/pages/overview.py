"""The landing page: what was used, what it cost, who and where."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stats.accounts.roles import SEE_REFUSED_POSTS
from stats.admin.components import (
    attention,
    budgets,
    tables,
    tiles,
    waterfall,
    wording,
)
from stats.admin.components.attention import SEEN
from stats.admin.components.links import Address
from stats.admin.components.panels import (
    counted,
    newest,
    undated,
    usage_panels,
    usage_tiles,
    verification,
)
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import rankings
from stats.admin.sheets.differences import drawn_largest
from stats.admin.sheets.failures import drawn_failed_calls, newest_failures
from stats.admin.sheets.pages import OVERVIEW
from stats.query import names
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.overview import Overview, overview
from stats.rollups.folding import current_rollup_state


class OverviewPage(ReportPage):
    path = ""
    name = "index"
    title = _("Overview")
    template_name = "admin/reports/overview.html"
    own_parameters = RANKED_IN
    file_subject = ("overview",)
    sheets = OVERVIEW
    base_at = "summary.figures.base"

    def ask(self, request: ReportRequest) -> Overview:
        may_see = self.request.user.has_perm(SEE_REFUSED_POSTS)
        return overview(request, self.request.session.get(SEEN, 0) if may_see else None)

    def context(self, found: Overview, request: ReportRequest, address: Address) -> dict[str, Any]:
        context = super().context(found, request, address)
        return {**context, "has_demo_calls": found.ledger.has_demo_calls}

    def is_empty(self, found: Overview) -> bool:
        return bool(not found.summary.figures.now.calls and current_rollup_state().newest_id)

    def draw(self, found: Overview, request: ReportRequest, address: Address) -> dict[str, Any]:
        if not found.summary.figures.now.calls:
            return {"is_unused": True}
        panels = _panels(found, request, address)
        page = Address(reverse("admin:reports_refused")).preset("30d")
        refused = attention.refused(found.refused or 0, page)
        return {**panels, "attention": [*panels["attention"], *refused]}


def _panels(found: Overview, request: ReportRequest, address: Address) -> dict[str, Any]:
    summary, now = found.summary, request.now
    figures = summary.figures
    ranked = address.calls.in_currency(summary.ranked_in)
    failed_calls = newest_failures(figures)
    culprit = attention.culprit_of(found.unusual)
    users = names.users(
        [
            *tables.keys_shown(found.users),
            *(waterfall.keys_shown(found.changes) if found.changes else ()),
            *(call.user_id for call in failed_calls),
            *([culprit] if culprit is not None else []),
        ]
    )
    budget = budgets.of_everybody(found.budget, summary) if found.budget else None
    failing = [one.endpoint for one in found.attention.failing]
    return {
        **usage_panels(
            summary, address, address, now, failing, budgets.level(budget) if budget else None
        ),
        "freshness": [
            newest(found.ledger.extent, now),
            counted(figures),
            verification(current_rollup_state(), now),
            *undated(found.attention.undated_calls, address.calls),
        ],
        "tiles": (
            *usage_tiles(summary, address.calls),
            tiles.users_tile(found.activity, address.at("reports_users")),
            *([budgets.budget_tile(budget, summary.month_ends)] if budget else []),
        ),
        "attention": [
            *attention.unusual(found.unusual, users.get(culprit or 0), address),
            *attention.attention_line(found.attention, figures.now, address.calls),
        ],
        "changes": found.changes and drawn_largest(found.changes, address, users, figures.base),
        "explained": address.at("reports_changes").having(ranked_in=summary.ranked_in),
        "against": wording.days_before(figures.base),
        "users": rankings.users(
            found.users, summary.currency, summary.selection, ranked, users
        ).drawn(tables.TOP),
        "failures": drawn_failed_calls(failed_calls, users, now, address),
    }
