"""How rollups cover a range: whole months, days and hours, and what is left.

If the range cuts a month, a day or an hour, the rest of it is subtracted if that is less to read.
Of the current month, that is nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Generic, TypeVar, cast

from django.db.models import Q

from stats.core.periods import (
    DAY,
    HOUR,
    SECOND,
    Range,
    end_of_day,
    last_of_month,
    local_day,
    start_of_day,
)
from stats.models import UNDATED

PLUS, MINUS = 1, -1


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both included; None is an open end. With two open ends, they include the calls
    without a time."""

    first: date | None
    last: date | None

    def condition(self, column: str) -> Q:
        """The condition for a rollup's rows of these days, keyed by day or month in `column`."""
        if self.first is None and self.last is None:
            return Q()
        # With an open start, calls without a time are still left out.
        since = Q((f"{column}__gte", self.first)) if self.first else Q((f"{column}__gt", UNDATED))
        return since & Q((f"{column}__lte", self.last)) if self.last else since


@dataclass(frozen=True, slots=True)
class Coverage:
    """A range in months and days of rollups and partial days of calls, each `PLUS` or `MINUS`."""

    months: Days | None = None
    days: tuple[tuple[Days, int], ...] = ()
    edges: tuple[tuple[Range, int], ...] = ()


Point = TypeVar("Point", date, datetime)
Piece = tuple[Point, Point]


@dataclass(slots=True)
class _Cutter(Generic[Point]):
    """Cuts a range into units: hours, days or months. `pieces` is what the units lack (`PLUS`) or
    have too much (`MINUS`)."""

    unit_of: Callable[[Point], Piece[Point]]
    step: timedelta
    # Hardly any call lies later: to subtract that costs nothing.
    until: Point
    may_subtract: bool
    pieces: list[tuple[Piece[Point], int]] = field(default_factory=list)

    def units(
        self, start: Point | None, end: Point | None
    ) -> tuple[Point | None, Point | None] | None:
        """The start and the end of the units; None without any."""
        if start is not None and end is not None and self.unit_of(start) == self.unit_of(end):
            unit = self.unit_of(start)
            return unit if self._is_read(unit, (start, end)) else None
        if start is not None:
            first = self.unit_of(start)
            start = first[0] if self._is_read(first, (start, first[1])) else first[1] + self.step
        if end is not None:
            last = self.unit_of(end)
            end = last[1] if self._is_read(last, (last[0], end)) else last[0] - self.step
        return None if start and end and start > end else (start, end)

    def _is_read(self, unit: Piece[Point], within: Piece[Point]) -> bool:
        """True if a whole unit is read, though only `within` is wanted. Keeps the pieces."""
        around = [(unit[0], within[0] - self.step), (within[1] + self.step, unit[1])]
        outside = [piece for piece in around if piece[0] <= piece[1]]
        is_read = not outside or (
            self.may_subtract
            and sum(map(self._length, outside), timedelta()) < self._length(within)
        )
        self.pieces += [(piece, MINUS) for piece in outside] if is_read else [(within, PLUS)]
        return is_read

    def _length(self, piece: Piece[Point]) -> timedelta:
        return max(timedelta(), min(piece[1], self.until) - piece[0] + self.step)


def cover(
    range: Range,
    zone: tzinfo,
    until: datetime,
    *,
    by_month: bool = False,
    may_subtract: bool = True,
) -> Coverage:
    """How to cover a range, bounded or open, if hardly any call lies after `until`."""
    if range.is_empty:
        return Coverage()
    cutter: _Cutter[datetime] = _Cutter(
        lambda moment: _day_around(moment, zone), SECOND, until, may_subtract
    )
    whole = cutter.units(range.start, range.end)
    edges = tuple((Range(*piece), sign) for piece, sign in cutter.pieces)
    if whole is None:
        return Coverage(edges=edges)
    days = Days(*(moment and local_day(moment, zone) for moment in whole))
    if not by_month:
        return Coverage(None, ((days, PLUS),), edges)
    return Coverage(*months_and_days(days, local_day(until, zone)), edges)


def _day_around(moment: datetime, zone: tzinfo) -> Piece[datetime]:
    day = local_day(moment, zone)
    return start_of_day(day, zone), end_of_day(day, zone)


def hours_and_seconds(
    edge: Piece[datetime], day: Piece[datetime], until: datetime
) -> tuple[Piece[datetime] | None, tuple[tuple[Piece[datetime], int], ...]]:
    """The hours that cover a part of a day, and the pieces to add or subtract.

    All is naive: these are hours of the column's clock. If the day cuts an hour, the rollup has
    only the day's part of it, which counts as whole.
    """
    cutter: _Cutter[datetime] = _Cutter(
        lambda moment: _hour_around(moment, day), SECOND, until, may_subtract=True
    )
    hours = cast(Piece[datetime] | None, cutter.units(*edge))
    return hours, tuple(cutter.pieces)


def _hour_around(moment: datetime, day: Piece[datetime]) -> Piece[datetime]:
    start = moment.replace(minute=0, second=0)
    return max(start, day[0]), min(start + HOUR - SECOND, day[1])


def months_and_days(days: Days, until: date) -> tuple[Days | None, tuple[tuple[Days, int], ...]]:
    """The months that cover days, and the pieces to add or subtract."""
    cutter: _Cutter[date] = _Cutter(
        lambda day: (day.replace(day=1), last_of_month(day)), DAY, until, may_subtract=True
    )
    months = cutter.units(days.first, days.last)
    pieces = tuple((Days(*piece), sign) for piece, sign in cutter.pieces)
    return months and Days(*months), pieces


def widened(range: Range, purged_before: date | None, zone: tzinfo) -> Range:
    """The range, widened to whole days where the calls are purged."""
    if purged_before is None:
        return range
    start, end = range.start, range.end
    if start and local_day(start, zone) < purged_before:
        start = start_of_day(local_day(start, zone), zone)
    if end and local_day(end, zone) < purged_before:
        end = end_of_day(local_day(end, zone), zone)
    return Range(start, end)
