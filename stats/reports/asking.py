"""How a question is answered from sums and calls: one plan for totals, histograms and failures.

Each question is one statement, one snapshot of the database: sums of months and whole days, plus
the calls behind the sums (`id > folded_to`), plus and minus the calls on days that the range cuts
(`id <= folded_to`). So it equals the same question asked of all calls, at any moment. What the
sums do not tell (a job, a response time) is asked of the calls, along an index and within a bound.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import BigIntegerField, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from stats import sql
from stats.local_days import NO_OFFSET, Offsets, is_within
from stats.models import APIUsageStats, FoldState
from stats.periods import ALL_TIME, Range
from stats.reports.coverage import PLUS, Days, cover, widened
from stats.reports.selection import Selection
from stats.rollups.folding import forget_opened_books, open_books
from stats.rollups.state import STATE_ID, Books
from stats.statements import OPEN_CONDITION, Statement, compiled, condition, union
from stats.zones import reading_zone

# The first column of all parts, which are joined by UNION ALL: what a row is about.
ABOUT = "about_"
CALLS, PURGES = 1, 0
# Parts that are kept compiled: of each selection that is asked about, some ten.
MOST_COMPILED = 500
FOLDED_TO = Coalesce(
    Subquery(FoldState.objects.filter(pk=STATE_ID).values("folded_to")),
    0,
    output_field=BigIntegerField(),
)
# Which calls: all, those behind the sums, those in them.
ALL, NEWER, FOLDED = Q(), Q(pk__gt=FOLDED_TO), Q(pk__lte=FOLDED_TO)


class TooManyCallsError(Exception):
    """The question would read more calls than a page may wait for: narrow it."""


@dataclass(frozen=True, slots=True)
class Question(ABC):
    """Which calls are asked about; a subclass says how sums and calls tell the answer."""

    selection: Selection

    # Whether what is told of a part of a day can be taken away from what is told of the day.
    is_additive: ClassVar[bool] = True

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """What each row of a part holds: a number first, then whatever else."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Those of the columns that are added up over all parts."""
        return self.columns[:1]

    @property
    @abstractmethod
    def is_known_to_sums(self) -> bool:
        """Whether the rollups know all that the selection asks about."""

    @property
    @abstractmethod
    def grains(self) -> tuple[type[Model], type[Model] | None]:
        """The rollup by day, and the one by month where there is one."""

    @abstractmethod
    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """From rows of a rollup: groups that have `columns`."""

    @abstractmethod
    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        """The same from calls, in a range that has these `offsets`."""

    def offsets(self, range: Range) -> Offsets:
        """How far local time is ahead of the column's in a range, if that matters."""
        return NO_OFFSET

    def on_days(self, days: Days, column: str, known: Days) -> Q:
        """Which rows of a rollup, keyed by day or month in `column`, lie on days; `known` are
        those that have sums now."""
        return days.condition(column)


def answer(question: Question) -> list[tuple[Any, ...]]:
    """Rows of the question's columns, all parts together; of an additive question added up.

    Raises `TooManyCallsError` where only the calls could tell, and they are too many.
    """
    while True:
        # The clock says what lies ahead, and whether new calls may be folded now.
        now = timezone.now()
        books = open_books(now)
        parts = union([*_parts(question, books, now), _purges(len(question.columns))])
        if question.is_additive:
            parts = sql.added_up(parts, (ABOUT, *question.columns), question.numbers)
        found = parts.rows()
        if sum(row[1] for row in found if row[0] == PURGES) == books.purges:
            return [row[1:] for row in found if row[0] == CALLS]
        # Days were purged since the books were opened: their calls may have been asked for.
        forget_opened_books()


def refuse_too_many(selection: Selection) -> None:
    """Raises `TooManyCallsError` where an index leads to more calls than a page reads."""
    read = selection.read_by_index.narrow(APIUsageStats.objects.order_by())
    if read[: settings.MOST_CALLS_READ + 1].count() > settings.MOST_CALLS_READ:
        raise TooManyCallsError


def _parts(question: Question, books: Books, now: datetime) -> Iterator[Statement]:
    selection = question.selection
    if not question.is_known_to_sums:
        refuse_too_many(selection)
    if not (question.is_known_to_sums and books.are_usable):
        yield _of_calls(question, selection.range, ALL)
        return
    range = widened(selection.range, books.purged_before, reading_zone())
    by_day, by_month = question.grains
    coverage = cover(
        range,
        reading_zone(),
        now,
        by_month=by_month is not None,
        may_subtract=question.is_additive,
    )
    known = Days(books.first_day, books.last_day)
    if by_month and coverage.months:
        yield _of_sums(question, by_month, question.on_days(coverage.months, "month", known), PLUS)
    for days, sign in coverage.days:
        yield _of_sums(question, by_day, question.on_days(days, "day", known), sign)
    yield _of_calls(question, range, NEWER)
    for edge, sign in coverage.edges:
        yield _of_calls(question, edge, FOLDED, sign)


def _of_sums(question: Question, grain: type[Model], when: Q, sign: int) -> Statement:
    return _compiled_of_sums(_at_any_time(question), grain, sign).where(condition(grain, when))


def _of_calls(question: Question, range: Range, which: Q, sign: int = PLUS) -> Statement:
    # Messages are long, and others each time: what names them is not kept.
    is_kept = question.selection.messages is None
    make = _compiled_of_calls if is_kept else _compiled_of_calls.__wrapped__
    part = make(_at_any_time(question), question.offsets(range), which, sign)
    return part.where(condition(APIUsageStats, is_within(range)))


def _at_any_time(question: Question) -> Question:
    return replace(question, selection=question.selection.during(ALL_TIME))


@lru_cache(maxsize=MOST_COMPILED)
def _compiled_of_sums(question: Question, grain: type[Model], sign: int) -> Statement:
    rows = grain._default_manager.filter(OPEN_CONDITION).order_by()
    return _compiled(question, question.of_sums(rows), sign)


@lru_cache(maxsize=MOST_COMPILED)
def _compiled_of_calls(question: Question, offsets: Offsets, which: Q, sign: int) -> Statement:
    calls = APIUsageStats.objects.filter(OPEN_CONDITION).filter(which).order_by()
    return _compiled(question, question.of_calls(question.selection.narrow(calls), offsets), sign)


def _compiled(question: Question, groups: QuerySet[Any], sign: int) -> Statement:
    part = groups.annotate(**{ABOUT: Value(CALLS, IntegerField())})
    columns = (ABOUT, *question.columns)
    added = compiled(part.values_list(*columns))
    return added if sign == PLUS else sql.taken_away(added, columns, question.numbers)


@cache
def _purges(columns: int) -> Statement:
    """A row that tells, in the same snapshot, how often calls were purged."""
    empty = {f"empty_{n}": Value(None, IntegerField()) for n in range(columns - 1)}
    states = FoldState.objects.filter(pk=STATE_ID).annotate(
        **{ABOUT: Value(PURGES, IntegerField())}, **empty
    )
    return compiled(states.values_list(ABOUT, "purges", *empty))
