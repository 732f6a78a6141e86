"""The local day of a column and its stretches of time, in this deployment's zones."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from django.db.models import F, Max, Min, Q

from stats.core.periods import DAY, SECOND, OffsetPiece, Range, local_day, offset_pieces
from stats.core.zones import column_zone, reading_zone
from stats.db.expressions import LocalDay
from stats.models import APIUsageStats

Bounds = tuple[datetime | None, datetime | None]
Offsets = tuple[OffsetPiece, ...]
Stretch = tuple[datetime, datetime]
# Offsets are looked up day by day; over more than this, only in years that have calls.
LONG = 20 * 366 * DAY
NO_OFFSET: Offsets = (OffsetPiece(None, 0),)


def local_day_of(
    column: str, first: datetime | None, last: datetime | None, undated: date | None = None
) -> LocalDay:
    """The day of TIME_ZONE for values between two aware times (None: there are no values).

    A NULL is on `undated`, or on no day.
    """
    return LocalDay(F(column), offsets_between(first, last), undated)


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


def _years_with_calls(first: datetime, last: datetime) -> Iterator[Stretch]:
    """Of the years between two times those in which a call lies, each from its first one on."""
    since: datetime | None = first
    while since is not None and since <= last:
        end = since.astimezone(column_zone()).replace(
            month=12, day=31, hour=23, minute=59, second=59, microsecond=0
        )
        yield since, min(last, end)
        later = APIUsageStats.objects.filter(created_at__gt=end)
        since = later.aggregate(first=Min("created_at"))["first"]


def _joined(stretches: Iterable[Stretch]) -> Offsets:
    """One after the other; each offset holds until a stretch begins that has another one."""
    joined: list[OffsetPiece] = []
    for first, last in stretches:
        pieces = _pieces_between(first, last)
        if joined:
            until = _naive(first.astimezone(column_zone()))
            is_same = joined[-1].seconds == pieces[0].seconds
            joined[-1:] = [] if is_same else [replace(joined[-1], until=until)]
        joined += pieces
    return tuple(joined)


def first_and_last_time() -> Bounds:
    """Of all calls, by the index; None where no call has a time."""
    found = APIUsageStats.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    return found["first"], found["last"]


def is_within(range: Range) -> Q:
    """Which calls lie in the range; those without a time in no bounded one.

    The hour that the column's clock repeats is read as its first pass, as `LocalDay` does. What it
    leaves out begins with the first moment after it, which a day may begin with.
    """
    return is_between(
        range.start and first_in_column(range.start), range.end and last_in_column(range.end)
    )


def is_between(first: datetime | None, last: datetime | None) -> Q:
    """Which calls have these times or one between them, naive as the column has it."""
    zone = column_zone()
    condition = Q()
    if first is not None:
        condition &= Q(created_at__gte=first.replace(tzinfo=zone))
    if last is not None:
        condition &= Q(created_at__lte=last.replace(tzinfo=zone))
    return condition


def first_in_column(moment: datetime) -> datetime:
    """What a stretch that begins with an aware time begins with in the column: after the second
    pass, before the gap of its clock. Naive."""
    local = moment.astimezone(column_zone())
    if local.fold:
        return _end_of_repetition(local)
    is_shown, left_out = not _left_out(local), _left_out(local - SECOND)
    return _naive(local - left_out if is_shown and left_out else local)


def last_in_column(moment: datetime) -> datetime:
    """What a stretch that ends with an aware time ends with in the column: the end of the first
    pass. Naive."""
    try:
        local = moment.astimezone(column_zone())
    except OverflowError:
        return datetime.max.replace(microsecond=0)
    return _end_of_repetition(local) - SECOND if local.fold else _naive(local)


@lru_cache(maxsize=512)
def _pieces(first: date, last: date, naive_zone: tzinfo, zone: tzinfo) -> Offsets:
    return offset_pieces(
        datetime.combine(first, time.min), datetime.combine(last, time.max), naive_zone, zone
    )


def _naive(local: datetime) -> datetime:
    return local.replace(tzinfo=None)


def _end_of_repetition(local: datetime) -> datetime:
    """The first second after `local` that the clock shows only once, naive."""
    seconds = range(int(_repeated(local).total_seconds()) + 1)
    passed = bisect_left(seconds, True, key=lambda second: not _repeated(local + second * SECOND))
    return _naive(local.replace(fold=0)) + passed * SECOND


def _repeated(local: datetime) -> timedelta:
    """By how much the clock was turned back over this time; none where it is shown once."""
    return max(-_advance(local), timedelta())


def _left_out(local: datetime) -> timedelta:
    """By how much the clock was put forward over this time; none where it is shown."""
    return max(_advance(local), timedelta())


def _advance(local: datetime) -> timedelta:
    before, after = (local.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return after - before
