"""The users' leaderboard: who spent what, and who moved."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import names, tables
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.core import formatting
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.groups import groups_of
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure
from stats.tables.html import DrawnTable

GROUPS = Sheet("groups", gettext_lazy("Groups"), rankings.groups_leaderboard)


class UsersPage(LeaderboardPage):
    path = "reports/users/"
    name = "reports_users"
    title = gettext_lazy("Users")
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (
        Sheet("users", title, rankings.users_leaderboard),
        *((GROUPS,) if settings.USER_GROUP_COLUMN else ()),
    )

    def group(self) -> Callable[[Selection], Mapping[int, Mapping[str, Sums]]]:
        return engine.by_user_per_currency

    def table(self, found: Leaderboard[int], calls: Address) -> tables.Table:
        users_by_id = names.users(tables.keys_shown(found.ranking, tables.MOST))
        text = ngettext("%(count)s user", "%(count)s users", len(found.ranking.present))
        total = tables.counted(text, found.ranking)
        return tables.table(found.ranking, tables.of_users(users_by_id, calls), total, tables.MOST)

    def drawn(self, found: Leaderboard[int], table: tables.Table) -> DrawnTable:
        return rankings.drawn_users_leaderboard(found, table)

    def more(self, found: Leaderboard[int], address: Address, calls: Address) -> dict[str, Any]:
        """The groups, where the database has them."""
        if not settings.USER_GROUP_COLUMN:
            return {}
        groups = groups_of(found.ranking)
        table = tables.groups(groups, address, calls)
        return {
            "groups": table,
            "groups_table": rankings.drawn_groups_leaderboard(found, groups, table),
        }

    def sentence(self, found: Leaderboard[int]) -> str:
        """Who leads, and how much the first three make together."""
        shares = [row.share or 0.0 for row in found.ranking.present[:3]]
        if len(shares) < 3 or not any(shares):
            return super().sentence(found)
        return _("The first has %(first)s of all, the first three together %(three)s.") % {
            "first": formatting.percent(shares[0]),
            "three": formatting.percent(sum(shares)),
        }
