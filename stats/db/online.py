"""Indexes on another application's table, created and dropped when its owner asks for it.

Even an online change wants the table for itself for a moment, and those that its foreign keys
point to. While it waits, everything queues behind it, and a transaction that has changed such a row
and then writes a call is ended by the server as part of a deadlock. So on MariaDB nothing is waited
for: attempts fail at once and are spaced. MySQL knows no shorter wait than a second.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from stats.db.errors import is_deadlock, is_lock_timeout

logger = logging.getLogger(__name__)

# On the indexes that are ours, so that none but ours is ever dropped.
COMMENT = "Usage Ledger"
PROBE = "stats_index_probe"
ONLINE = "ALGORITHM=INPLACE LOCK=NONE"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and in seconds how long to hold others up and how long to let them pass."""

    tries: int = 60
    lock_wait: int = 0
    pause: float = 1


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


def table_names(connection: BaseDatabaseWrapper) -> list[str]:
    """All tables and views of the database: Django's own list leaves system-versioned ones out."""
    if connection.vendor != "mysql":
        return connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        return [name for (name,) in cursor.fetchall()]


def missing(connection: BaseDatabaseWrapper, planned: Iterable[IndexOn]) -> list[IndexOn]:
    """Those of these indexes for which there is none with the same columns, whatever its name."""
    return [
        index
        for index in planned
        if index.columns not in _columns_of_indexes(connection, index.table).values()
    ]


def statements(connection: BaseDatabaseWrapper, planned: Iterable[IndexOn]) -> list[str]:
    """What creates the indexes that are missing, one after the other, and lets none vanish."""
    wanted = missing(connection, planned)
    kept = [
        _keeping(connection, table, name)
        for table in dict.fromkeys(index.table for index in wanted)
        for name in silent_indexes(connection, table, wanted)
    ]
    return [*kept, *(index.statement for index in wanted)]


def create_index(
    connection: BaseDatabaseWrapper, index: IndexOn, patience: Patience = PATIENCE
) -> None:
    """Create an index unless there is one with the same columns, whatever its name.

    Raises `NotDoneError` where a transaction stays open, or the server refuses.
    """
    for statement in statements(connection, [index]):
        _run(connection, statement, f"add the index {index.name} to {index.table}", patience)


def drop_index(
    connection: BaseDatabaseWrapper, table: str, name: str, patience: Patience = PATIENCE
) -> None:
    """Drop an index if it is there and ours. Raises `NotDoneError` as `create_index`."""
    if name in own_indexes(connection, table):
        _run(connection, dropping(table, name), f"drop the index {name} of {table}", patience)


def dropping(table: str, name: str) -> str:
    """The statement that drops an index: online by itself. MariaDB takes no ALGORITHM here."""
    return f"DROP INDEX `{name}` ON `{table}`"


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
    another can do its work. Nothing says which were made so: an empty copy of the table is asked,
    which a partitioned table has not, nor foreign keys.
    """
    if _is_partitioned(connection, table):
        return ()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TEMPORARY TABLE IF EXISTS {PROBE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {PROBE} LIKE `{table}`")
        before = _names(cursor)
        for number, index in enumerate(planned):
            columns = ", ".join(f"`{column}`" for column in index.columns)
            cursor.execute(f"CREATE INDEX probe_{number} ON {PROBE} ({columns})")
        after = _names(cursor)
        cursor.execute(f"DROP TEMPORARY TABLE {PROBE}")
    return tuple(name for name in before if name not in after)


def _is_partitioned(connection: BaseDatabaseWrapper, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.partitions WHERE table_schema = DATABASE() "
            "AND table_name = %s AND partition_name IS NOT NULL LIMIT 1",
            [table],
        )
        return cursor.fetchone() is not None


def _names(cursor: Any) -> list[str]:
    """In the order of the table's definition."""
    cursor.execute(f"SHOW INDEX FROM {PROBE}")
    return list(dict.fromkeys(row[2] for row in cursor.fetchall()))


def _keeping(connection: BaseDatabaseWrapper, table: str, name: str) -> str:
    """The statement that makes an index one that somebody asked for: the server lets it be."""
    columns = ", ".join(f"`{part}`" for part in _columns_of_indexes(connection, table)[name])
    if connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        return f"CREATE OR REPLACE INDEX `{name}` ON `{table}` ({columns}) {ONLINE}"
    return (
        f"ALTER TABLE `{table}` DROP INDEX `{name}`, ADD INDEX `{name}` ({columns}), "
        "ALGORITHM=INPLACE, LOCK=NONE"
    )


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
    seconds = patience.lock_wait
    if not connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        seconds = max(seconds, 1)
    with _short_lock_waits(connection, seconds):
        for attempt in range(1, patience.tries + 1):
            if _attempt(connection, statement, task):
                return
            if attempt < patience.tries:
                logger.warning("Waiting to %s: a transaction that uses it is open.", task)
                time.sleep(patience.pause)
    raise NotDoneError(
        f"Could not {task}: a transaction that uses the table stayed open during "
        f"{patience.tries} attempts{_blocker(connection)}. Nothing was held up for longer than "
        f"{seconds} s; what is done so far stays: run this again when it has ended."
    )


def _attempt(connection: BaseDatabaseWrapper, statement: str, task: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except OperationalError as error:
        # MySQL takes the attempt itself for what a deadlock is to be ended by.
        if is_lock_timeout(error) or is_deadlock(error):
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
