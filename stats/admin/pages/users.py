"""The leaderboard of users."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.core import formatting
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure

GROUPS = Sheet(
    "groups", gettext_lazy("Groups"), lambda found: rankings.groups_leaderboard(found).in_full()
)


class UsersPage(LeaderboardPage):
    path = "reports/users/"
    name = "reports_users"
    title = gettext_lazy("Users")
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (
        Sheet("users", title, lambda found: rankings.users_leaderboard(found).in_full()),
        *((GROUPS,) if settings.USER_GROUP_COLUMN else ()),
    )

    def group(self) -> Callable[[Selection], Mapping[int, Mapping[str, Sums]]]:
        return engine.by_user_per_currency

    def tables(
        self, found: Leaderboard[int], address: Address, calls: Address
    ) -> dict[str, RankingTable]:
        """The users, and their groups where the database has them."""
        users = {"table": rankings.users_leaderboard(found, calls)}
        if not settings.USER_GROUP_COLUMN:
            return users
        return {**users, "groups": rankings.groups_leaderboard(found, address, calls)}

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
