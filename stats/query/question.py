"""A question about calls: what of them it asks, and how sums and calls tell it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple

from django.db.models import Model, Q, QuerySet

from stats.core.periods import Range, local_day
from stats.core.zones import reading_zone
from stats.db.statements import Statement, compiled
from stats.models import APIUsageStats
from stats.query.coverage import Days
from stats.query.selection import Selection
from stats.rollups import grains
from stats.rollups.grains import Grain
from stats.rollups.local_days import NO_OFFSET, Offsets
from stats.rollups.state import RollupState

# The first column of all parts, which are joined by UNION ALL: what a row is about.
ROW_TYPE = "about_"


class Grains(NamedTuple):
    """Rollups that are alike but for the time that a row is about. That by hour has the hours of
    the column's clock, each within its `day`."""

    by_day: type[Model]
    by_month: type[Model] | None = None
    by_hour: type[Model] | None = None


def grains_that_know(
    keys: Collection[str], counter: str, range: Range, rollups: RollupState
) -> Grains | None:
    """The coarsest rollups that count this by these keys and are filled for the range.

    None where there is none by day: then only the calls tell. A month goes with the days that it
    is the sum of.
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
        by_day.model,
        by_month.model if by_month else None,
        by_hour.model if by_hour else None,
    )


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

    @abstractmethod
    def grains(self, rollups: RollupState) -> Grains | None:
        """The rollups that tell the answer; None where none does that is filled."""

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

    def branch(self, groups: QuerySet[Any]) -> Statement:
        """The rows of such groups: `ROW_TYPE`, then `columns`."""
        return compiled(groups.values_list(ROW_TYPE, *self.columns))

    def offsets(self, range: Range) -> Offsets:
        """How far local time is ahead of the column's in a range, if that matters."""
        return NO_OFFSET

    def on_days(self, days: Days, column: str, known: Days) -> Q:
        """Which rows of a rollup, keyed by day or month in `column`, lie on days; `known` are
        those that have sums now."""
        return days.condition(column)
