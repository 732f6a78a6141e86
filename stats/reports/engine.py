"""The one reader of aggregates: a selection and a dimension in, sums per group out."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from stats.periods import HOUR
from stats.reports.asking import TooManyCallsError, answer
from stats.reports.dimensions import Dimension, SumsQuestion
from stats.reports.selection import Selection
from stats.reports.sums import Sums, SumsReader, in_currency
from stats.sql import FIRST_HOUR

__all__ = [
    "TooManyCallsError",
    "by_day",
    "by_endpoint",
    "by_endpoint_per_currency",
    "by_job",
    "by_user",
    "by_user_per_currency",
    "calls_by_hour",
    "total",
]


def total(selection: Selection) -> Sums:
    """The sums over all calls of the selection."""
    return _sums(SumsQuestion(selection, Dimension.NONE)).get(0, Sums())


def by_user(selection: Selection, *, in_brief: bool = False) -> dict[int, Sums]:
    """Per user id; in brief only calls, tokens in total and costs, the rest 0."""
    return _sums(SumsQuestion(selection, Dimension.USER, in_brief))


def by_user_per_currency(
    selection: Selection, *, in_brief: bool = False
) -> dict[int, dict[str, Sums]]:
    """The same, the calls of each currency apart."""
    return _sums_per_currency(SumsQuestion(selection, Dimension.USER, in_brief))


def by_job(selection: Selection, *, in_brief: bool = False) -> dict[int | None, Sums]:
    """Per job id, None for calls without a job; in brief as in `by_user`.

    Raises `TooManyCallsError`.
    """
    return _sums(SumsQuestion(selection, Dimension.JOB, in_brief))


def by_endpoint(selection: Selection) -> dict[str, Sums]:
    """Per endpoint, exact but for trailing blanks."""
    return _sums(SumsQuestion(selection, Dimension.ENDPOINT))


def by_endpoint_per_currency(selection: Selection) -> dict[str, dict[str, Sums]]:
    """The same, the calls of each currency apart."""
    return _sums_per_currency(SumsQuestion(selection, Dimension.ENDPOINT))


def by_day(selection: Selection) -> dict[date, Sums]:
    """Per local day of TIME_ZONE that has calls, ascending; calls without a time are in none."""
    found = _sums(SumsQuestion(selection, Dimension.DAY))
    # Not every database has dates.
    return dict(sorted((date.fromisoformat(str(day)), sums) for day, sums in found.items()))


def calls_by_hour(selection: Selection) -> dict[datetime, int]:
    """How many calls there are in each hour of the column's clock, by its naive beginning; calls
    without a time are in none."""
    found = _sums(SumsQuestion(selection, Dimension.HOUR, in_brief=True))
    return {FIRST_HOUR + hour * HOUR: sums.calls for hour, sums in found.items()}


def _sums(question: SumsQuestion) -> dict[Any, Sums]:
    """Raises `TooManyCallsError` where only the calls could tell, and they are too many."""
    return in_currency(_sums_per_currency(question), None)


def _sums_per_currency(question: SumsQuestion) -> dict[Any, dict[str, Sums]]:
    """The same, the calls of each currency apart."""
    found: defaultdict[Any, dict[str, Sums]] = defaultdict(dict)
    reader = SumsReader(question.figures)
    for calls, key, currency, *others in answer(question):
        # What was taken away whole is no group.
        if calls:
            found[key][currency] = reader.read(currency, (calls, *others))
    return dict(found)
