"""The leaderboard of jobs."""

from django.utils.translation import gettext_lazy

from stats.admin.components.files import Sheet
from stats.admin.pages.leaderboard import LeaderboardPage, ranked_by
from stats.admin.sheets import rankings
from stats.query import engine
from stats.reports.ranking import Measure


class JobsPage(LeaderboardPage):
    path = "reports/jobs/"
    name = "reports_jobs"
    title = gettext_lazy("Jobs")
    group = staticmethod(engine.by_job_per_currency)
    table = staticmethod(rankings.jobs_leaderboard)
    measures = tuple(Measure)
    own_parameters = ranked_by(measures)
    sheets = (Sheet("jobs", title, lambda found: rankings.jobs_leaderboard(found).in_full()),)
