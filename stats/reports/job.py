"""One job: the figures, the users and the endpoints; its calls are read by their index."""

from dataclasses import dataclass

from stats.query import engine
from stats.query.extent import Extent, extent, whole_ledger
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import BriefSums, Sums
from stats.reports.ranking import Measure, Ranking, ranking
from stats.reports.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class Job:
    """`extent` is the job's own, whatever the filters."""

    job_id: int
    extent: Extent
    summary: Summary
    users: Ranking[int, BriefSums]


def job(job_id: int, request: ReportRequest) -> Job:
    """The page of `job_id`; the request says which of its calls count.

    Raises `engine.TooManyCallsError`.
    """
    base = request.base(whole_ledger().extent.first)
    found = summary(request.narrowed(job_id=job_id), base)
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
