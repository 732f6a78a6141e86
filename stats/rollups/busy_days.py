"""Local days that have anything, calls or sums: of others there is nothing to compare or to make.

They are looked up one after the other by index, so that a call of the year 1001 beside those of
this year costs a look, and not a thousand years of days.
"""

from collections.abc import Iterator
from datetime import date

from stats.core.periods import DAY, Range, last_of_month, local_day, start_of_day
from stats.core.zones import reading_zone
from stats.db.rows import first_date, last_date
from stats.models import UNDATED, APIUsageStats, DayFailure
from stats.rollups import grains
from stats.rollups.local_days import first_and_last_time, first_time, is_within

# Days that are read at once, for a rebuild or to be compared: what they are summed up to is held in
# memory, and folds wait that long.
SPAN_DAYS = 7

Span = tuple[date, date]
UNDATED_SPAN = (UNDATED, UNDATED)
FIRST_DAY = UNDATED + DAY


def last_day() -> date:
    """The last local day that has calls or sums; `UNDATED` where there is none."""
    _first, moment = first_and_last_time()
    days = [moment and local_day(moment, reading_zone()), last_date(_day_columns(), FIRST_DAY)]
    return max((day for day in days if day), default=UNDATED)


def spans(first: date, last: date) -> Iterator[Span]:
    """From `first` to `last` the days that have calls or sums, with few others, in spans of at most
    `SPAN_DAYS`; those without a time first, if they are among them."""
    if first == UNDATED:
        yield UNDATED_SPAN
        first = FIRST_DAY
    while first <= last and (start := _next_day(first)) is not None and start <= last:
        end = min(last, start + min((SPAN_DAYS - 1) * DAY, date.max - start))
        yield start, end
        if end == date.max:
            return
        first = end + DAY


def months(first: date, last: date) -> Iterator[Span]:
    """The same days by months, whole but for the first and the last, sums of months included."""
    if first == UNDATED:
        yield UNDATED_SPAN
        first = FIRST_DAY
    while first <= last and (start := _next_day_or_month(first)) is not None and start <= last:
        end = min(last, last_of_month(start))
        yield start, end
        if end == date.max:
            return
        first = end + DAY


def _next_day(since: date) -> date | None:
    """The first local day from `since` on that has calls or sums."""
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
