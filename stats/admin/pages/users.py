"""The leaderboard of users."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import wording
from stats.admin.components.budgets import budget_tile
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.budgets import spending
from stats.budgets.spending import Spending
from stats.core import formatting
from stats.models import HAS_GROUPS
from stats.query import engine
from stats.query.group_names import group_names
from stats.query.request import ReportRequest
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure


class UsersPage(LeaderboardPage):
    path = "reports/users/"
    name = "reports_users"
    title = gettext_lazy("Users")
    group = staticmethod(engine.by_user_per_currency)
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("users", title, lambda found: rankings.users_leaderboard(found).in_full()),)

    def table(self, found: Leaderboard[int], address: Address, calls: Address) -> RankingTable:
        """The users, with their groups where there are some."""
        users = rankings.users_leaderboard(found, calls)
        if _has_groups():
            return users
        return replace(users, order=[one for one in users.order if one != "group"])

    def draw(
        self, found: Leaderboard[int], request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        """And where groups are added up; the page of one group has its budgets."""
        is_of_groups = bool(request.selection.groups)
        return {
            **super().draw(found, request, address),
            "by_group": address.at("reports_groups") if _has_groups() and not is_of_groups else "",
            "tiles": [budget_tile(one, {}) for one in _budgets(request)],
        }

    def context(
        self, found: Leaderboard[int], request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        """The users of one group are its page."""
        groups = request.selection.groups
        named = {"title": wording.group(groups[0]), "about": self.title} if len(groups) == 1 else {}
        return {**super().context(found, request, address), **named}

    def sentence(self, found: Leaderboard[int]) -> str:
        """The shares of the first and of the first three."""
        shares = [row.share or 0.0 for row in found.ranking.present[:3]]
        if len(shares) < 3 or not any(shares):
            return super().sentence(found)
        return _(
            "The first accounts for %(first)s of the total, the first three for %(three)s."
        ) % {
            "first": formatting.percent(shares[0]),
            "three": formatting.percent(sum(shares)),
        }


def _has_groups() -> bool:
    return bool(HAS_GROUPS and group_names())


def _budgets(request: ReportRequest) -> list[Spending]:
    groups = request.selection.groups
    if len(groups) != 1:
        return []
    return spending.current(spending.in_force_of_group(groups[0]), request.now)
