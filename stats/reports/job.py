"""One job: the figures, the users and the endpoints; its calls are read by their index."""

from dataclasses import dataclass, replace
from datetime import datetime

from stats.periods import Period
from stats.reports import engine
from stats.reports.comparison import base_of
from stats.reports.endpoints import Endpoints, endpoints
from stats.reports.extent import Extent, extent
from stats.reports.figures import Figures, currency_to_rank_in, figures, within
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Job:
    """`extent` is the job's own, whatever the filters."""

    job_id: int
    extent: Extent
    figures: Figures
    ranked_in: str | None
    users: Ranking[int]
    endpoints: Endpoints


def job(
    job_id: int,
    selection: Selection,
    period: Period,
    now: datetime,
    ranked_in: str | None = None,
) -> Job:
    """The page of `job_id`; `selection` says which of its calls count.

    Raises `engine.TooManyCallsError`.
    """
    own = replace(selection, job_id=job_id)
    base = base_of(period, now, extent(Selection()).first)
    of_period = figures(own, period, base, now)
    currency = currency_to_rank_in(of_period.currencies, ranked_in)
    narrowed = within(own, currency)
    return Job(
        job_id,
        extent(Selection(job_id=job_id)),
        of_period,
        currency,
        ranking(engine.by_user(narrowed, in_brief=True), None, Measure.COST),
        endpoints(narrowed),
    )
