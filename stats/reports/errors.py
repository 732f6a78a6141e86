"""What failed in a period: the kinds of failures, beside all calls."""

from dataclasses import dataclass

from stats.reports import engine
from stats.reports.failures import FailureGroup, failure_groups
from stats.reports.selection import Selection
from stats.reports.sums import Sums


@dataclass(frozen=True, slots=True)
class Errors:
    """`groups`, the most frequent first, make up the failures of `total`."""

    total: Sums
    groups: tuple[FailureGroup, ...]


def errors(selection: Selection) -> Errors:
    """The failures of `selection`. Raises `engine.TooManyCallsError`."""
    total = engine.total(selection)
    return Errors(total, tuple(failure_groups(selection)) if total.failures else ())
