"""How a question is answered from sums and calls: one plan for totals, histograms and failures.

Each question is one statement, one snapshot of the database: sums of months and whole days, plus
the calls behind the sums (`id > folded_to`), plus and minus the calls on days that the range cuts
(`id <= folded_to`). So it equals the same question asked of all calls, at any moment. What the
sums do not tell (a job, a response time) is asked of the calls, along an index and within a bound.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import BigIntegerField, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from stats import sql
from stats.counters import MOST_IN_FLOATS
from stats.local_days import NO_OFFSET, Offsets, is_within
from stats.models import APIUsageStats, FoldState
from stats.periods import ALL_TIME, Range
from stats.reports.coverage import PLUS, Days, cover, widened
from stats.reports.selection import Selection
from stats.rollups.folding import forget_opened_books, open_books
from stats.rollups.state import STATE_ID, Books
from stats.statements import OPEN_CONDITION, Rows, Statement, compiled, condition, union
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
CALLS_TABLE = APIUsageStats._meta.db_table
# Of a part of a day; where there are more, some of its calls were recorded at another time.
MOST_IDS = 100_000
MOST_STRETCHES = 100
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

    @property
    def floats(self) -> Collection[str]:
        """Those of the numbers that are added up as floats. They must be sums over calls of what
        has ten digits, and the first number be how many calls."""
        return ()

    @property
    def exactly(self) -> "Question":
        """The same question without floats."""
        return self

    @abstractmethod
    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """From rows of a rollup: groups that have `columns`."""

    @abstractmethod
    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        """The same from calls, in a range that has these `offsets`."""

    def part(self, groups: QuerySet[Any]) -> Statement:
        """The rows of such groups: `ABOUT`, then `columns`."""
        return compiled(groups.values_list(ABOUT, *self.columns))

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
        found = _together(question, [*_parts(question, books, now), _purges(len(question.columns))])
        if sum(row[1] for row in found if row[0] == PURGES) != books.purges:
            # Days were purged since the books were opened: their calls may have been asked for.
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
    hours = tuple(_in_hours(edge) for edge, _sign in coverage.edges)
    stretches = _ids_in(hours) if selection.is_of_everybody else (None,) * len(hours)
    for (edge, sign), ids in zip(coverage.edges, stretches, strict=True):
        yield from _of_edge(question, edge, sign, ids)


def _of_sums(question: Question, grain: type[Model], when: Q, sign: int) -> Statement:
    return _compiled_of_sums(_at_any_time(question), grain, sign).where(condition(grain, when))


def _in_hours(edge: Range) -> Range:
    """In whole hours, so that a page asks for ids once an hour and not with each second."""
    return Range(
        edge.start and edge.start.replace(minute=0, second=0, microsecond=0),
        edge.end and edge.end.replace(minute=59, second=59, microsecond=0),
    )


@lru_cache(maxsize=MOST_STRETCHES)
def _ids_in(stretches: tuple[Range, ...]) -> tuple[tuple[int, int] | None, ...]:
    """Along which ids the calls of stretches of time are to be read, None where by their time is
    better.

    Kept, since one that is no longer so makes a difference to the time only.
    """
    conditions = [condition(APIUsageStats, is_within(stretch)) for stretch in stretches]
    found = sql.ids_in_time(CALLS_TABLE, conditions)
    return tuple(ids if ids and 0 <= ids[1] - ids[0] < MOST_IDS else None for ids in found)


def _of_edge(
    question: Question, edge: Range, sign: int, ids: tuple[int, int] | None
) -> Iterator[Statement]:
    """Mostly ids ascend with time: between these they are read one after the other, in a quarter of
    the time, and only a call that has another one is sought by its time."""
    if ids is None:
        yield _of_calls(question, edge, FOLDED, sign)
        return
    between = Q(pk__range=ids)
    along_ids = _of_calls(question, edge, FOLDED, sign, between)
    yield replace(along_ids, text=sql.read_along_the_primary_key(along_ids.text, CALLS_TABLE))
    yield _of_calls(question, edge, FOLDED, sign, ~between)


def _of_calls(
    question: Question, range: Range, which: Q, sign: int = PLUS, ids: Q = ALL
) -> Statement:
    # Messages are long, and others each time: what names them is not kept.
    is_kept = question.selection.messages is None
    compile = _compiled_of_calls if is_kept else _compile_of_calls
    part = compile(_at_any_time(question), question.offsets(range), which, sign)
    return part.where(condition(APIUsageStats, is_within(range) & ids))


def _at_any_time(question: Question) -> Question:
    return replace(question, selection=question.selection.during(ALL_TIME))


@lru_cache(maxsize=MOST_COMPILED)
def _compiled_of_sums(question: Question, grain: type[Model], sign: int) -> Statement:
    rows = grain._default_manager.filter(OPEN_CONDITION).order_by()
    return _compiled(question, question.of_sums(rows), sign)


def _compile_of_calls(question: Question, offsets: Offsets, which: Q, sign: int) -> Statement:
    calls = APIUsageStats.objects.filter(OPEN_CONDITION).filter(which).order_by()
    return _compiled(question, question.of_calls(question.selection.narrow(calls), offsets), sign)


_compiled_of_calls = lru_cache(maxsize=MOST_COMPILED)(_compile_of_calls)


def _compiled(question: Question, groups: QuerySet[Any], sign: int) -> Statement:
    part = question.part(groups.annotate(**{ABOUT: Value(CALLS, IntegerField())}))
    if sign == PLUS:
        return part
    taken_away = {name: f"-{name}" for name in question.numbers}
    return sql.selected(
        part, {name: taken_away.get(name, name) for name in (ABOUT, *question.columns)}
    )


@cache
def _purges(columns: int) -> Statement:
    """A row that tells, in the same snapshot, how often calls were purged."""
    empty = {f"empty_{n}": Value(None, IntegerField()) for n in range(columns - 1)}
    states = FoldState.objects.filter(pk=STATE_ID).annotate(
        **{ABOUT: Value(PURGES, IntegerField())}, **empty
    )
    return compiled(states.values_list(ABOUT, "purges", *empty))
