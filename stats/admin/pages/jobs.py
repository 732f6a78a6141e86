"""The leaderboard of jobs, read from their calls: of a period with too many of them, none."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy

from stats.admin.components.empty_state import EmptyState, too_many_for_jobs
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.query import engine
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.ranking import Measure


def _by_job(selection: Selection) -> Mapping[int | None, Mapping[str, Sums]]:
    return engine.by_job_per_currency(selection, most_calls=settings.MOST_CALLS_OF_JOBS)


class JobsPage(LeaderboardPage):
    path = "reports/jobs/"
    name = "reports_jobs"
    title = gettext_lazy("Jobs")
    group = staticmethod(_by_job)
    # Of fewer calls: the page would read twice as many.
    group_before = staticmethod(engine.by_job_per_currency)
    table = staticmethod(rankings.jobs_leaderboard)
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("jobs", title, lambda found: rankings.jobs_leaderboard(found).in_full()),)

    def too_many(self, request: ReportRequest, address: Address) -> EmptyState:
        return too_many_for_jobs(request, address)
