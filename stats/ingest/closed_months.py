"""What comes in and changes a closed month: it is taken, with a warning."""

import time
from collections.abc import Iterable
from datetime import date, datetime

from stats.core.periods import DAY, Range, last_of_month, range_of_days
from stats.core.zones import reading_zone
from stats.ingest.validation import CLOSED_MONTH, NewCall
from stats.models import ClosingEntry, DayUser

# Another process may have closed a month meanwhile.
SECONDS_REMEMBERED = 10.0
# When they were read, and the closed months then.
_read: tuple[float, tuple[Range, ...]] | None = None


def warn(new_calls: Iterable[NewCall]) -> None:
    """Add the warning to calls of closed months."""
    if not (months := _closed()):
        return
    for call in new_calls:
        if call.created_at and _is_within(call.created_at, months):
            call.warnings += (CLOSED_MONTH,)


def with_calls(user_id: int, spans: Iterable[tuple[date, date]]) -> list[date]:
    """The closed months that have calls of a user on these local days, both ends included."""
    months = ClosingEntry.objects.closed_months()
    days = [
        first + n * DAY
        for span in spans
        for month in months
        for first, last in [(max(month, span[0]), min(last_of_month(month), span[1]))]
        for n in range((last - first).days + 1)
    ]
    found = DayUser.objects.filter(user_id=user_id, day__in=days).values_list("day", flat=True)
    return sorted({day.replace(day=1) for day in found})


def forget() -> None:
    """Let the next call read them again."""
    global _read
    _read = None


def _closed() -> tuple[Range, ...]:
    global _read
    now = time.monotonic()
    if _read is None or now - _read[0] > SECONDS_REMEMBERED:
        months = ClosingEntry.objects.closed_months()
        zone = reading_zone()
        _read = now, tuple(range_of_days(month, last_of_month(month), zone) for month in months)
    return _read[1]


def _is_within(moment: datetime, months: tuple[Range, ...]) -> bool:
    last = months[-1].end
    if last and moment > last:
        # As nearly all calls are.
        return False
    return any(month.start <= moment <= month.end for month in months if month.start and month.end)
