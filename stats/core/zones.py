"""The two time zones of a deployment (spec §1)."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings


def reading_zone() -> tzinfo:
    """TIME_ZONE: the zone in which people read days."""
    return ZoneInfo(settings.TIME_ZONE)


def column_zone() -> tzinfo:
    """DATABASE_TIME_ZONE: the zone of naive datetimes, in the table and elsewhere."""
    return ZoneInfo(settings.DATABASE_TIME_ZONE)
