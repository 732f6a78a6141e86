"""Local days, ranges, periods, presets and comparisons. Imports no ORM and reads no clock.

Datetimes are aware. A day is a local day of TIME_ZONE; the table's column is naive, in
DATABASE_TIME_ZONE. The time-zone tables of a database server are never used.
"""

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import MINYEAR, UTC, date, datetime, time, timedelta, tzinfo

# What reads the time where it goes on meanwhile.
Clock = Callable[[], datetime]
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAX_DAYS = 3660
# A period starts no earlier: most mistyped years are before this or too far ahead.
EARLIEST = date(2000, 1, 1)
# How far after today a period may end.
MOST_AHEAD = 366 * DAY


@dataclass(frozen=True, slots=True)
class Range:
    """A range of time, both ends included, in whole seconds; None is an open end."""

    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_all_time(self) -> bool:
        return self.start is None and self.end is None

    @property
    def is_empty(self) -> bool:
        return self.start is not None and self.end is not None and self.start > self.end

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Start and end. Raises `ValueError` if one is open."""
        if self.start is None or self.end is None:
            raise ValueError("The range must have a beginning and an end.")
        return self.start, self.end


ALL_TIME = Range()


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment of a local day, in UTC.

    If a clock change skips midnight, that is the first moment after the gap.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last second of a local day, in UTC. For `date.max` it is the end of the calendar."""
    if day == date.max:
        return datetime.max.replace(microsecond=0, tzinfo=UTC)
    return start_of_day(day + DAY, zone) - SECOND


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The day of a moment in a zone, within `date.min` and `date.max`."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return date.min if moment.year == MINYEAR else date.max


def range_of_days(first: date, last: date, zone: tzinfo) -> Range:
    """Whole local days, both included."""
    return Range(start_of_day(first, zone), end_of_day(last, zone))


def common(one: Range, other: Range) -> Range:
    """The overlap of two ranges; an empty range if they have none."""
    starts = [moment for moment in (one.start, other.start) if moment is not None]
    ends = [moment for moment in (one.end, other.end) if moment is not None]
    return Range(max(starts, default=None), min(ends, default=None))


def last_days(days: int, now: datetime) -> Range:
    """From exactly `days` × 24 hours before `now` to `now`.

    Raises `ValueError` unless 1 ≤ days ≤ 3,660.
    """
    check_whole_number("days", days, 1, MAX_DAYS)
    return Range(cut(now - days * DAY), cut(now))


def check_whole_number(name: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most:,}.")


def cut(moment: datetime) -> datetime:
    """`moment` without its fraction of a second. Columns cut fractions, they do not round."""
    return moment.replace(microsecond=0)


def range_between(
    start: date | datetime | None, end: date | datetime | None, zone: tzinfo, naive_zone: tzinfo
) -> Range:
    """The range from `start` to `end`, both included. Bare dates are whole local days of `zone`,
    naive datetimes are in `naive_zone`. Raises `ValueError` near the ends of the calendar."""
    return Range(
        _moment(start, zone, naive_zone, start_of_day), _moment(end, zone, naive_zone, end_of_day)
    )


def _moment(
    value: date | datetime | None,
    zone: tzinfo,
    naive_zone: tzinfo,
    of_day: Callable[[date, tzinfo], datetime],
) -> datetime | None:
    if value is None:
        return None
    _check_year(value)
    if not isinstance(value, datetime):
        return of_day(value, zone)
    if value.tzinfo is None:
        value = value.replace(tzinfo=naive_zone)
    return cut(value)


_ISO_DATETIME = re.compile(
    r"[0-9W-]{7,10}[Tt ][0-9:.,]{2,20}(?:[Zz]|[+-][0-9:.,]{2,20})?", re.ASCII
)


def iso_datetime(text: str) -> datetime:
    """A date and time in ISO 8601, also with a small t or z (RFC 3339). Raises `ValueError`."""
    # Python accepts any character between date and time.
    if not _ISO_DATETIME.fullmatch(text):
        raise ValueError("This is no date and time.")
    return datetime.fromisoformat(text.replace("t", "T").replace("z", "Z"))


def parse_moment(text: str) -> date | datetime:
    """An ISO 8601 date or date and time. Raises `ValueError` with a sentence."""
    try:
        moment = date.fromisoformat(text) if len(text) <= 10 else iso_datetime(text)
    except ValueError:
        raise ValueError(
            "A date or a date and time in ISO 8601 is needed, like 2026-11-24."
        ) from None
    _check_year(moment)
    return moment


def _check_year(moment: date) -> None:
    # At the ends of the calendar, a conversion to another zone would overflow.
    if not 1000 < moment.year < 9999:
        raise ValueError("The year must lie between 1001 and 9998.")


def gettext_noop(message: str) -> str:
    """Marks a sentence for translation, which happens where Django is available."""
    return message


TOO_FAR = gettext_noop("The day must lie between %(earliest)s and %(latest)s; this is %(day)s.")
TOO_LONG = gettext_noop("At most %(most)s days can be asked for at once; these are %(days)s.")


class OutOfBoundsError(ValueError):
    """A period outside the bounds. `message` is to be translated and takes `values`; `is_start`
    says whether its start or its end is wrong."""

    def __init__(self, message: str, values: dict[str, object], *, is_start: bool) -> None:
        super().__init__(message % values)
        self.message = message
        self.values = values
        self.is_start = is_start


def check_bounds(first: date | None, last: date | None, today: date) -> None:
    """Raises `OutOfBoundsError` if the days begin before `EARLIEST`, end more than `MOST_AHEAD`
    after `today`, or are more than `MAX_DAYS`. None is an open end."""
    latest = today + MOST_AHEAD
    for day, is_start in ((first, True), (last, False)):
        if day and not EARLIEST <= day <= latest:
            values: dict[str, object] = {"earliest": EARLIEST, "latest": latest, "day": day}
            raise OutOfBoundsError(TOO_FAR, values, is_start=is_start)
    if first and last and (days := (last - first).days + 1) > MAX_DAYS:
        values = {"most": f"{MAX_DAYS:,}", "days": f"{days:,}"}
        raise OutOfBoundsError(TOO_LONG, values, is_start=True)


def is_within_bounds(first: date, last: date, today: date) -> bool:
    """True if `check_bounds` accepts these days."""
    try:
        check_bounds(first, last, today)
    except OutOfBoundsError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class OffsetPiece:
    """Before `until`, local time is `seconds` ahead of naive times. None: no end."""

    until: datetime | None
    seconds: int


def offset_pieces(
    first: datetime, last: datetime, naive_zone: tzinfo, zone: tzinfo
) -> tuple[OffsetPiece, ...]:
    """How far local time is ahead of the naive column between two naive moments, piece by piece.

    Steps of a day find each change of an offset, a bisection finds its second. The changes of both
    zones count. An hour that a clock repeats is read as its first pass.
    """
    pieces: list[OffsetPiece] = []
    left, seconds = first, _seconds_ahead(first, naive_zone, zone)
    while left < last:
        right = last if last - left <= DAY else left + DAY
        if _seconds_ahead(right, naive_zone, zone) == seconds:
            left = right
            continue
        left = _first_change(left, right, seconds, naive_zone, zone)
        pieces.append(OffsetPiece(left, seconds))
        seconds = _seconds_ahead(left, naive_zone, zone)
    return (*pieces, OffsetPiece(None, seconds))


def _first_change(
    left: datetime, right: datetime, seconds: int, naive_zone: tzinfo, zone: tzinfo
) -> datetime:
    """The first second after `left` and not after `right` with another offset."""
    later = range(1, int((right - left).total_seconds()) + 1)
    unchanged = bisect_left(
        later, True, key=lambda n: _seconds_ahead(left + n * SECOND, naive_zone, zone) != seconds
    )
    return left + later[unchanged] * SECOND


def _seconds_ahead(naive: datetime, naive_zone: tzinfo, zone: tzinfo) -> int:
    try:
        instant = naive.replace(tzinfo=naive_zone).astimezone(UTC)
        local = instant.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        # Beyond the end of the calendar: stay on its last day.
        return 0
    return int((local - naive).total_seconds())


# ── periods of the admin: whole local days ──────────────────────────────────────────────────────

PRESETS = (
    "today",
    "7d",
    "30d",
    "90d",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
)
DEFAULT_PRESET = "this_month"
# All calls; a report begins with the ledger's first day.
ALL = "all"
# Providers bill months of UTC days, whatever TIME_ZONE is.
BILLED_PRESETS = ("this_month_utc", "last_month_utc")
_BILLED = "_utc"
# Calendar units, in months.
_UNITS = {"month": 1, "quarter": 3, "year": 12}
MONTH, QUARTER = _UNITS["month"], _UNITS["quarter"]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of `zone`, both ends included. `preset` is the name, if it has one.

    `zone` is TIME_ZONE, or UTC for a billed month.
    """

    first: date
    last: date
    zone: tzinfo
    preset: str | None = None

    @property
    def range(self) -> Range:
        return range_of_days(self.first, self.last, self.zone)

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    @property
    def months(self) -> int:
        """Of a calendar month, quarter or year, the current one up to today: 1, 3, 12; else 0."""
        if self.preset:
            words = self.preset.removesuffix(_BILLED).split("_")
            return _UNITS.get(words[-1], 0)
        return next((n for n in _UNITS.values() if self._is_calendar(n)), 0)

    def _is_calendar(self, months: int) -> bool:
        first = first_of_unit(self.first, months)
        return self.first == first and self.last == last_of_unit(first, months)

    @property
    def is_month(self) -> bool:
        """True for a calendar month, and for the current month up to today."""
        return self.months == MONTH

    def has_days_of(self, zone: tzinfo) -> bool:
        """True if its days are also whole days of `zone`; those of a billed month rarely are."""
        return self.range == range_of_days(self.first, self.last, zone)

    def holds(self, day: date, zone: tzinfo) -> bool:
        """True if a whole day of `zone` lies in the period."""
        (start, end), (first, last) = range_of_days(day, day, zone).bounds, self.range.bounds
        return first <= start and end <= last

    def previous(self, now: datetime) -> "Comparison":
        """The comparable part of the period before, as of `now`.

        A month, quarter or year is compared with the one before, any other period with as many
        days just before it. If the period still runs, its comparison ends at the same local time
        of the same day.
        """
        last = self.first - DAY
        length = self.length * DAY
        first = first_of_unit(last, self.months) if self.months else self.first - length
        local_now = now.astimezone(self.zone)
        day = first + (local_now.date() - self.first)
        # On 31 March, all of February.
        if not self.first <= local_now.date() <= self.last or day > last:
            return Comparison(first, last, self.zone, range_of_days(first, last, self.zone))
        until = datetime.combine(day, local_now.time().replace(microsecond=0), self.zone)
        reached = Range(start_of_day(first, self.zone), until.astimezone(UTC))
        return Comparison(first, day, self.zone, reached)

    def shifted(self, direction: int) -> "Period":
        """The neighbouring period, −1 before and +1 after: a month's neighbour is a month."""
        if not self.months:
            step = direction * self.length * DAY
            return Period(self.first + step, self.last + step, self.zone)
        day = self.first - DAY if direction < 0 else last_of_unit(self.first, self.months) + DAY
        first = first_of_unit(day, self.months)
        return Period(first, last_of_unit(first, self.months), self.zone)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The days that a period is compared with, and their exact range."""

    first: date
    last: date
    zone: tzinfo
    range: Range

    @property
    def until(self) -> datetime | None:
        """The end within the last day; None if all of it counts."""
        end = self.range.end
        return None if end == end_of_day(self.last, self.zone) else end


def named_period(name: str, now: datetime, zone: tzinfo) -> Period:
    """The period of one of `PRESETS` or `BILLED_PRESETS`, or of a billed month (2026-09_utc),
    as of `now` in `zone`. Raises `ValueError`."""
    if name in BILLED_PRESETS:
        month = preset_period(name.removesuffix(_BILLED), local_day(now, UTC), UTC)
        return replace(month, preset=name)
    if name.endswith(_BILLED):
        first = _first_of_month(name.removesuffix(_BILLED))
        return Period(first, last_of_month(first), UTC)
    return preset_period(name, local_day(now, zone), zone)


def check_period_name(name: str) -> None:
    """Raises `ValueError` with a sentence if `named_period` does not know `name`."""
    # Whether it is known does not depend on the time.
    named_period(name, datetime.combine(EARLIEST, time(), UTC), UTC)


def _first_of_month(month: str) -> date:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise ValueError("A month of UTC days is needed, like 2026-09_utc.") from None
    _check_year(first)
    return first


def billed_name(month: date, now: datetime) -> str:
    """The name for `named_period` of the billed month that begins on `month`, as of `now`.

    Empty if it has not begun.
    """
    today = local_day(now, UTC)
    for name in BILLED_PRESETS:
        if named_period(name, now, UTC).first == month:
            return name
    return f"{month:%Y-%m}{_BILLED}" if month <= today else ""


def preset_period(preset: str, today: date, zone: tzinfo) -> Period:
    """The period of one of `PRESETS`, as of the local day `today`. Raises `ValueError`."""
    which, _underscore, unit = preset.partition("_")
    if preset in PRESETS and unit in _UNITS:
        first = first_of_unit(today, _UNITS[unit])
        if which == "this":
            return Period(first, today, zone, preset)
        return Period(first_of_unit(first - DAY, _UNITS[unit]), first - DAY, zone, preset)
    days = {"today": 1, "7d": 7, "30d": 30, "90d": 90}.get(preset)
    if days is None:
        raise ValueError(f"One of {', '.join((*PRESETS, *BILLED_PRESETS))} is needed.")
    return Period(today - (days - 1) * DAY, today, zone, preset)


def running_preset(period: Period, today: date) -> str:
    """The name of the running month, quarter or year that begins as `period` does; else empty."""
    for unit, months in _UNITS.items():
        if period.months == months and period.first == first_of_unit(today, months):
            return f"this_{unit}"
    return ""


def days_touched(range: Range, zone: tzinfo) -> tuple[date, date]:
    """The first and last local day of a bounded range, partial days included."""
    start, end = range.bounds
    return local_day(start, zone), local_day(end, zone)


def last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def first_of_unit(day: date, months: int) -> date:
    """The first day of the month, quarter or year (1, 3 or 12 months) that has `day`."""
    return day.replace(month=day.month - (day.month - 1) % months, day=1)


def last_of_unit(first: date, months: int) -> date:
    """Its last day."""
    return last_of_month(first.replace(month=first.month + months - 1))
