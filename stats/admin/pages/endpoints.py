"""The endpoints' leaderboard: what each cost, how often it failed, how long it took."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import tables
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.endpoints import timed
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure
from stats.tables.html import DrawnTable


class EndpointsPage(LeaderboardPage):
    path = "reports/endpoints/"
    name = "reports_endpoints"
    title = gettext_lazy("Endpoints")
    has_times = True
    measures = (Measure.COST, Measure.CALLS, Measure.FAILURES)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("endpoints", title, rankings.endpoints_leaderboard),)

    def group(self) -> Callable[[Selection], Mapping[str, Mapping[str, Sums]]]:
        return engine.by_endpoint_per_currency

    def table(self, found: Leaderboard[str], calls: Address) -> tables.Table:
        endpoints = timed(found.ranking, found.selection)
        text = ngettext("%(count)s endpoint", "%(count)s endpoints", len(found.ranking.present))
        total = replace(tables.counted(text, found.ranking), times=endpoints.all_times)
        targets = tables.of_endpoints(calls, endpoints.times)
        return tables.table(found.ranking, targets, total, tables.MOST)

    def drawn(self, found: Leaderboard[str], table: tables.Table) -> DrawnTable:
        return rankings.drawn_endpoints_leaderboard(found, table)
