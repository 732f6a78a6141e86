"""One user: figures, rank among all users, endpoints and jobs."""

from dataclasses import dataclass

from stats.query import engine
from stats.query.extent import Extent, extent
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import BriefSums
from stats.reports.figures import within
from stats.reports.ranking import Ranking, Row, ranking
from stats.reports.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class UserReport:
    """`extent` is over all time; `place` is None without calls in the period."""

    extent: Extent
    summary: Summary
    place: Row[int, BriefSums] | None
    active_users: int
    # None if there are too many calls to read.
    jobs: Ranking[int | None, BriefSums] | None


def user_report(user_id: int, request: ReportRequest) -> UserReport:
    """The page of `user_id`; the request says which calls of everybody count."""
    base = request.base()
    found = summary(request.narrowed(user_ids=(user_id,)), base)
    in_currency = within(request.selection, found.ranked_in)
    everybody = ranking(BriefSums, engine.by_user_in_brief(in_currency))
    jobs = engine.unless_too_many(engine.by_job_in_brief, found.selection)
    return UserReport(
        extent(Selection(user_ids=(user_id,))),
        found,
        next((row for row in everybody.rows if row.key == user_id), None),
        len(everybody.rows),
        None if jobs is None else ranking(BriefSums, jobs),
    )
