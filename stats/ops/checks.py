"""System checks: traps of a deployment, told when it starts."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.utils import timezone

from stats.core.zones import column_zone
from stats.ops.collected import missing_static_files

DAYS_AHEAD = 366


def check_database_zone(**_kwargs: Any) -> list[CheckMessage]:
    """A zone with daylight saving writes one hour a year twice, which no reader can tell apart."""
    if not changes_offset(column_zone(), timezone.now()):
        return []
    return [
        Warning(
            f"DATABASE_TIME_ZONE={settings.DATABASE_TIME_ZONE} has daylight saving: the hour that "
            "is repeated when it ends is ambiguous in the table.",
            hint="Let the application that writes the table write UTC, or a zone without daylight "
            "saving, and set DATABASE_TIME_ZONE to it; else calls of that hour a year may be "
            "shown an hour off.",
            id="stats.W001",
        )
    ]


PER_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache")


def check_shared_cache(**_kwargs: Any) -> list[CheckMessage]:
    """Rates are counted in the cache: one of a process's own counts that process alone."""
    if not settings.CACHES["default"]["BACKEND"].endswith(PER_PROCESS):
        return []
    return [
        Warning(
            "The requests of API keys are counted in each process for itself: with several "
            "workers a key has its rate several times.",
            hint="Set CACHE_URL to a cache that all workers share, such as redis://127.0.0.1/0.",
            id="stats.W002",
        )
    ]


def check_static_files(**_kwargs: Any) -> list[CheckMessage]:
    """A page that links to a file that was not collected is a 500, the login before all."""
    missing = missing_static_files()
    if not missing:
        return []
    return [
        Warning(
            f"{len(missing)} static files are not collected, {missing[0]} among them: pages that "
            "link to them fail.",
            hint="Run manage.py collectstatic --noinput, then restart the server.",
            id="stats.W003",
        )
    ]


def changes_offset(zone: tzinfo, now: datetime) -> bool:
    """Whether the zone's offset from UTC changes within a year of `now` (aware)."""
    start = now.astimezone(UTC)
    days = (start + timedelta(days=day) for day in range(DAYS_AHEAD))
    return len({day.astimezone(zone).utcoffset() for day in days}) > 1
