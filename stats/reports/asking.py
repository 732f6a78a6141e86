"""How a question is answered from sums and calls: one plan for totals, histograms and failures.

Each question is one statement, one snapshot of the database: sums of months and whole days, plus
the calls behind the sums (`id > folded_to`), plus and minus the calls on days that the range cuts
(`id <= folded_to`). So it equals the same question asked of all calls, at any moment. What the
sums do not tell (a job, a response time) is asked of the calls, along an index and within a bound.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import BigIntegerField, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from stats import sql
from stats.models import APIUsageStats, FoldState
from stats.periods import Range
from stats.reports.coverage import PLUS, Days, cover, widened
from stats.reports.selection import Selection
from stats.rollups.folding import forget_opened_books, open_books
from stats.rollups.state import STATE_ID, Books
from stats.zones import reading_zone

# Rows of (sign, number, …), to be joined by UNION ALL; `PURGES` is the sign of no call.
Part = QuerySet[Any]
PURGES = 0
FOLDED_TO = Coalesce(
    Subquery(FoldState.objects.filter(pk=STATE_ID).values("folded_to")),
    0,
    output_field=BigIntegerField(),
)


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
        """What each row of a part holds: the sign, a number, and whatever else."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Those of the columns that are added up over all parts, times their sign."""
        return self.columns[1:2]

    @property
    @abstractmethod
    def is_known_to_sums(self) -> bool:
        """Whether the rollups know all that the selection asks about."""

    @property
    @abstractmethod
    def grains(self) -> tuple[type[Model], type[Model] | None]:
        """The rollup by day, and the one by month where there is one."""

    @abstractmethod
    def of_sums(self, grain: type[Model], when: Q, sign: int) -> Part:
        """From the rows `when` of a rollup."""

    @abstractmethod
    def of_calls(self, calls: QuerySet[APIUsageStats], range: Range, sign: int) -> Part:
        """From calls, all of which lie in a range."""

    def on_days(self, days: Days, column: str, known: Days) -> Q:
        """Which rows of a rollup, keyed by day or month in `column`, lie on days; `known` are
        those that have sums now."""
        return days.condition(column)


def answer(question: Question) -> list[tuple[Any, ...]]:
    """The rows of all parts; of an additive question added up by the database, each then with the
    sign `PLUS`. Raises `TooManyCallsError` where only the calls could tell, and they are too many.
    """
    while True:
        # The clock says what lies ahead, and whether new calls may be folded now.
        now = timezone.now()
        books = open_books(now)
        first, *others = _parts(question, books, now)
        parts = first.union(*others, _purges(len(question.columns)), all=True)
        found = (
            sql.added_up(parts, question.columns, question.numbers)
            if question.is_additive
            else list(parts)
        )
        if sum(row[1] for row in found if row[0] == PURGES) == books.purges:
            return [row for row in found if row[0] != PURGES]
        # Days were purged since the books were opened: their calls may have been asked for.
        forget_opened_books()


def refuse_too_many(selection: Selection) -> None:
    """Raises `TooManyCallsError` where an index leads to more calls than a page reads."""
    read = selection.read_by_index.narrow(APIUsageStats.objects.order_by())
    if read[: settings.MOST_CALLS_READ + 1].count() > settings.MOST_CALLS_READ:
        raise TooManyCallsError


def _parts(question: Question, books: Books, now: datetime) -> Iterator[Part]:
    selection = question.selection
    if not question.is_known_to_sums:
        refuse_too_many(selection)
    if not (question.is_known_to_sums and books.are_usable):
        yield _of_calls(question, selection.range, Q())
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
        yield question.of_sums(by_month, question.on_days(coverage.months, "month", known), PLUS)
    for days, sign in coverage.days:
        yield question.of_sums(by_day, question.on_days(days, "day", known), sign)
    yield _of_calls(question, range, Q(pk__gt=FOLDED_TO))
    for edge, sign in coverage.edges:
        yield _of_calls(question, edge, Q(pk__lte=FOLDED_TO), sign)


def _of_calls(question: Question, range: Range, which: Q, sign: int = PLUS) -> Part:
    calls = APIUsageStats.objects.filter(which).order_by()
    return question.of_calls(question.selection.during(range).narrow(calls), range, sign)


def _purges(columns: int) -> Part:
    """A row that tells, in the same snapshot, how often calls were purged."""
    empty = {f"empty_{n}": Value(None, IntegerField()) for n in range(columns - 2)}
    states = FoldState.objects.filter(pk=STATE_ID).annotate(
        sign_=Value(PURGES, IntegerField()), **empty
    )
    return states.values_list("sign_", "purges", *empty)
