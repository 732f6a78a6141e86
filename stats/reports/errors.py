"""The failures of a period by kind, beside all calls."""

from dataclasses import dataclass

from stats.query import engine
from stats.query.failures import FailureGroup, failure_groups, failures_of
from stats.query.request import ReportRequest
from stats.query.sums import Sums


@dataclass(frozen=True, slots=True)
class Errors:
    """`groups`, the most frequent first, add up to the failures of `total`."""

    total: Sums
    groups: tuple[FailureGroup, ...]


def errors(request: ReportRequest) -> Errors:
    """The failures of the period, or those of one kind. Raises `engine.TooManyCallsError`."""
    selection = request.selection
    if request.failure is not None:
        # The rollup of failures has their number alone.
        group = failures_of(selection, request.failure)
        return Errors(Sums(calls=group.failures), (group,)) if group else Errors(Sums(), ())
    total = engine.total(selection)
    return Errors(total, tuple(failure_groups(selection)) if total.failures else ())
