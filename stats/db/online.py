"""Indexes on another application's table, created and dropped when its owner asks for it.

Even an online change locks the table for a moment, and the tables that its foreign keys point to.
While it waits, all others wait behind it. A transaction that has changed such a row and then
inserts a call ends in a deadlock. So on MariaDB an attempt waits for nothing: it fails at once and
is repeated later. On MySQL the shortest wait is a second.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, OperationalError, connection

from stats.db.dialects import dialect
from stats.db.dialects.mariadb import ONLINE, execute
from stats.db.errors import is_deadlock, is_lock_timeout

logger = logging.getLogger(__name__)

# Marks our indexes, so that only ours are ever dropped.
COMMENT = "Usage Ledger"
PROBE = "stats_index_probe"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how many seconds to pause in between."""

    tries: int = 60
    pause: float = 1


PATIENCE = Patience()


class NotDoneError(Exception):
    """The table was not changed. The message says why."""


@dataclass(frozen=True, slots=True)
class IndexOn:
    """An index of ours on a table."""

    table: str
    name: str
    columns: tuple[str, ...]

    @property
    def statement(self) -> str:
        columns = ", ".join(f"`{column}`" for column in self.columns)
        return (
            f"CREATE INDEX `{self.name}` ON `{self.table}` ({columns}) COMMENT '{COMMENT}' {ONLINE}"
        )


def missing(planned: Iterable[IndexOn]) -> list[IndexOn]:
    """The planned indexes without an equal: an index with the same columns and any name."""
    return [
        index for index in planned if index.columns not in _columns_of_indexes(index.table).values()
    ]


def statements(planned: Iterable[IndexOn]) -> list[str]:
    """The statements that create the missing indexes, and keep those that would vanish."""
    wanted = missing(planned)
    kept = [
        dialect().keep_index(table, name, _columns_of_indexes(table)[name])
        for table in dict.fromkeys(index.table for index in wanted)
        for name in silent_indexes(table, wanted)
    ]
    return [*kept, *(index.statement for index in wanted)]


def create_index(index: IndexOn, patience: Patience = PATIENCE) -> None:
    """Create an index unless one with the same columns exists.

    Raises `NotDoneError` if a transaction stays open or the server refuses.
    """
    for statement in statements([index]):
        _run(statement, f"add the index {index.name} to {index.table}", patience)


def drop_index(table: str, name: str, patience: Patience = PATIENCE) -> None:
    """Drop an index if it exists and is ours. Raises `NotDoneError` like `create_index`."""
    if name in own_indexes(table):
        _run(dropping(table, name), f"drop the index {name} of {table}", patience)


def dropping(table: str, name: str) -> str:
    """The statement that drops an index. It is online anyway; MariaDB accepts no ALGORITHM here."""
    return f"DROP INDEX `{name}` ON `{table}`"


def own_indexes(table: str) -> list[str]:
    """The names of our indexes on a table."""
    found = execute(
        "SELECT DISTINCT index_name FROM information_schema.statistics WHERE "
        "table_schema = DATABASE() AND table_name = %s AND index_comment = %s ORDER BY 1",
        [table, COMMENT],
    )
    return [name for (name,) in found]


def silent_indexes(table: str, planned: Iterable[IndexOn]) -> tuple[str, ...]:
    """The indexes that would vanish if the planned ones were created.

    The server drops an index that it made for a foreign key as soon as another index can serve the
    key. No catalogue tells which indexes these are, so this tries on an empty copy of the table.
    A partitioned table has no foreign keys, and cannot be copied so.
    """
    if _is_partitioned(table):
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


def _is_partitioned(table: str) -> bool:
    found = execute(
        "SELECT 1 FROM information_schema.partitions WHERE table_schema = DATABASE() "
        "AND table_name = %s AND partition_name IS NOT NULL LIMIT 1",
        [table],
    )
    return bool(found)


def _names(cursor: Any) -> list[str]:
    """The names of the copy's indexes, in the order of its definition."""
    cursor.execute(f"SHOW INDEX FROM {PROBE}")
    return list(dict.fromkeys(row[2] for row in cursor.fetchall()))


def _columns_of_indexes(table: str) -> dict[str, tuple[str, ...]]:
    """The columns of each B-tree index of whole columns, by its name."""
    columns: dict[str, tuple[str, ...]] = {}
    for index, column in execute(
        "SELECT index_name, column_name FROM information_schema.statistics WHERE "
        "table_schema = DATABASE() AND table_name = %s AND index_type = 'BTREE' "
        "AND sub_part IS NULL ORDER BY index_name, seq_in_index",
        [table],
    ):
        columns[index] = (*columns.get(index, ()), column)
    return columns


def _run(statement: str, task: str, patience: Patience) -> None:
    """Try a statement as often as `patience` says, until no transaction blocks it."""
    seconds = dialect().shortest_lock_wait
    with _short_lock_waits(seconds):
        for attempt in range(1, patience.tries + 1):
            if _attempt(statement, task):
                return
            if attempt < patience.tries:
                logger.warning("Waiting to %s: a transaction that uses it is open.", task)
                time.sleep(patience.pause)
    raise NotDoneError(
        f"Could not {task}: a transaction that uses the table stayed open during "
        f"{patience.tries} attempts{_blocker()}. Nothing was held up for longer than "
        f"{seconds} s; what is done so far stays: run this again when it has ended."
    )


def _attempt(statement: str, task: str) -> bool:
    try:
        execute(statement)
    except OperationalError as error:
        # MySQL may end a deadlock by ending this attempt.
        if is_lock_timeout(error) or is_deadlock(error):
            return False
        raise NotDoneError(f"Could not {task}: the server says {error.args[1]!r}.") from error
    return True


@contextmanager
def _short_lock_waits(seconds: int) -> Iterator[None]:
    ((usual,),) = execute("SELECT @@session.lock_wait_timeout")
    execute("SET SESSION lock_wait_timeout = %s", [seconds])
    try:
        yield
    finally:
        execute("SET SESSION lock_wait_timeout = %s", [usual])


def _blocker() -> str:
    """The oldest open transaction, in brackets; without the right PROCESS a hint at it."""
    try:
        found = execute(
            "SELECT t.trx_mysql_thread_id, p.user, p.host, "
            "TIMESTAMPDIFF(SECOND, t.trx_started, "
            "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) "
            "FROM information_schema.innodb_trx t "
            "LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
            "WHERE t.trx_mysql_thread_id NOT IN (0, CONNECTION_ID()) ORDER BY t.trx_started"
        )
    except DatabaseError:
        return " (which one, only an account with the right PROCESS can see)"
    if not found:
        return ""
    number, user, host, seconds = found[0]
    return f" (the oldest is connection {number}, {user}@{host}, open for {seconds} s)"
