"""The leaderboard of endpoints, with their response times."""

from django.utils.translation import gettext_lazy

from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.query import engine
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure


class EndpointsPage(LeaderboardPage):
    path = "reports/endpoints/"
    name = "reports_endpoints"
    title = gettext_lazy("Endpoints")
    group = staticmethod(engine.by_endpoint_per_currency)
    has_times = True
    measures = (Measure.COST, Measure.CALLS, Measure.FAILURES)
    own_parameters = ranked_by(measures)
    sheets = (
        Sheet("endpoints", title, lambda found: rankings.endpoints_leaderboard(found).in_full()),
    )

    def table(self, found: Leaderboard[str], address: Address, calls: Address) -> RankingTable:
        return rankings.endpoints_leaderboard(found, calls)
