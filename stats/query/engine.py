"""The one reader of aggregates: a selection in, sums per group out.

Each raises `TooManyCallsError` if it would have to read too many calls.
"""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from stats.core.periods import HOUR
from stats.db.expressions import FIRST_HOUR
from stats.query.answer import TooManyCallsError as TooManyCallsError
from stats.query.answer import answer, are_told_by_sums
from stats.query.dimensions import Dimension, SumsQuestion
from stats.query.selection import Selection
from stats.query.sums import AnySums, BriefSums, Reader, Sums, in_currency, read, read_brief


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


def by_job(selection: Selection) -> dict[int | None, Sums]:
    """Per job id, None for calls without a job."""
    return in_currency(_in_full(selection, Dimension.JOB), None)


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


def calls_by_hour(selection: Selection) -> dict[datetime, int]:
    """The number of calls per hour of the column's clock, by its naive start."""
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
