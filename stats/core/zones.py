"""The two time zones of a deployment (spec §1)."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings


def reading_zone() -> tzinfo:
    """TIME_ZONE: the zone in which people read days."""
    return ZoneInfo(settings.TIME_ZONE)


def column_zone() -> tzinfo:
    """DATABASE_TIME_ZONE: the zone of naive datetimes, in the table and elsewhere."""
    return ZoneInfo(settings.DATABASE_TIME_ZONE)


# A column can hold earlier times; a local day before this one stands for calls without a time.
FIRST_TIME = datetime(1000, 1, 3)


def last_time() -> datetime:
    """The last time of the column, naive, that has a local day: not beyond the year 9999 here or
    there."""
    return _last_time(column_zone(), reading_zone())


@lru_cache(maxsize=8)
def _last_time(column: tzinfo, reading: tzinfo) -> datetime:
    last = datetime.max.replace(microsecond=0)
    try:
        last.replace(tzinfo=column).astimezone(UTC).astimezone(reading)
    except OverflowError:
        return last - timedelta(days=1)
    return last
