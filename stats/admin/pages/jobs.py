"""The leaderboard of jobs. There may be very many: a page reads the first of them, a file all."""

from typing import Any

from django.utils.translation import gettext_lazy

from stats.admin.components import tables
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.query import engine
from stats.query.first import are_ranked_by_sums
from stats.query.request import ReportRequest
from stats.reports.first_jobs import leaderboard_of_first_jobs
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure


class JobsPage(LeaderboardPage):
    path = "reports/jobs/"
    name = "reports_jobs"
    title = gettext_lazy("Jobs")
    group = staticmethod(engine.by_job_per_currency)
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("jobs", title, lambda found: rankings.jobs_leaderboard(found).in_full()),)

    def found(self, request: ReportRequest, measure: Measure) -> Leaderboard[Any]:
        if self.file_format or not are_ranked_by_sums(request.selection):
            return super().found(request, measure)
        # One more is shown instead of a single other.
        return leaderboard_of_first_jobs(request, measure, tables.MOST + 1)

    def table(self, found: Leaderboard[Any], address: Address, calls: Address) -> RankingTable:
        return rankings.jobs_leaderboard(found, calls)
