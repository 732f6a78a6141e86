"""One endpoint: figures, and the users that call it."""

from dataclasses import dataclass

from stats.query import engine
from stats.query.request import ReportRequest
from stats.query.sums import BriefSums
from stats.reports.ranking import Ranking, ranking
from stats.reports.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The figures of an endpoint, and its users by cost."""

    summary: Summary
    users: Ranking[int, BriefSums]


def endpoint(request: ReportRequest) -> Endpoint:
    """The endpoint that the request selects. Raises `engine.TooManyCallsError`."""
    found = summary(request, request.base())
    users = ranking(BriefSums, engine.by_user_in_brief(found.selection))
    return Endpoint(found, users)
