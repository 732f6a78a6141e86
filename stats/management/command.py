"""The base class of commands, and their arguments for days."""

import logging
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError, close_old_connections
from django.utils import timezone

from stats.core.periods import check_bounds, local_day
from stats.core.zones import reading_zone
from stats.db.errors import is_refusal
from stats.ops.readiness import NotMigratedError, NotReadyError, check_ready

logger = logging.getLogger(__name__)
Value = TypeVar("Value")
# Errors of a database that does not answer or is not migrated.
DATABASE_ERRORS = (OperationalError, InterfaceError, ProgrammingError)


class DatabaseCommand(BaseCommand):
    """A command that ends with one sentence if it is refused, or if the database does not answer or
    is not migrated."""

    # Exceptions that refuse the command. Their message is the sentence.
    refusals: tuple[type[Exception], ...] = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except self.refusals as error:
            raise CommandError(str(error)) from error
        except DATABASE_ERRORS as error:
            _refuse_lasting(error)
            raise CommandError(f"The database does not answer as it should: {error}.") from error


def run_round(work: Callable[[], object], seconds: float) -> None:
    """One round of a loop; if the database does not answer, the next one comes in `seconds`.

    Raises `CommandError` if waiting would not help.
    """
    try:
        work()
    except DATABASE_ERRORS as error:
        _refuse_lasting(error)
        logger.warning("The database does not answer (%s); again in %g s", error, seconds)


def _refuse_lasting(error: Exception) -> None:
    """Raises `CommandError`, or the error if it is our own, where waiting would not help."""
    if reason := permanent_reason(error):
        raise CommandError(reason) from error
    if isinstance(error, ProgrammingError):
        raise error


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
        pass
    return ""


def argument(
    read: Callable[[str], Value], refusal: type[Exception] = ValueError
) -> Callable[[str], Value]:
    """The type of an argument: the parser says why `read` refuses a text."""

    def parse(text: str) -> Value:
        try:
            return read(text)
        except refusal as error:
            raise ArgumentTypeError(str(error)) from None

    return parse


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"A day is needed, like 2026-10-09; this is {text}.") from None
    check_bounds(found, found, local_day(timezone.now(), reading_zone()))
    return found


# The type of an argument: a day where a period may begin or end.
day = argument(_day)


def add_days(parser: CommandParser) -> None:
    """Add the arguments --from and --to, as `first` and `last`."""
    parser.add_argument("--from", dest="first", type=day, metavar="DATE")
    parser.add_argument("--to", dest="last", type=day, metavar="DATE")


def days_between(first: date | None, last: date | None) -> tuple[date, date] | None:
    """The days of `add_days`; None if neither is given. Raises `CommandError`."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise CommandError("--from and --to belong together.")
    if last < first:
        raise CommandError("--to lies before --from.")
    return first, last
