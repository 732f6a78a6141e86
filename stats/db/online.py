"""Indexes on another application's large, busy table, created and dropped while it writes.

Even an online change waits for open transactions, and every later statement on the table queues
behind it. So each attempt waits for `Patience.lock_wait` seconds at most, and attempts are spaced.
MariaDB runs in the tests; what is for MySQL 8 is written from its documentation.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from stats.db.errors import is_lock_timeout

logger = logging.getLogger(__name__)

# On the indexes that are ours, so that none but ours is ever dropped.
COMMENT = "Usage Ledger"
PROBE = "stats_index_probe"
ONLINE = "ALGORITHM=INPLACE LOCK=NONE"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and in seconds how long to hold others up and how long to let them pass."""

    tries: int = 20
    lock_wait: int = 2
    pause: float = 3


PATIENCE = Patience()


class NotDoneError(Exception):
    """The table could not be changed, for the reason it says; it is as it was."""


@dataclass(frozen=True, slots=True)
class IndexOn:
    """An index of ours: its name and columns, on a table."""

    table: str
    name: str
    columns: tuple[str, ...]

    @property
    def statement(self) -> str:
        columns = ", ".join(f"`{column}`" for column in self.columns)
        return (
            f"CREATE INDEX `{self.name}` ON `{self.table}` ({columns}) COMMENT '{COMMENT}' {ONLINE}"
        )


def create_index(
    connection: BaseDatabaseWrapper, index: IndexOn, patience: Patience = PATIENCE
) -> None:
    """Create an index unless there is one with the same columns, whatever its name.

    Raises `NotDoneError` where a transaction stays open, or the server refuses.
    """
    if index.columns in _columns_of_indexes(connection, index.table).values():
        return
    for name in silent_indexes(connection, index.table, [index]):
        _keep(connection, index.table, name, patience)
    _run(connection, index.statement, f"add the index {index.name} to {index.table}", patience)


def drop_index(
    connection: BaseDatabaseWrapper, table: str, name: str, patience: Patience = PATIENCE
) -> None:
    """Drop an index if it is there and ours. Raises `NotDoneError` as `create_index`."""
    if name in own_indexes(connection, table):
        # Online by itself: MariaDB 10.11 takes no ALGORITHM here.
        statement = f"DROP INDEX `{name}` ON `{table}`"
        _run(connection, statement, f"drop the index {name} of {table}", patience)


def own_indexes(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """The names of the indexes on a table that were created here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT index_name FROM information_schema.statistics WHERE "
            "table_schema = DATABASE() AND table_name = %s AND index_comment = %s ORDER BY 1",
            [table, COMMENT],
        )
        return [name for (name,) in cursor.fetchall()]


def silent_indexes(
    connection: BaseDatabaseWrapper, table: str, planned: Iterable[IndexOn]
) -> tuple[str, ...]:
    """The indexes that would vanish if the planned ones were created.

    An index that the server made by itself for a foreign key is dropped by it in silence when
    another can do its work. Nothing says which were made so: an empty copy of the table is asked.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TEMPORARY TABLE IF EXISTS {PROBE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {PROBE} LIKE `{table}`")
        before = _names(cursor)
        for number, index in enumerate(planned):
            columns = ", ".join(f"`{column}`" for column in index.columns)
            cursor.execute(f"CREATE INDEX probe_{number} ON {PROBE} ({columns})")
        after = _names(cursor)
        cursor.execute(f"DROP TEMPORARY TABLE {PROBE}")
    return tuple(sorted(before - after))


def _names(cursor: Any) -> set[str]:
    cursor.execute(f"SHOW INDEX FROM {PROBE}")
    return {row[2] for row in cursor.fetchall()}


def _keep(connection: BaseDatabaseWrapper, table: str, name: str, patience: Patience) -> None:
    """Make an index one that somebody asked for, so that the server lets it be."""
    columns = ", ".join(f"`{part}`" for part in _columns_of_indexes(connection, table)[name])
    if connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        statement = f"CREATE OR REPLACE INDEX `{name}` ON `{table}` ({columns}) {ONLINE}"
    else:
        statement = (
            f"ALTER TABLE `{table}` DROP INDEX `{name}`, ADD INDEX `{name}` ({columns}), "
            "ALGORITHM=INPLACE, LOCK=NONE"
        )
    _run(connection, statement, f"keep the index {name} of {table}", patience)


def _columns_of_indexes(connection: BaseDatabaseWrapper, table: str) -> dict[str, tuple[str, ...]]:
    """Per index of whole columns in a B-tree, its columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT index_name, column_name FROM information_schema.statistics WHERE "
            "table_schema = DATABASE() AND table_name = %s AND index_type = 'BTREE' "
            "AND sub_part IS NULL ORDER BY index_name, seq_in_index",
            [table],
        )
        columns: dict[str, tuple[str, ...]] = {}
        for index, column in cursor.fetchall():
            columns[index] = (*columns.get(index, ()), column)
        return columns


def _run(connection: BaseDatabaseWrapper, statement: str, task: str, patience: Patience) -> None:
    """Run a statement as often as `patience` has it, until no transaction is in its way."""
    with _short_lock_waits(connection, patience.lock_wait):
        for attempt in range(1, patience.tries + 1):
            if _attempt(connection, statement, task):
                return
            if attempt < patience.tries:
                logger.warning("Waiting to %s: a transaction that uses it is open.", task)
                time.sleep(patience.pause)
    raise NotDoneError(
        f"Could not {task}: a transaction that uses the table stayed open during "
        f"{patience.tries} attempts{_blocker(connection)}. Nothing was held up for longer than "
        f"{patience.lock_wait} s; what is done so far stays: run this again when it has ended."
    )


def _attempt(connection: BaseDatabaseWrapper, statement: str, task: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except OperationalError as error:
        if is_lock_timeout(error):
            return False
        raise NotDoneError(f"Could not {task}: the server says {error.args[1]!r}.") from error
    return True


@contextmanager
def _short_lock_waits(connection: BaseDatabaseWrapper, seconds: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@session.lock_wait_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("SET SESSION lock_wait_timeout = %s", [seconds])
        try:
            yield
        finally:
            cursor.execute("SET SESSION lock_wait_timeout = %s", [usual])


def _blocker(connection: BaseDatabaseWrapper) -> str:
    """The oldest open transaction, in brackets; without the right PROCESS how to see it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.trx_mysql_thread_id, p.user, p.host, "
                "TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) FROM information_schema.innodb_trx t "
                "LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
                "WHERE t.trx_mysql_thread_id NOT IN (0, CONNECTION_ID()) ORDER BY t.trx_started"
            )
            oldest = cursor.fetchone()
    except DatabaseError:
        return " (which one, only an account with the right PROCESS can see)"
    if oldest is None:
        return ""
    number, user, host, seconds = oldest
    return f" (the oldest is connection {number}, {user}@{host}, open for {seconds} s)"
