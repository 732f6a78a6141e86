"""What the commands of months and their closings have in common."""

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from stats.closings.chain import ClosingError
from stats.closings.closing import month_of
from stats.management.command import argument
from stats.rollups.rebuilding import RollupsBusyError

REFUSALS = (ClosingError, RollupsBusyError)
# The type of an argument: a month, by its first day.
month = argument(month_of, ClosingError)


def add_month(parser: CommandParser) -> None:
    """Add the argument for a month."""
    parser.add_argument("month", type=month, metavar="MONTH", help="such as 2026-10")


def add_account(parser: CommandParser) -> None:
    """Add --by."""
    parser.add_argument("--by", metavar="USERNAME", required=True, help="whose decision it is")


def account_of(username: str) -> User:
    """Raises `ClosingError` if there is no such account."""
    account = User.objects.filter(username=username).first()
    if account is None:
        raise ClosingError(f"There is no account {username}.")
    return account
