"""Local days with calls or sums. On other days there is nothing to compare or to rebuild.

They are looked up by index, one after the other: a call of the year 1001 costs one look-up, not a
thousand years of days.
"""

from collections.abc import Callable, Iterator
from datetime import date

from stats.core.periods import DAY, Range, last_of_month, local_day, start_of_day
from stats.core.zones import reading_zone
from stats.db.rows import first_date, last_date
from stats.models import UNDATED, APIUsageStats, DayFailure
from stats.rollups import grains
from stats.rollups.local_days import first_and_last_time, first_time, is_within

# Days that are rebuilt or verified at once: their sums are held in memory, and folds wait.
SPAN_DAYS = 7

Span = tuple[date, date]
UNDATED_SPAN = (UNDATED, UNDATED)
FIRST_DAY = UNDATED + DAY


def last_day() -> date:
    """The last local day with calls or sums; `UNDATED` without any."""
    _first, moment = first_and_last_time()
    days = [moment and local_day(moment, reading_zone()), last_date(_day_columns(), FIRST_DAY)]
    return max((day for day in days if day), default=UNDATED)


def spans(first: date, last: date) -> Iterator[Span]:
    """The days with calls or sums from `first` to `last`, and few others, in spans of at most
    `SPAN_DAYS`. `UNDATED` is a span of its own."""
    week = (SPAN_DAYS - 1) * DAY
    return _stretches(first, last, _next_day, lambda start: start + min(week, date.max - start))


def months(first: date, last: date) -> Iterator[Span]:
    """The same days by month. Months count as busy if they have sums of their own."""
    return _stretches(first, last, _next_day_or_month, last_of_month)


def _stretches(
    first: date,
    last: date,
    next_day: Callable[[date], date | None],
    end_of: Callable[[date], date],
) -> Iterator[Span]:
    if first == UNDATED:
        yield UNDATED_SPAN
        first = FIRST_DAY
    while first <= last and (start := next_day(first)) is not None and start <= last:
        end = min(last, end_of(start))
        yield start, end
        if end == date.max:
            return
        first = end + DAY


def _next_day(since: date) -> date | None:
    """The first local day from `since` on with calls or sums."""
    later = is_within(Range(start_of_day(since, reading_zone()), None))
    moment = first_time(APIUsageStats.objects.filter(later))
    days = [moment and local_day(moment, reading_zone()), first_date(_day_columns(), since)]
    return min((day for day in days if day), default=None)


def _next_day_or_month(since: date) -> date | None:
    columns = [(grain.table, "month") for grain in grains.by_month()]
    month = first_date(columns, max(since.replace(day=1), FIRST_DAY))
    days = [_next_day(since), month and max(month, since)]
    return min((day for day in days if day), default=None)


def _day_columns() -> list[tuple[str, str]]:
    tables = [*(grain.table for grain in grains.by_day()), DayFailure._meta.db_table]
    return [(table, "day") for table in tables]
