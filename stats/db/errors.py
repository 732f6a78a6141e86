"""What a database error means, by its number. SQLite has no numbers."""

from django.db.utils import OperationalError

LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213
# A statement exceeded its time limit: on MariaDB, MySQL, SQLite.
STATEMENT_TIMEOUTS = (1969, 3024, "interrupted")
# Access denied, to the server or the database; no such database.
REFUSALS = (1044, 1045, 1049, 1698)
# The server is read-only.
READ_ONLY = (1290, 1792, 1836, 3100)


class TooSlowError(Exception):
    """A statement exceeded its time limit."""


def is_deadlock(error: OperationalError) -> bool:
    """True if the server rolled the transaction back to end a deadlock."""
    return error.args[:1] == (DEADLOCK,)


def is_lock_timeout(error: OperationalError) -> bool:
    """True if the statement waited too long for another transaction."""
    return error.args[:1] == (LOCK_WAIT_TIMEOUT,)


def is_refusal(error: Exception) -> bool:
    """True if the server refuses this account or database."""
    return bool(error.args) and error.args[0] in REFUSALS


def is_too_slow(error: OperationalError) -> bool:
    """True if `stats.db.limits.answering_within` ended the statement."""
    return bool(error.args) and error.args[0] in STATEMENT_TIMEOUTS


def is_read_only(error: Exception) -> bool:
    """True if the server is read-only."""
    is_sqlite_s = getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_READONLY")
    return is_sqlite_s or (bool(error.args) and error.args[0] in READ_ONLY)
