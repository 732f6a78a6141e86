"""System checks for faults of a deployment."""

from collections.abc import Collection
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.models import Model
from django.utils import timezone

from stats.core.zones import column_zone
from stats.db.dialects import dialect, refuse_unknown
from stats.db.dialects.base import MANY_IDS_USED
from stats.models.calls import APIUsageStats
from stats.models.users_and_jobs import EndUser, TranslationJob
from stats.ops.collected import missing_static_files

CALLS_TABLE = APIUsageStats._meta.db_table
DAYS_AHEAD = 366
LOGS_STATEMENTS = (
    "The database's server has binlog_format=STATEMENT, under which it refuses each write of a "
    "session that is READ COMMITTED, as those of this application are (error 1665)."
)
ROW_BASED_LOG = (
    "Let the server's administrator set binlog_format=ROW or MIXED, in its configuration and by "
    "SET GLOBAL, then connect anew."
)

READ_IN_UTC = (
    f"{CALLS_TABLE}.created_at is a TIMESTAMP, which this application reads and writes in UTC; "
    "DATABASE_TIME_ZONE is another zone."
)
SET_UTC = (
    "Set DATABASE_TIME_ZONE=UTC, whatever the zone of the server and of the other application."
)


def check_database_zone(**_kwargs: Any) -> list[CheckMessage]:
    """Warn of daylight saving in DATABASE_TIME_ZONE: it makes one hour a year ambiguous."""
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


def check_database_vendor(**_kwargs: Any) -> list[CheckMessage]:
    """An error for a database without a dialect."""
    try:
        refuse_unknown()
    except ImproperlyConfigured as error:
        hint = "Set DATABASE_URL to mysql://… or sqlite:///…."
        return [Error(str(error), hint=hint, id="stats.E002")]
    return []


def check_binary_log(
    databases: Collection[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """An error for binlog_format=STATEMENT, under which the server refuses our writes."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not dialect().logs_statements():
        return []
    return [Error(LOGS_STATEMENTS, hint=ROW_BASED_LOG, id="stats.E001")]


def check_timestamp(databases: Collection[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """An error for a TIMESTAMP that would be read in the server's zone."""
    is_read_well = DEFAULT_DB_ALIAS not in (databases or ()) or settings.DATABASE_TIME_ZONE == "UTC"
    if is_read_well or "created_at" not in dialect().timestamps(CALLS_TABLE):
        return []
    return [Error(READ_IN_UTC, hint=SET_UTC, id="stats.E003")]


def check_columns(databases: Collection[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """An error for each column that a setting names and the adopted table lacks: its pages fail."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not settings.ADOPTED:
        return []
    # Without the tables, `migrate` says so itself.
    with suppress(DatabaseError):
        return [
            Error(
                f"{model._meta.db_table} has no column {column}, which a setting names.",
                hint="Correct the setting: manage.py adopt_database lists which columns there are.",
                id="stats.E005",
            )
            for model in (EndUser, TranslationJob)
            for column in _missing_columns(model)
        ]
    return []


def _missing_columns(model: type[Model]) -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, model._meta.db_table)
    present = {column.name.lower() for column in found}
    columns = (str(field.column) for field in model._meta.concrete_fields)
    return [column for column in columns if column.lower() not in present]


def check_ids(databases: Collection[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Warn before the ids of calls run out: then no application can write a call."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with suppress(DatabaseError):
        share = dialect().share_of_ids(CALLS_TABLE)
        if share >= MANY_IDS_USED:
            return [
                Warning(
                    f"{share:.0%} of the ids of {CALLS_TABLE} are used: at the end of them no call "
                    "can be recorded.",
                    hint="The owner of the table has to make its id BIGINT in time.",
                    id="stats.W004",
                )
            ]
    return []


def refuse_unusable_server() -> None:
    """Raises `ImproperlyConfigured` if the database would refuse our writes, or tell wrong times.

    A server that does not answer passes: it may come back.
    """
    with suppress(DatabaseError), closing(connection):
        for check in (check_binary_log, check_timestamp):
            for error in check([DEFAULT_DB_ALIAS]):
                raise ImproperlyConfigured(f"{error.msg} {error.hint}")


PER_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache")


def check_shared_cache(**_kwargs: Any) -> list[CheckMessage]:
    """Warn of a cache per process: API rates are counted in the cache."""
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
    """Warn of static files that are not collected: pages that link to one answer 500."""
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
    """True if the zone's offset from UTC changes within a year after `now` (aware)."""
    start = now.astimezone(UTC)
    days = (start + timedelta(days=day) for day in range(DAYS_AHEAD))
    return len({day.astimezone(zone).utcoffset() for day in days}) > 1
