"""Rows of a table: which exist, how many, which come next; and their INSERT."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from django.db import connection

from stats.db.dialects import dialect
from stats.db.sql import read_along_the_primary_key

# Ranges of ids that one statement counts.
COUNTED_AT_ONCE = 100


def existing_ids(wanted: Mapping[str, Collection[Any]]) -> list[set[int]]:
    """The ids that exist, per table, in the order given; one query for all tables."""
    asked = {table: ids for table, ids in wanted.items() if ids}
    found: dict[str, set[int]] = {table: set() for table in wanted}
    if asked:
        selects = [
            f"SELECT '{table}', id FROM {table} WHERE id IN {_placeholders(ids)}"  # noqa: S608
            for table, ids in asked.items()
        ]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects), list(chain(*asked.values())))
            for table, value in cursor.fetchall():
                found[table].add(value)
    return list(found.values())


def insert_row(table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
    """Insert one row; returns its id."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(table, columns) + _placeholders(columns), row)
        return int(cursor.lastrowid)


def insert_and_read_row(
    table: str, columns: Sequence[str], row: Sequence[Any]
) -> tuple[int, tuple[Any, ...]]:
    """Insert one row; its id, and its values as triggers left them. MySQL needs a second statement
    for that."""
    insert, names = _insert(table, columns) + _placeholders(columns), ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.features.can_return_columns_from_insert:
            cursor.execute(f"{insert} RETURNING id, {names}", row)
        else:
            cursor.execute(insert, row)
            stored = f"SELECT id, {names} FROM {table} WHERE id = %s"  # noqa: S608
            cursor.execute(stored, [cursor.lastrowid])
        call_id, *values = cursor.fetchone()
        return int(call_id), tuple(values)


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows of numbers, texts and NULLs, with few statements."""
    with connection.cursor() as cursor:
        dialect().insert_many(cursor, _insert(table, columns), _placeholders(columns), rows)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608


def _placeholders(values: Collection[Any]) -> str:
    return f"({', '.join(['%s'] * len(values))})"


def count_rows(
    table: str, ranges: Iterable[tuple[int, int]], *, uncommitted_too: bool = False
) -> list[int]:
    """The number of rows in each range of ids, of which the first id is excluded.

    `uncommitted_too` counts rows of open transactions too. It waits for nobody and locks nothing.
    SQLite has one writer at a time, and no such rows.
    """
    count = read_along_the_primary_key(
        f"SELECT %s, COUNT(*) FROM `{table}` WHERE id > %s AND id <= %s",  # noqa: S608
        table,
    )
    numbered = [(number, *ids) for number, ids in enumerate(ranges)]
    counted: dict[int, int] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(numbered), COUNTED_AT_ONCE):
            some = numbered[start : start + COUNTED_AT_ONCE]
            if uncommitted_too:
                dialect().count_uncommitted(cursor)
            cursor.execute(" UNION ALL ".join([count] * len(some)), list(chain(*some)))
            counted |= dict(cursor.fetchall())
    return [counted[number] for number, *_ids in numbered]


def next_ids(table: str, after: int, upto: int, most_rows: int) -> tuple[int, int, int] | None:
    """The next rows with ids above `after` and up to `upto`, at most `most_rows`: their number, the
    first and the last id. None if there are none."""
    some = read_along_the_primary_key(
        f"SELECT id FROM `{table}` WHERE id > %s AND id <= %s ORDER BY id LIMIT %s",  # noqa: S608
        table,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), MIN(id), MAX(id) FROM ({some}) AS next_rows",  # noqa: S608
            [after, upto, most_rows],
        )
        rows, first, last = cursor.fetchone()
    return (rows, first, last) if rows else None


def first_date(columns: Iterable[tuple[str, str]], since: date) -> date | None:
    """The first date since `since` in any of these indexed columns (table, column); None if there
    is none."""
    return min(_dates("SELECT MIN({1}) FROM {0} WHERE {1} >= %s", columns, since), default=None)


def last_date(columns: Iterable[tuple[str, str]], since: date) -> date | None:
    """The last date since `since` in any of these columns, like `first_date`."""
    return max(_dates("SELECT MAX({1}) FROM {0} WHERE {1} >= %s", columns, since), default=None)


def _dates(select: str, columns: Iterable[tuple[str, str]], since: date) -> list[date]:
    selects = [select.format(*column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), [str(since)] * len(selects))
        return [date.fromisoformat(str(found)) for (found,) in cursor.fetchall() if found]
