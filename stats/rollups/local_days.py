"""Local days and ranges of the time column, in this deployment's zones."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable

from stats.core.periods import (
    DAY,
    EARLIEST,
    SECOND,
    OffsetPiece,
    Range,
    local_day,
    offset_pieces,
)
from stats.core.zones import FIRST_TIME, column_zone, last_time, reading_zone
from stats.db.expressions import LocalDay
from stats.db.statements import first_values
from stats.models import APIUsageStats

Bounds = tuple[datetime | None, datetime | None]
Offsets = tuple[OffsetPiece, ...]
Interval = tuple[datetime, datetime]
# Offsets are looked up day by day; in a longer range, only in years with calls.
LONG = 20 * 366 * DAY
# Which calls have a time; the others are in all-time figures and in no dated one.
DATED, UNDATED_CALLS = Q(created_at__is_time=True), Q(created_at__is_time=False)
# No group of a user changes before or after.
FIRST_CHANGE, LAST_CHANGE = datetime.combine(EARLIEST - DAY, time.min), datetime(2100, 12, 31)
NO_OFFSET: Offsets = (OffsetPiece(None, 0),)


def local_day_of(
    column: str, first: datetime | None, last: datetime | None, undated: date | None = None
) -> LocalDay:
    """The day of TIME_ZONE for values between two aware times (None: no values); `undated` for a
    NULL."""
    return LocalDay(F(column), offsets_between(first, last), undated)


def any_local_day(moment: Combinable) -> LocalDay:
    """The day of TIME_ZONE for any value, exact from `EARLIEST` to 2100; NULL without a time."""
    return LocalDay(moment, _all_pieces(column_zone(), reading_zone()))


def offsets_between(first: datetime | None, last: datetime | None) -> Offsets:
    """How far TIME_ZONE is ahead of the column between two aware times (None: no values)."""
    if first is None or last is None:
        return NO_OFFSET
    if last - first <= LONG:
        return _pieces_between(first, last)
    return _joined(_years_with_calls(first, last))


def _pieces_between(first: datetime, last: datetime) -> Offsets:
    zone = column_zone()
    return _pieces(local_day(first, zone), local_day(last, zone), zone, reading_zone())


def _years_with_calls(first: datetime, last: datetime) -> Iterator[Interval]:
    """The years between two times that have calls, each from its first call on."""
    since: datetime | None = first
    while since is not None and since <= last:
        end = since.astimezone(column_zone()).replace(
            month=12, day=31, hour=23, minute=59, second=59, microsecond=0
        )
        yield since, min(last, end)
        since = first_time(APIUsageStats.objects.filter(created_at__gt=end))


def _joined(intervals: Iterable[Interval]) -> Offsets:
    """The offsets of all intervals. Each holds until an interval begins with another one."""
    joined: list[OffsetPiece] = []
    for first, last in intervals:
        pieces = _pieces_between(first, last)
        if joined:
            until = _naive(first.astimezone(column_zone()))
            is_same = joined[-1].seconds == pieces[0].seconds
            joined[-1:] = [] if is_same else [replace(joined[-1], until=until)]
        joined += pieces
    return tuple(joined)


def first_and_last_time(calls: QuerySet[APIUsageStats] | None = None) -> Bounds:
    """Of these calls, or of all; None if none has a time."""
    times = times_of(APIUsageStats.objects.all() if calls is None else calls)
    first, last = first_values(times.order_by("created_at"), times.order_by("-created_at"))
    return first, last


def times_of(calls: QuerySet[APIUsageStats]) -> QuerySet[APIUsageStats, datetime | None]:
    """The times of those calls that have one. The first in their order is read in an index, which
    MIN and MAX are not."""
    return calls.filter(DATED).values_list("created_at", flat=True)


def first_time(calls: QuerySet[APIUsageStats]) -> datetime | None:
    """The first time of these calls; None if none has one."""
    return times_of(calls).order_by("created_at").first()


def is_within(range: Range) -> Q:
    """The condition for calls in the range. Calls without a time are in no bounded range.

    An hour that the column's clock repeats is read as its first pass, as in `LocalDay`. An hour
    that it skips belongs to the first moment after it.
    """
    return is_between(
        range.start and first_in_column(range.start), range.end and last_in_column(range.end)
    )


def is_between(first: datetime | None, last: datetime | None) -> Q:
    """The condition for calls between two naive times of the column, both included."""
    if first is None and last is None:
        return Q()
    zone = column_zone()
    first, last = max(first or FIRST_TIME, FIRST_TIME), min(last or last_time(), last_time())
    return DATED & Q(
        created_at__gte=first.replace(tzinfo=zone), created_at__lte=last.replace(tzinfo=zone)
    )


def in_column(range: Range) -> Interval:
    """The first and last second of a bounded range, naive as the column has them."""
    start, end = range.bounds
    return first_in_column(start), last_in_column(end)


def first_in_column(moment: datetime) -> datetime:
    """The naive start in the column of a range that starts at an aware time: after a second pass,
    before a gap."""
    local = moment.astimezone(column_zone())
    if _is_second_pass(local):
        return _end_of_repetition(local)
    is_shown, left_out = not _left_out(local), _left_out(local - SECOND)
    return _naive(local - left_out if is_shown and left_out else local)


def last_in_column(moment: datetime) -> datetime:
    """The naive end in the column of a range that ends at an aware time: the end of a first
    pass."""
    try:
        local = moment.astimezone(column_zone())
    except OverflowError:
        return datetime.max.replace(microsecond=0)
    return _end_of_repetition(local) - SECOND if _is_second_pass(local) else _naive(local)


@lru_cache(maxsize=64)
def _all_pieces(naive_zone: tzinfo, zone: tzinfo) -> Offsets:
    return offset_pieces(FIRST_CHANGE, LAST_CHANGE, naive_zone, zone)


@lru_cache(maxsize=512)
def _pieces(first: date, last: date, naive_zone: tzinfo, zone: tzinfo) -> Offsets:
    return offset_pieces(
        datetime.combine(first, time.min), datetime.combine(last, time.max), naive_zone, zone
    )


def _naive(local: datetime) -> datetime:
    return local.replace(tzinfo=None)


def _is_second_pass(local: datetime) -> bool:
    """True if the clock shows this time once more. Without a repetition `fold` means nothing."""
    return bool(local.fold and _repeated(local))


def _end_of_repetition(local: datetime) -> datetime:
    """The first second after `local` that the clock shows only once, naive."""
    seconds = range(int(_repeated(local).total_seconds()) + 1)
    passed = bisect_left(seconds, True, key=lambda second: not _repeated(local + second * SECOND))
    return _naive(local.replace(fold=0)) + passed * SECOND


def _repeated(local: datetime) -> timedelta:
    """By how much the clock is turned back over this time; zero if it shows it once."""
    return max(-_advance(local), timedelta())


def _left_out(local: datetime) -> timedelta:
    """By how much the clock is put forward over this time; zero if it shows it."""
    return max(_advance(local), timedelta())


def _advance(local: datetime) -> timedelta:
    before, after = (local.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return after - before
