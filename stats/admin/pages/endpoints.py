"""The endpoints' leaderboard: what each cost, how often it failed, how long it took."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext_lazy

from stats.admin import sheets, tables
from stats.admin.files import Sheet
from stats.admin.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage
from stats.reports import engine
from stats.reports.endpoints import timed
from stats.reports.leaderboard import Measure
from stats.reports.selection import Selection
from stats.reports.standings import Standings
from stats.reports.sums import Sums


class EndpointsPage(LeaderboardPage):
    path = "reports/endpoints/"
    name = "reports_endpoints"
    title = gettext_lazy("Endpoints")
    template_name = "admin/reports/endpoints.html"
    has_times = True
    measures = (Measure.COST, Measure.CALLS, Measure.FAILURES)
    own_parameters = {"rank": measures, "ranked_in": None}
    sheets = (Sheet("endpoints", title, sheets.endpoints_leaderboard),)

    def group(self) -> Callable[[Selection], Mapping[str, Sums]]:
        return engine.by_endpoint

    def table(self, found: Standings[str], calls: Address) -> tables.Table:
        return tables.endpoints(timed(found.ranking, found.selection), calls, tables.MOST)
