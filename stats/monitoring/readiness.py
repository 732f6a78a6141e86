"""Whether this process can serve: the database answers, and has every table it is to have."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor


class NotReadyError(Exception):
    """In a sentence for anybody, without secrets."""


class NotMigratedError(NotReadyError):
    """The database answers, and lacks tables."""


def check_ready() -> None:
    """Raises `NotReadyError` without a database, `NotMigratedError` with migrations to run."""
    try:
        missing = _missing_migrations()
    except Error as error:
        raise NotReadyError("The database does not answer.") from error
    if missing:
        raise NotMigratedError(f"Migrations are missing: {', '.join(missing)}.")


def _missing_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
