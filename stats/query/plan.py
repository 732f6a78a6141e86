"""The branches of a question's statement: rollups, and the calls that these do not cover.

Sums of months, whole days and hours, plus the tail (`id > folded_to`), plus or minus the calls in
hours or days that the range cuts (`id <= folded_to`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, IntegerField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from stats.core.periods import Range, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.db import sql
from stats.db.dialects import dialect
from stats.db.expressions import hour_number
from stats.db.statements import OPEN_CONDITION, Statement, condition
from stats.models import UNDATED, APIUsageStats, FoldState
from stats.query.coverage import PLUS, Days, cover, hours_and_seconds, widened
from stats.query.lookups import on_days
from stats.query.members import EVERYBODY, Members
from stats.query.memberships import cut_months
from stats.query.question import ROW_TYPE, Grains, Question
from stats.rollups.local_days import Offsets, in_column, is_between, is_within, last_in_column
from stats.rollups.state import NOTHING_FOLDED, STATE_ID, RollupState

# Row type of the answer.
CALLS = 1
# Branches that are kept compiled: some ten for each selection.
MOST_COMPILED = 500
FOLDED_TO = Coalesce(
    Subquery(FoldState.objects.filter(pk=STATE_ID, folded_at__isnull=False).values("folded_to")),
    NOTHING_FOLDED,
    output_field=BigIntegerField(),
)
CALLS_TABLE = APIUsageStats._meta.db_table
# Of a partial day; if there are more, some of its calls were recorded at another time.
MOST_IDS = 100_000
MOST_INTERVALS = 100
# Which calls: all, the tail, the folded ones.
ALL, NEWER, FOLDED = Q(), Q(pk__gt=FOLDED_TO), Q(pk__lte=FOLDED_TO)


def branches_of_calls(question: Question) -> Iterator[Statement]:
    """The whole answer from the calls."""
    range = question.selection.range
    yield _of_calls(question, question.selection.members, range, is_within(range), ALL)


def branches_of_sums(
    question: Question, grains: Grains, rollups: RollupState, folded_at: datetime
) -> Iterator[Statement]:
    """The answer from these rollups. Hardly any folded call lies after the last fold: to subtract
    that costs nothing."""
    range = widened(question.selection.range, rollups.purged_before, reading_zone())
    members = question.selection.during(range).members
    by_day, by_month, by_hour = grains
    coverage = cover(
        range,
        reading_zone(),
        folded_at,
        by_month=by_month is not None,
        may_subtract=question.is_additive,
    )

    def on(days: Days, column: str) -> Q:
        users, known = len(question.selection.user_ids), Days(rollups.first_day, rollups.last_day)
        which = on_days(days, column, members, users, known)
        return which & Q(day__gt=UNDATED) if question.needs_time else which

    if by_month and coverage.months:
        when = on(coverage.months, "month")
        is_cut = question.is_dated or members.spans
        cut = cut_months(question.selection, coverage.months) if is_cut else None
        yield _of_sums(question, by_month, when & ~cut.months if cut else when, PLUS)
        if cut:
            yield _of_sums(question, by_day, cut.days & members.of_sums("day"), PLUS)
    for days, sign in coverage.days:
        yield _of_sums(question, by_day, on(days, "day"), sign)
    yield _of_calls(question, members, range, is_within(range), NEWER)
    if by_hour:
        for edge, sign in coverage.edges:
            yield from _of_hours(question, by_hour, edge, sign, folded_at)
    else:
        yield from _of_edges(question, members, coverage.edges)


def _of_sums(question: Question, grain: type[Model], which: Q, sign: int) -> Statement:
    compiled = _compiled_of_sums(question.at_any_time, grain, sign)
    return compiled.where(condition(grain, which & question.only_sums))


def _of_hours(
    question: Question, grain: type[Model], edge: Range, sign: int, folded_at: datetime
) -> Iterator[Statement]:
    """Rollups by hour do not know users."""
    zone = reading_zone()
    day = local_day(edge.bounds[0], zone)
    whole_day = in_column(range_of_days(day, day, zone))
    hours, seconds = hours_and_seconds(in_column(edge), whole_day, last_in_column(folded_at))
    if hours:
        first, last = map(hour_number, hours)
        when = Q(day=day, hour__gte=first, hour__lte=last)
        yield _of_sums(question, grain, when, sign)
    for interval, way in seconds:
        yield _of_calls(question, EVERYBODY, edge, is_between(*interval), FOLDED, sign * way)


def _of_edges(
    question: Question, members: Members, edges: Sequence[tuple[Range, int]]
) -> Iterator[Statement]:
    intervals = tuple(_to_full_hours(edge) for edge, _sign in edges)
    is_of_everybody = question.selection.is_of_everybody
    ids_in = _ids_in(intervals) if is_of_everybody else (None,) * len(intervals)
    for (edge, sign), ids in zip(edges, ids_in, strict=True):
        yield from _of_edge(question, members, edge, sign, ids)


def _to_full_hours(edge: Range) -> Range:
    """A page then asks for ids once an hour, not every second."""
    start, end = edge.bounds
    return Range(
        start.replace(minute=0, second=0, microsecond=0),
        end.replace(minute=59, second=59, microsecond=0),
    )


@lru_cache(maxsize=MOST_INTERVALS)
def _ids_in(intervals: tuple[Range, ...]) -> tuple[tuple[int, int] | None, ...]:
    """The ids along which to read the calls of each interval; None if to read by time is better.

    Kept: an outdated answer costs time and changes no figure.
    """
    conditions = [condition(APIUsageStats, is_within(interval)) for interval in intervals]
    found = dialect().ids_in_time(CALLS_TABLE, conditions)
    return tuple(ids if ids and 0 <= ids[1] - ids[0] < MOST_IDS else None for ids in found)


def _of_edge(
    question: Question, members: Members, edge: Range, sign: int, ids: tuple[int, int] | None
) -> Iterator[Statement]:
    """Ids mostly ascend with time: to read along them takes a quarter of the time. Only calls with
    other ids are read by their time."""
    when = is_within(edge)
    if ids is None:
        yield _of_calls(question, members, edge, when, FOLDED, sign)
        return
    between = Q(pk__range=ids)
    along_ids = _of_calls(question, members, edge, when & between, FOLDED, sign)
    yield replace(along_ids, text=sql.read_along_the_primary_key(along_ids.text, CALLS_TABLE))
    yield _of_calls(question, members, edge, when & ~between, FOLDED, sign)


def _of_calls(
    question: Question, members: Members, range: Range, when: Q, which: Q, sign: int = PLUS
) -> Statement:
    """From calls of the range."""
    # Messages are long and differ each time, and the days of memberships are of these zones: such
    # a statement is not kept.
    is_kept = question.selection.messages is None and not question.is_dated
    compile = _compiled_of_calls if is_kept else _compile_of_calls
    branch = compile(question.at_any_time, question.offsets(range), which, sign)
    return branch.where(condition(APIUsageStats, when & members.of_calls() & question.only_calls))


@lru_cache(maxsize=MOST_COMPILED)
def _compiled_of_sums(question: Question, grain: type[Model], sign: int) -> Statement:
    rows = grain._default_manager.filter(OPEN_CONDITION).order_by()
    return _compiled(question, question.of_sums(rows), sign)


def _compile_of_calls(question: Question, offsets: Offsets, which: Q, sign: int) -> Statement:
    calls = APIUsageStats.objects.filter(OPEN_CONDITION).filter(which).order_by()
    return _compiled(question, question.of_calls(question.selection.narrow(calls), offsets), sign)


_compiled_of_calls = lru_cache(maxsize=MOST_COMPILED)(_compile_of_calls)


def _compiled(question: Question, groups: QuerySet[Any], sign: int) -> Statement:
    branch = question.branch(groups.annotate(**{ROW_TYPE: Value(CALLS, IntegerField())}))
    if sign == PLUS:
        return branch
    negative = {name: f"-{name}" for name in question.numbers}
    return sql.selected(branch, {name: name for name in question.all_columns} | negative)
