"""Checks that this process can serve: the database accepts writes and is migrated, and static files
are collected."""

from functools import cache

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from stats.db.dialects import dialect
from stats.ops.collected import missing_static_files


class NotReadyError(Exception):
    """The process cannot serve. The message is public and holds no secret."""


class NotMigratedError(NotReadyError):
    """The database answers but lacks migrations."""


def check_ready() -> None:
    """Raises `NotReadyError` with the first reason, `NotMigratedError` for missing migrations."""
    try:
        _check_database()
    except Error as error:
        raise NotReadyError("The database does not answer.") from error
    if files := static_files_missing_at_start():
        raise NotReadyError(
            f"Static files are missing: {files[0]} and {len(files) - 1} more. Run "
            "`manage.py collectstatic`, then restart."
        )


@cache
def static_files_missing_at_start() -> list[str]:
    # Once per process, since Django reads the manifest once: an upgrade changes the files while the
    # old version still serves.
    return missing_static_files()


def _check_database() -> None:
    if missing := _missing_migrations():
        raise NotMigratedError(f"Migrations are missing: {', '.join(missing)}.")
    # A replica or a retired server: nobody could record or log in.
    if dialect().is_read_only():
        raise NotReadyError("The database only reads: it takes no calls.")


def _missing_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
