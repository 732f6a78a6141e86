"""Fast conversion of many times from the table's column to TIME_ZONE, text to text."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache

from stats.core.periods import HOUR, SECOND
from stats.core.zones import FIRST_TIME, last_time

# Size of the cache. A small one does: rows come nearly in the order of their times.
MOST_HOURS = 1_000


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of the column's clock in which the offset to local time is constant.

    `minutes` maps its minutes to local ones. Those before `turn` are in the local hour `early`, the
    others in `late`.
    """

    minutes: dict[str, str]
    turn: str
    early: str
    late: str
    offset: str


class LocalTimes:
    """`2026-11-24 16:00:00` as the column holds it → `2026-11-25T00:00:00+08:00`.

    The results of `astimezone` at a fraction of the cost, since each hour is converted once. A
    text that is no time (`stats.db.times`) gives None.
    """

    def __init__(self, column_zone: tzinfo, zone: tzinfo) -> None:
        self.column_zone = column_zone
        self.zone = zone
        self.hours: dict[str, _Hour | None] = {}

    def __call__(self, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            hour = self.hours[text[:13]]
        except KeyError:
            hour = self._remembered(text[:13])
        if hour is None:
            return self._converted(text[:19])
        minute = text[14:16]
        start = hour.early if minute < hour.turn else hour.late
        return f"{start}{hour.minutes[minute]}{text[16:19]}{hour.offset}"

    def _converted(self, text: str) -> str | None:
        try:
            return self._local(text).isoformat()
        except (ValueError, OverflowError):
            return None

    def _local(self, text: str) -> datetime:
        """Raises `ValueError` for what is no time."""
        naive = datetime.fromisoformat(text)
        if not FIRST_TIME <= naive <= last_time():
            raise ValueError(text)
        return naive.replace(tzinfo=self.column_zone).astimezone(self.zone)

    def _remembered(self, text: str) -> _Hour | None:
        if len(self.hours) >= MOST_HOURS:
            self.hours.clear()
        hour = self.hours[text] = self._hour(text)
        return hour

    def _hour(self, text: str) -> _Hour | None:
        """The conversion of an hour; None if each of its times must be converted by itself."""
        try:
            first, last = (self._local(f"{text}:{rest}") for rest in ("00:00", "59:59"))
        except (ValueError, OverflowError):
            return None
        start, end = first.replace(tzinfo=None), last.replace(tzinfo=None)
        offset = first.isoformat()[19:]
        is_even = end - start == HOUR - SECOND and first.utcoffset() == last.utcoffset()
        # Historical offsets have seconds.
        if not is_even or first.second or len(offset) > len("+00:00"):
            return None
        late = (start + HOUR).isoformat()[:14]
        turn = f"{60 - first.minute:02}"
        return _Hour(_minutes_after(first.minute), turn, start.isoformat()[:14], late, offset)


@cache
def _minutes_after(first: int) -> dict[str, str]:
    return {f"{minute:02}": f"{(first + minute) % 60:02}" for minute in range(60)}
