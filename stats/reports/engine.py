"""The one reader of aggregates: a selection and a dimension in, sums per group out.

Each question is one statement, one snapshot of the database: sums of whole days and months, plus
the calls behind the sums (`id > folded_to`), plus and minus the calls on days that the range cuts
(`id <= folded_to`). So it equals the same question asked of all calls, at any moment. What the
sums do not tell (a job, a response time) is asked of the calls, along an index and within a bound.
"""

from collections import defaultdict
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from stats.counters import COUNTERS
from stats.models import APIUsageStats
from stats.reports.coverage import cover, widened
from stats.reports.parts import Dimension, Part, Question, of_calls, of_sums_and_calls
from stats.reports.selection import Selection
from stats.reports.sums import Sums, Tally
from stats.rollups.folding import open_books
from stats.rollups.state import Books
from stats.zones import reading_zone


class TooManyCallsError(Exception):
    """The question would read more calls than a page may wait for: narrow it."""


# Enough to rank and to say what it cost; the fewer counters, the quicker a long ranking.
CALLS_TOKENS_AND_COST = ("calls", "total_tokens", "cost_units", "costed_calls")


def total(selection: Selection) -> Sums:
    """The sums over all calls of the selection."""
    return _answer(Question(selection, Dimension.NONE)).get(0, Sums())


def by_user(selection: Selection, counters: tuple[str, ...] = tuple(COUNTERS)) -> dict[int, Sums]:
    """Per user id; counters that are not among `counters` are 0."""
    return _answer(Question(selection, Dimension.USER, counters))


def by_job(selection: Selection) -> dict[int | None, Sums]:
    """Per job id; None for calls without a job."""
    return _answer(Question(selection, Dimension.JOB))


def by_endpoint(selection: Selection) -> dict[str, Sums]:
    """Per endpoint, exact but for trailing blanks."""
    return _answer(Question(selection, Dimension.ENDPOINT))


def by_day(selection: Selection) -> dict[date, Sums]:
    """Per local day of TIME_ZONE that has calls, ascending; calls without a time are in none."""
    return dict(sorted(_answer(Question(selection, Dimension.DAY)).items()))


def _answer(question: Question) -> dict[Any, Sums]:
    """Raises `TooManyCallsError` where only the calls could tell, and they are too many."""
    # The clock only says whether new calls have been there long enough to be folded now.
    first, *others = _parts(question, open_books(timezone.now()))
    tallies: defaultdict[Any, Tally] = defaultdict(lambda: Tally(question.counters))
    for key, currency, success, sign, *counted in first.union(*others, all=True):
        tallies[key].add(currency, bool(success), counted, sign)
    sums = {key: tally.sums for key, tally in tallies.items()}
    # A day that was subtracted whole is no day with calls.
    return {key: found for key, found in sums.items() if found.calls}


def _parts(question: Question, books: Books) -> list[Part]:
    selection = question.selection
    if question.by is Dimension.JOB or not selection.is_about_sums:
        refuse_too_many(selection)
        return of_calls(question)
    if not books.are_usable:
        return of_calls(question)
    range = widened(selection.range, books.purged_before, reading_zone())
    return of_sums_and_calls(question.during(range), cover(range, reading_zone()))


def refuse_too_many(selection: Selection) -> None:
    """Raises `TooManyCallsError` where an index leads to more calls than a page reads."""
    read = selection.read_by_index.narrow(APIUsageStats.objects.order_by())
    if read[: settings.MOST_CALLS_READ + 1].count() > settings.MOST_CALLS_READ:
        raise TooManyCallsError
