"""One job: the figures, the users and the endpoints; its calls are read by their index."""

from dataclasses import dataclass, replace
from datetime import datetime

from stats.core.periods import Period
from stats.query import engine
from stats.query.extent import Extent, extent, whole_ledger
from stats.query.selection import Selection
from stats.query.sums import BriefSums, Sums
from stats.reports.comparison import base_of
from stats.reports.ranking import Measure, Ranking, ranking
from stats.reports.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class Job:
    """`extent` is the job's own, whatever the filters."""

    job_id: int
    extent: Extent
    summary: Summary
    users: Ranking[int, BriefSums]


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
    base = base_of(period, now, whole_ledger().extent.first)
    found = summary(own, period, base, now, ranked_in)
    users = engine.by_user_in_brief(found.selection)
    return Job(
        job_id,
        extent(Selection(job_id=job_id)),
        found,
        ranking(BriefSums, users, None, Measure.COST),
    )


def users_in_full(found: Job) -> Ranking[int, Sums]:
    """The users of a job with all that is known of their calls, which takes longer.

    Raises `engine.TooManyCallsError`.
    """
    return ranking(Sums, engine.by_user(found.summary.selection), None, Measure.COST)
