"""The one reader of aggregates: a selection and a dimension in, sums per group out."""

from collections import defaultdict
from datetime import date
from typing import Any

from stats.reports.asking import TooManyCallsError, answer
from stats.reports.dimensions import Dimension, SumsQuestion
from stats.reports.selection import Selection
from stats.reports.sums import Sums, Tally

__all__ = [
    "TooManyCallsError",
    "by_day",
    "by_endpoint",
    "by_job",
    "by_user",
    "total",
]


def total(selection: Selection) -> Sums:
    """The sums over all calls of the selection."""
    return _sums(SumsQuestion(selection, Dimension.NONE)).get(0, Sums())


def by_user(selection: Selection, *, in_brief: bool = False) -> dict[int, Sums]:
    """Per user id; in brief only calls, tokens in total and costs, the rest 0."""
    return _sums(SumsQuestion(selection, Dimension.USER, in_brief))


def by_job(selection: Selection, *, in_brief: bool = False) -> dict[int | None, Sums]:
    """Per job id, None for calls without a job; in brief as in `by_user`.

    Raises `TooManyCallsError`.
    """
    return _sums(SumsQuestion(selection, Dimension.JOB, in_brief))


def by_endpoint(selection: Selection) -> dict[str, Sums]:
    """Per endpoint, exact but for trailing blanks."""
    return _sums(SumsQuestion(selection, Dimension.ENDPOINT))


def by_day(selection: Selection) -> dict[date, Sums]:
    """Per local day of TIME_ZONE that has calls, ascending; calls without a time are in none."""
    return dict(sorted(_sums(SumsQuestion(selection, Dimension.DAY)).items()))


def _sums(question: SumsQuestion) -> dict[Any, Sums]:
    """Raises `TooManyCallsError` where only the calls could tell, and they are too many."""
    tallies: defaultdict[Any, Tally] = defaultdict(lambda: Tally(question.counters))
    for sign, first, key, currency, success, cost_kind, *others in answer(question):
        tallies[key].add((currency, success, cost_kind), (first, *others), sign)
    sums = {key: tally.sums for key, tally in tallies.items()}
    # A group that was taken away whole is none.
    return {key: found for key, found in sums.items() if found.calls}
