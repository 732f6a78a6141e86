"""The two zones of this deployment (spec §1)."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings


def reading_zone() -> tzinfo:
    """TIME_ZONE: the zone whose days people read."""
    return ZoneInfo(settings.TIME_ZONE)


def column_zone() -> tzinfo:
    """DATABASE_TIME_ZONE: the zone of the naive datetimes in the table, and of any other."""
    return ZoneInfo(settings.DATABASE_TIME_ZONE)
