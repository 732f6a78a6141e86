"""One job: figures, users and endpoints, read from its calls by index."""

from dataclasses import dataclass

from stats.query import engine
from stats.query.extent import Extent, extent
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import BriefSums
from stats.reports.ranking import Ranking, ranking
from stats.reports.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class Job:
    """`extent` is the job's own, whatever the filters."""

    extent: Extent
    summary: Summary
    users: Ranking[int, BriefSums]


def job(job_id: int, request: ReportRequest) -> Job:
    """The page of `job_id`; the request says which of its calls count.

    Raises `engine.TooManyCallsError`.
    """
    base = request.base()
    found = summary(request.narrowed(job_id=job_id), base)
    users = ranking(BriefSums, engine.by_user_in_brief(found.selection))
    return Job(extent(Selection(job_id=job_id)), found, users)
