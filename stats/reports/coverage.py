"""A stretch of time as the rollups cover it: whole months, whole days, and edges of days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Q

from stats.models import UNDATED
from stats.periods import (
    DAY,
    SECOND,
    Range,
    end_of_day,
    last_of_month,
    local_day,
    start_of_day,
)
from stats.zones import column_zone


@dataclass(frozen=True, slots=True)
class Days:
    """Local days from `first` to `last`, both included. None is open; open on both sides it is
    all time, calls without a time included."""

    first: date | None
    last: date | None

    def listed(self, most: int) -> list[date] | None:
        """The days one by one, where they are bounded and at most so many."""
        if self.first is None or self.last is None or (self.last - self.first).days >= most:
            return None
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    def condition(self, column: str) -> Q:
        """Which rows of a rollup, keyed by day or month in `column`, lie on these days."""
        if self.first is None and self.last is None:
            return Q()
        # Open at the beginning, it still leaves out the calls without a time.
        since = Q((f"{column}__gte", self.first)) if self.first else Q((f"{column}__gt", UNDATED))
        return since & Q((f"{column}__lte", self.last)) if self.last else since


@dataclass(frozen=True, slots=True)
class Coverage:
    """What makes up a range: `days` (None: no whole day), and parts of days to be read from the
    calls themselves, `added`, or `subtracted` from a day that is nearly whole."""

    days: Days | None
    added: tuple[Range, ...] = ()
    subtracted: tuple[Range, ...] = ()


def cover(range: Range, zone: tzinfo) -> Coverage:
    """The whole days of a range, bounded or open, and its edges."""
    # Seconds are counted as the column's clock shows them, some twice where it is turned back.
    start, end = (
        moment and moment.astimezone(column_zone()) for moment in (range.start, range.end)
    )
    if start and end and start > end:
        return Coverage(None)
    first = local_day(start, zone) if start else None
    last = local_day(end, zone) if end else None
    added: list[Range] = []
    subtracted: list[Range] = []
    if start and first and start != start_of_day(first, zone):
        if first == last and end and end < end_of_day(last, zone):
            return Coverage(None, added=(range,))
        within = (start, end_of_day(first, zone))
        outside = (start_of_day(first, zone), start - SECOND)
        first += _settle(within, outside, added, subtracted)
    if end and last and end < end_of_day(last, zone):
        within = (start_of_day(last, zone), end)
        outside = (end + SECOND, end_of_day(last, zone))
        last -= _settle(within, outside, added, subtracted)
    is_empty = first is not None and last is not None and first > last
    return Coverage(None if is_empty else Days(first, last), tuple(added), tuple(subtracted))


def _settle(
    within: tuple[datetime, datetime],
    outside: tuple[datetime, datetime],
    added: list[Range],
    subtracted: list[Range],
) -> timedelta:
    """Read the shorter part of a day that the range cuts; a day less of sums where that is
    the part within."""
    if outside[1] - outside[0] < within[1] - within[0]:
        subtracted.append(Range(*outside))
        return 0 * DAY
    added.append(Range(*within))
    return DAY


def months_and_days(days: Days) -> tuple[Days | None, list[Days]]:
    """The whole months within days, as days, and the days around them."""
    first, last = days.first, days.last
    from_month = first and (first if first.day == 1 else last_of_month(first) + DAY)
    to_month = last and (last if last == last_of_month(last) else last.replace(day=1) - DAY)
    if from_month and to_month and from_month > to_month:
        return None, [days]
    around = []
    if first and from_month and first < from_month:
        around.append(Days(first, from_month - DAY))
    if last and to_month and to_month < last:
        around.append(Days(to_month + DAY, last))
    return Days(from_month, to_month), around


def widened(range: Range, purged_before: date | None, zone: tzinfo) -> Range:
    """The range with whole days where the calls are gone: only their sums can tell."""
    if purged_before is None:
        return range
    start, end = range.start, range.end
    if start and local_day(start, zone) < purged_before:
        start = start_of_day(local_day(start, zone), zone)
    if end and local_day(end, zone) < purged_before:
        end = end_of_day(local_day(end, zone), zone)
    return Range(start, end)
