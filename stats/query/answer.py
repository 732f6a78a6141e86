"""How a question is answered from sums and calls: one plan for totals, histograms and failures.

Each question is one statement, one snapshot of the database, made of `stats.query.plan`. So it
equals the same question asked of all calls, at any moment. What the sums do not tell (a job, a
response time) is asked of the calls, along an index and within a bound.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import IntegerField, Value

from stats.db import sql
from stats.db.statements import Rows, Statement, compiled, union
from stats.models import APIUsageStats, FoldState
from stats.query.plan import CALLS, parts_of_calls, parts_of_sums
from stats.query.question import ABOUT, Question
from stats.query.selection import Selection
from stats.rollups.counters import MOST_IN_FLOATS
from stats.rollups.folding import forget_opened_books, open_books, reading_time
from stats.rollups.state import STATE_ID, Books, edition
from stats.rollups.texts import CURRENCIES, ENDPOINTS

# What a row is about that tells no calls, but which edition of the books it is of.
EDITIONS = 0


class TooManyCallsError(Exception):
    """The question would read more calls than a page may wait for: narrow it."""


def answer(question: Question) -> list[tuple[Any, ...]]:
    """Rows of the question's columns, all parts together; of an additive question added up.

    Raises `TooManyCallsError` where only the calls could tell, and they are too many.
    """
    while True:
        books = open_books()
        parts = [*_parts(question, books, reading_time()), _edition(len(question.columns))]
        found = _together(question, parts)
        if sum(row[1] for row in found if row[0] == EDITIONS) != books.edition:
            # Days were purged since the books were opened, whose calls may have been asked for, or
            # the last number was given to an endpoint.
            forget_opened_books()
        elif question.floats and any(row[-1] > MOST_IN_FLOATS for row in found):
            # More calls than floats are sure to be exact for.
            question = question.exactly
        else:
            end = len(question.columns) + 1
            return [row[1:end] for row in found if row[0] == CALLS]


def _together(question: Question, parts: Sequence[Statement]) -> Rows:
    rows = union(parts)
    if question.is_additive:
        columns = (ABOUT, *question.columns)
        rows = sql.added_up(rows, columns, question.numbers, question.floats)
    return rows.rows()


def are_told_apart(selection: Selection, books: Books) -> bool:
    """Whether the sums know the endpoint and the currency of a selection from others."""
    given = (
        (ENDPOINTS, selection.endpoint, books.has_other_endpoints),
        (CURRENCIES, selection.currency, books.has_other_currencies),
    )
    return all(
        text is None or not has_others or texts.has_number(text)
        for texts, text, has_others in given
    )


def refuse_too_many(selection: Selection) -> None:
    """Raises `TooManyCallsError` where an index leads to more calls than a page reads."""
    read = selection.read_by_index.narrow(APIUsageStats.objects.order_by())
    if read[: settings.MOST_CALLS_READ + 1].count() > settings.MOST_CALLS_READ:
        raise TooManyCallsError


def _parts(question: Question, books: Books, now: datetime) -> Iterator[Statement]:
    is_known = question.is_known_to_sums and are_told_apart(question.selection, books)
    grains = question.grains(books) if is_known else None
    if grains is None:
        refuse_too_many(question.selection)
    elif books.are_usable:
        return parts_of_sums(question, grains, books, now)
    return parts_of_calls(question)


@cache
def _edition(columns: int) -> Statement:
    """A row that tells, in the same snapshot, what the books are by then."""
    empty = {f"empty_{n}": Value(None, IntegerField()) for n in range(columns - 1)}
    states = FoldState.objects.filter(pk=STATE_ID).annotate(
        **{ABOUT: Value(EDITIONS, IntegerField())}, **empty
    )
    return compiled(states.annotate(edition=edition()).values_list(ABOUT, "edition", *empty))
