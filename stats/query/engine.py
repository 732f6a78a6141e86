"""The one reader of aggregates: a selection in, sums per group out.

Each question raises `TooManyCallsError` if it would have to read too many calls.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from stats.core.periods import HOUR
from stats.db.expressions import FIRST_HOUR
from stats.query.answer import TooManyCallsError as TooManyCallsError
from stats.query.answer import answer, are_told_by_sums
from stats.query.dimensions import Dimension, SumsQuestion
from stats.query.selection import Selection
from stats.query.sums import AnySums, BriefSums, Reader, Sums, in_currency, read, read_brief

Answer = TypeVar("Answer")


def unless_too_many(ask: Callable[[Selection], Answer], selection: Selection) -> Answer | None:
    """The answer; None if too many calls would have to be read."""
    try:
        return ask(selection)
    except TooManyCallsError:
        return None


def total(selection: Selection) -> Sums:
    """Over all calls."""
    return in_currency(_in_full(selection, Dimension.NONE), None).get(0, Sums())


def by_user(selection: Selection) -> dict[int, Sums]:
    """Per user id."""
    return in_currency(by_user_per_currency(selection), None)


def by_user_in_brief(selection: Selection) -> dict[int, BriefSums]:
    """Per user id, in less time."""
    return in_currency(by_user_per_currency_in_brief(selection), None)


def by_user_per_currency(selection: Selection) -> dict[int, dict[str, Sums]]:
    """Per user id, the calls of each currency apart."""
    return _in_full(selection, Dimension.USER)


def by_user_per_currency_in_brief(selection: Selection) -> dict[int, dict[str, BriefSums]]:
    """The same, in less time."""
    return _in_brief(selection, Dimension.USER)


def by_membership(selection: Selection) -> dict[int, Sums]:
    """Per id of a `Membership`; per user id below zero for their days without a group."""
    return in_currency(_in_full(selection, Dimension.MEMBERSHIP), None)


def by_job(selection: Selection) -> dict[int | None, Sums]:
    """Per job id, None for calls without a job."""
    return in_currency(by_job_per_currency(selection), None)


def by_job_per_currency(selection: Selection) -> dict[int | None, dict[str, Sums]]:
    """The same, the calls of each currency apart."""
    return _in_full(selection, Dimension.JOB)


def of_jobs_per_currency(
    selection: Selection, jobs: Sequence[int | None]
) -> dict[int | None, dict[str, Sums]]:
    """The same of these jobs alone."""
    if not jobs:
        return {}
    some = tuple(dict.fromkeys(jobs))
    return _per_currency(SumsQuestion(selection, Dimension.JOB, jobs=some), read)


def by_job_in_brief(selection: Selection) -> dict[int | None, BriefSums]:
    """The same, in less time."""
    return in_currency(_in_brief(selection, Dimension.JOB), None)


def by_endpoint(selection: Selection) -> dict[str, Sums]:
    """Per endpoint; trailing blanks do not count."""
    return in_currency(by_endpoint_per_currency(selection), None)


def by_endpoint_per_currency(selection: Selection) -> dict[str, dict[str, Sums]]:
    """The same, the calls of each currency apart."""
    return _in_full(selection, Dimension.ENDPOINT)


def by_day(selection: Selection) -> dict[date, Sums]:
    """Per local day of TIME_ZONE with calls, ascending; without the calls that have no time."""
    found = in_currency(_in_full(selection, Dimension.DAY), None)
    # SQLite has no dates.
    return dict(sorted((date.fromisoformat(str(day)), sums) for day, sums in found.items()))


def has_sums_by_day(selection: Selection) -> bool:
    """Whether the rollups tell `by_day`: then a year takes little longer than a month."""
    return are_told_by_sums(SumsQuestion(selection, Dimension.DAY))


def by_hour(selection: Selection) -> dict[datetime, Sums]:
    """Per hour of the column's clock, by its naive start; without the calls that have no time."""
    found = in_currency(_in_full(selection, Dimension.HOUR), None)
    return {FIRST_HOUR + hour * HOUR: sums for hour, sums in found.items()}


def calls_by_hour(selection: Selection) -> dict[datetime, int]:
    """The number of calls of each, in less time."""
    found = in_currency(_in_brief(selection, Dimension.HOUR), None)
    return {FIRST_HOUR + hour * HOUR: sums.calls for hour, sums in found.items()}


def _in_full(selection: Selection, by: Dimension) -> dict[Any, dict[str, Sums]]:
    return _per_currency(SumsQuestion(selection, by), read)


def _in_brief(selection: Selection, by: Dimension) -> dict[Any, dict[str, BriefSums]]:
    return _per_currency(SumsQuestion(selection, by, in_brief=True), read_brief)


def _per_currency(question: SumsQuestion, read: Reader[AnySums]) -> dict[Any, dict[str, AnySums]]:
    found: defaultdict[Any, dict[str, AnySums]] = defaultdict(dict)
    for calls, key, currency, *others in answer(question):
        # Nothing is left where all was subtracted.
        if calls:
            found[key][currency] = read(currency, (calls, *others))
    return dict(found)
