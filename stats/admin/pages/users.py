"""The users' leaderboard: who spent what, and who moved."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats import formatting
from stats.admin import sheets, tables
from stats.admin.files import Sheet
from stats.admin.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage
from stats.filters import CallFilterSet
from stats.reports import engine
from stats.reports.leaderboard import Measure
from stats.reports.selection import Selection
from stats.reports.standings import Standings
from stats.reports.sums import Sums


class UsersPage(LeaderboardPage):
    path = "reports/users/"
    name = "reports_users"
    title = gettext_lazy("Users")
    template_name = "admin/reports/users.html"
    measures = tuple(Measure)
    own_parameters = {"rank": measures, "ranked_in": None}
    sheets = (Sheet("users", title, sheets.users_leaderboard),)

    def group(self) -> Callable[[Selection], Mapping[int, Sums]]:
        return engine.by_user

    def table(self, found: Standings[int], calls: Address) -> tables.Table:
        return tables.users(found.ranking, calls, tables.MOST)

    def draw(
        self, found: Standings[Any], filters: CallFilterSet, address: Address
    ) -> dict[str, Any]:
        context = super().draw(found, filters, address)
        return {**context, "has_groups": bool(settings.USER_GROUP_COLUMN)}

    def sentence(self, found: Standings[int]) -> str:
        """Who leads, and how much the first three make together."""
        shares = [row.share or 0.0 for row in found.ranking.present[:3]]
        if len(shares) < 3 or not any(shares):
            return ""
        return _("The first has %(first)s of all, the first three together %(three)s.") % {
            "first": formatting.percent(shares[0]),
            "three": formatting.percent(sum(shares)),
        }
