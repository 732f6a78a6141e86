"""What an error of the database's driver means. MariaDB and MySQL number them; SQLite does not."""

from django.db.utils import OperationalError

LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213
# A statement took longer than it may: MariaDB's, MySQL's, SQLite's.
STATEMENT_TIMEOUTS = (1969, 3024, "interrupted")
# Access denied, to the server or the database; no such database.
REFUSALS = (1044, 1045, 1049, 1698)
# A server that only reads.
READ_ONLY = (1290, 1792, 1836, 3100)


class TooSlowError(Exception):
    """What was asked takes longer than a request may."""


def is_deadlock(error: OperationalError) -> bool:
    """Whether the transaction was undone for another one's sake."""
    return error.args[:1] == (DEADLOCK,)


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether the statement waited too long for another transaction."""
    return error.args[:1] == (LOCK_WAIT_TIMEOUT,)


def is_refusal(error: Exception) -> bool:
    """Whether the server answered, and does not let this account in."""
    return bool(error.args) and error.args[0] in REFUSALS


def is_too_slow(error: OperationalError) -> bool:
    """Whether `stats.db.limits.answering_within` has ended the statement."""
    return bool(error.args) and error.args[0] in STATEMENT_TIMEOUTS


def is_read_only(error: Exception) -> bool:
    """Whether the server only reads."""
    is_sqlite_s = getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_READONLY")
    return is_sqlite_s or (bool(error.args) and error.args[0] in READ_ONLY)
