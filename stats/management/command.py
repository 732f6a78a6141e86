"""The base class of commands: a database that does not answer is one sentence."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError, close_old_connections

from stats.db.errors import is_refusal
from stats.ops.readiness import NotMigratedError, NotReadyError, check_ready

# Errors of a database that does not answer or is not migrated.
DATABASE_ERRORS = (OperationalError, InterfaceError, ProgrammingError)


class DatabaseCommand(BaseCommand):
    """A command that ends with one sentence if the database does not answer or is not migrated."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DATABASE_ERRORS as error:
            if reason := permanent_reason(error):
                raise CommandError(reason) from error
            if isinstance(error, ProgrammingError):
                raise
            raise CommandError(f"The database does not answer as it should: {error}.") from error


def permanent_reason(error: Exception) -> str:
    """Why a retry would not help, as a sentence; empty if the database may come back by itself."""
    if is_refusal(error):
        return f"The database does not let this account in: {error}. Check DATABASE_URL."
    close_old_connections()
    try:
        check_ready()
    except NotMigratedError as missing:
        return f"{missing} Run manage.py migrate."
    except NotReadyError:
        return ""
    return ""
