"""The leaderboard of groups: what their users did, added up."""

from typing import Any

from django.utils.translation import pgettext_lazy

from stats.admin.components import wording
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.models import HAS_GROUPS
from stats.query import engine
from stats.query.request import ReportRequest
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure


class GroupsPage(LeaderboardPage):
    path = "reports/groups/"
    name = "reports_groups"
    title = pgettext_lazy("of users", "Groups")
    group = staticmethod(engine.by_user_per_currency)
    # Without groups, all users are in none.
    in_navigation = HAS_GROUPS
    belongs_to = "" if HAS_GROUPS else "reports_users"
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("groups", title, lambda found: rankings.groups_leaderboard(found).in_full()),)

    def table(self, found: Leaderboard[int], address: Address, calls: Address) -> RankingTable:
        return rankings.groups_leaderboard(found, address.at("reports_users"), calls)

    def draw(
        self, found: Leaderboard[int], request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        """And by which day a group is told."""
        return {**super().draw(found, request, address), "note": wording.groups_note()}
