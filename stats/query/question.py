"""A question about calls: which of them, and how rollups and calls give the answer."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, NamedTuple

from django.db.models import Model, Q, QuerySet

from stats.core.periods import Range, local_day
from stats.core.zones import reading_zone
from stats.db import sql
from stats.db.statements import Statement, compiled
from stats.models import APIUsageStats
from stats.query.selection import Selection
from stats.rollups import grains
from stats.rollups.grains import Grain
from stats.rollups.local_days import NO_OFFSET, Offsets
from stats.rollups.state import RollupState

# The first column of all branches, which UNION ALL joins: the type of a row.
ROW_TYPE = "row_type_"


class Grains(NamedTuple):
    """Rollups that differ only in the time that a row covers. `by_hour` has the hours of the
    column's clock, each within its `day`."""

    by_day: type[Model]
    by_month: type[Model] | None = None
    by_hour: type[Model] | None = None


def grains_that_know(
    keys: Collection[str], counter: str, range: Range, rollups: RollupState
) -> Grains | None:
    """The coarsest rollups with this counter and these keys that are filled for the range.

    None if there is none by day. A month must be the sum of the same days.
    """
    first = local_day(range.start, reading_zone()) if range.start else None
    by_day = _coarsest(grains.by_day(), {*keys, "day"}, counter, first, rollups)
    if by_day is None:
        return None
    of_days = [grain for grain in grains.by_month() if grain.finer == by_day]
    by_month = _coarsest(
        of_days, {*keys, "month"}, counter, first and first.replace(day=1), rollups
    )
    by_hour = _coarsest(grains.by_day(), {*keys, "day", "hour"}, counter, first, rollups)
    return Grains(
        by_day.model, by_month.model if by_month else None, by_hour.model if by_hour else None
    )


def grains_that_count(selection: Selection, key: str, rollups: RollupState) -> Grains | None:
    """Those that count the calls of a selection by a key (empty: in all)."""
    if not selection.is_known_to_sums:
        return None
    keys = selection.keys_of_sums | ({key} if key else set())
    return grains_that_know(keys, "calls", selection.range, rollups)


def _coarsest(
    some: Sequence[Grain], keys: set[str], counter: str, since: date | None, rollups: RollupState
) -> Grain | None:
    known = (
        grain
        for grain in reversed(some)
        if keys.issubset(grain.keys) and counter in grain.counters and rollups.cover(grain, since)
    )
    return next(known, None)


@dataclass(frozen=True, slots=True)
class Question(ABC):
    """Which calls are asked about; a subclass says how rollups and calls give the answer."""

    selection: Selection

    # True if a partial day can be subtracted from its day.
    is_additive: ClassVar[bool] = True

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns of a row: a number, then any others."""

    @property
    def is_dated(self) -> bool:
        """True if a user's rows are told apart by day, so that a month may be cut for some."""
        return False

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that are added up over all branches."""
        return self.columns[:1]

    @property
    def texts(self) -> dict[str, str]:
        """The columns that calls give as texts: SQL for the text that rollups have for each."""
        return {}

    @property
    def at_any_time(self) -> "Question":
        """The same of all that a branch leaves open, so that it can be kept compiled."""
        return replace(self, selection=self.selection.at_any_time)

    @property
    def only_sums(self) -> Q:
        """What else a branch of sums leaves open: the condition for rows that are asked about."""
        return Q()

    @property
    def only_calls(self) -> Q:
        """The same for calls."""
        return Q()

    @abstractmethod
    def grains(self, rollups: RollupState) -> Grains | None:
        """The rollups that give the answer; None if only the calls do."""

    @property
    def floats(self) -> Collection[str]:
        """The numbers that are added up as floats: sums over calls of ten digits at most. The
        first number must then be the number of calls."""
        return ()

    @property
    def exactly(self) -> "Question":
        """The same question without floats."""
        return self

    @abstractmethod
    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Groups of a rollup's rows, with `columns`."""

    @abstractmethod
    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        """The same groups of calls, in a range with these `offsets`."""

    def branch(self, groups: QuerySet[Any]) -> Statement:
        """The rows of such groups: `ROW_TYPE`, then `columns`."""
        branch = compiled(groups.values_list(ROW_TYPE, *self.columns))
        if groups.model is not APIUsageStats or not self.texts:
            return branch
        return sql.selected(branch, {name: name for name in self.all_columns} | self.texts)

    @property
    def all_columns(self) -> tuple[str, ...]:
        return (ROW_TYPE, *self.columns)

    def together(self, rows: Statement) -> Statement:
        """The statement of the answer, given the rows of all branches."""
        if not self.is_additive:
            return rows
        return sql.added_up(rows, self.all_columns, self.numbers, self.floats)

    def offsets(self, range: Range) -> Offsets:
        """How far local time is ahead of the column's in a range, if the answer needs it."""
        return NO_OFFSET

    @property
    def needs_time(self) -> bool:
        """True if calls without a time are left out even of all time."""
        return False
