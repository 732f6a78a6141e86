"""What commands have in common: a database that is away is told in a sentence."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError, close_old_connections

from stats.db.errors import is_refusal
from stats.ops.readiness import NotMigratedError, NotReadyError, check_ready

# What a database that is away, or has none of our tables, ends a statement with.
DATABASE_ERRORS = (OperationalError, InterfaceError, ProgrammingError)


class DatabaseCommand(BaseCommand):
    """A command that ends in a sentence where the database goes away or is not migrated."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DATABASE_ERRORS as error:
            if lasting := what_lasts(error):
                raise CommandError(lasting) from error
            if isinstance(error, ProgrammingError):
                raise
            raise CommandError(f"The database does not answer as it should: {error}.") from error


def what_lasts(error: Exception) -> str:
    """What stays so until somebody mends it; empty where the database may come back by itself."""
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
