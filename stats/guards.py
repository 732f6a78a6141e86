"""Nobody takes another application's tables for his own (spec §1)."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

FIRST_MIGRATION = ("stats", "0001_tables")


def refuse_foreign_tables(using: str, **_kwargs: Any) -> None:
    """Before anything is migrated: standalone wants a database without `dt_*` tables of others.

    Raises `CommandError` with one sentence that names ADOPTED=1.
    """
    connection = connections[using]
    if settings.ADOPTED or FIRST_MIGRATION in MigrationRecorder(connection).applied_migrations():
        return
    foreign = [name for name in connection.introspection.table_names() if name.startswith("dt_")]
    if foreign:
        raise CommandError(
            f"This database already holds {', '.join(sorted(foreign))}, which this application "
            "did not create: set ADOPTED=1 to stand beside the application they belong to."
        )
