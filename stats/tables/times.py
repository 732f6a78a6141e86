"""Times of the column, as text, in TIME_ZONE: many of them, in little time."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache

from stats.core.periods import SECOND
from stats.core.zones import FIRST_TIME, last_time

HOUR = timedelta(hours=1)
# Rows come nearly in the order of their times.
MOST_HOURS = 1_000


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour of the column's clock, within which local time is always as far ahead. `minutes`
    are its minutes in local time: those before `turn` in the hour `early`, the others in `late`."""

    minutes: dict[str, str]
    turn: str
    early: str
    late: str
    offset: str


class LocalTimes:
    """`2026-11-24 16:00:00` as the column holds it → `2026-11-25T00:00:00+08:00`.

    What `astimezone` says, at a fraction of its cost: it is asked once an hour. What is no time
    (`stats.db.times`) is None.
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
        """None where every time of the hour has to be looked at."""
        try:
            first, last = (self._local(f"{text}:{rest}") for rest in ("00:00", "59:59"))
        except (ValueError, OverflowError):
            return None
        start, end = first.replace(tzinfo=None), last.replace(tzinfo=None)
        offset = first.isoformat()[19:]
        is_even = end - start == HOUR - SECOND and first.utcoffset() == last.utcoffset()
        # Zones of old were ahead by seconds, too.
        if not is_even or first.second or len(offset) > len("+00:00"):
            return None
        late = (start + HOUR).isoformat()[:14]
        turn = f"{60 - first.minute:02}"
        return _Hour(_minutes_after(first.minute), turn, start.isoformat()[:14], late, offset)


@cache
def _minutes_after(first: int) -> dict[str, str]:
    return {f"{minute:02}": f"{(first + minute) % 60:02}" for minute in range(60)}
