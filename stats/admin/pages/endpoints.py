"""The endpoints' leaderboard: what each cost, how often it failed, how long it took."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext_lazy

from stats.admin.components import tables
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage
from stats.admin.sheets import rankings
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.endpoints import timed
from stats.reports.leaderboard import Standings
from stats.reports.ranking import Measure


class EndpointsPage(LeaderboardPage):
    path = "reports/endpoints/"
    name = "reports_endpoints"
    title = gettext_lazy("Endpoints")
    template_name = "admin/reports/endpoints.html"
    has_times = True
    measures = (Measure.COST, Measure.CALLS, Measure.FAILURES)
    own_parameters = {"rank": measures, "ranked_in": None}
    sheets = (Sheet("endpoints", title, rankings.endpoints_leaderboard),)

    def group(self) -> Callable[[Selection], Mapping[str, Mapping[str, Sums]]]:
        return engine.by_endpoint_per_currency

    def table(self, found: Standings[str], calls: Address) -> tables.Table:
        return tables.endpoints(timed(found.ranking, found.selection), calls, tables.MOST)
