"""Refuses to migrate a database whose tables belong to another application (spec §1)."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from stats.adoption.belongings import foreign_tables
from stats.adoption.facts import TABLES
from stats.db.dialects import dialect

FIRST_MIGRATION = ("stats", "0001_tables")


def refuse_foreign_tables(**_kwargs: Any) -> None:
    """Check the tables before anything is migrated.

    A standalone database must have no `dt_*` tables of another application. An adopted one must
    have the three tables, and no other tables with the names of ours.
    Raises `CommandError` with one sentence, which names ADOPTED=1.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    present = dialect().table_names()
    if settings.ADOPTED:
        _refuse_unfit(present, {app for app, _name in applied})
        return
    if FIRST_MIGRATION in applied:
        return
    foreign = [name for name in present if name.startswith("dt_")]
    if foreign:
        raise CommandError(
            f"This database already holds {', '.join(sorted(foreign))}, which this application "
            "did not create: set ADOPTED=1 to stand beside the application they belong to."
        )


def _refuse_unfit(present: Collection[str], migrated_apps: Collection[str]) -> None:
    missing = [name for name in TABLES if name not in present]
    if missing:
        raise CommandError(
            f"ADOPTED=1, but this database has no {', '.join(missing)}: check DATABASE_URL, and "
            "let manage.py adopt_database look at it."
        )
    foreign = foreign_tables(present, migrated_apps)
    if foreign:
        raise CommandError(
            f"ADOPTED=1, but {', '.join(foreign)} in this database belong to another application "
            "and bear the names of this one's: the two cannot share a database."
        )
