"""The text of statements on sums, and the temporary tables that they use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from stats.db.dialects import dialect
from stats.db.statements import Statement


def added_up(
    parts: Statement, columns: Sequence[str], numbers: Sequence[str], floats: Collection[str] = ()
) -> Statement:
    """The rows of `parts`, with `numbers` summed and grouped by all other columns.

    Sums are cast to integers, because the driver returns Decimals. `floats` are summed as floats,
    which is much faster; a last column then has the sum of the first number's absolute values.
    Texts, integers and dates only: Django's converters are not applied.
    """
    values = [
        _added_up(name, as_float=name in floats) if name in numbers else name for name in columns
    ]
    if floats:
        values.append(_added_up(f"ABS({numbers[0]})", as_float=True))
    keys = ", ".join(name for name in columns if name not in numbers)
    text = f"SELECT {', '.join(values)} FROM ({parts.text}) AS parts GROUP BY {keys}"  # noqa: S608
    return Statement(text, parts.params)


def first_groups(
    parts: Statement, kind: str, key: str, count: str, value: str, most: int
) -> Statement:
    """The rows of `parts` added up by kind and key: the highest values first, then by key, NULL
    last; of each kind but 0 only those that count something."""
    sums = [f"{_added_up(name, as_float=False)} AS {name}" for name in (count, value)]
    # Ordered where they are grouped, they would take longer.
    grouped = (
        f"SELECT {dialect().many_groups} {kind}, {key}, {', '.join(sums)} "  # noqa: S608
        f"FROM ({parts.text}) AS parts GROUP BY {kind}, {key}"
    )
    text = (
        f"SELECT {kind}, {count}, {key}, {value} FROM ({grouped}) AS found "  # noqa: S608
        f"WHERE {kind} = 0 OR {count} <> 0 "
        f"ORDER BY {kind}, {value} DESC, {key} IS NULL, {key} LIMIT {most}"
    )
    return Statement(text, parts.params)


def number_of_keys(parts: Statement, kind: str, key: str, count: str) -> Statement:
    """Of kind 1 the number of keys in `parts` that count something, NULL too; of kind 0 the sum of
    what is counted. The key of both rows is NULL.

    Not grouped by kind, which takes twice as long.
    """
    is_counted, integer = f"{kind} = 1 AND {count} > 0", dialect().integer
    found = (
        f"SELECT COALESCE(SUM(CASE {kind} WHEN 0 THEN {count} END), 0) AS counted, "  # noqa: S608
        f"COUNT(DISTINCT CASE WHEN {is_counted} THEN {key} END) AS keys_, "
        f"MAX({is_counted} AND {key} IS NULL) AS unkeyed FROM ({parts.text}) AS parts"
    )
    number = f"CASE {kind} WHEN 0 THEN counted ELSE keys_ + unkeyed END"
    kinds = f"(SELECT 0 AS {kind} UNION ALL SELECT 1) AS kinds"
    text = f"SELECT {kind}, CAST({number} AS {integer}), NULL FROM ({found}) AS found, {kinds}"  # noqa: S608
    return Statement(text, parts.params)


def not_zero(parts: Statement, keys: Sequence[str], numbers: Sequence[str]) -> Statement:
    """The rows of `parts` added up by `keys`, without those whose numbers are all zero."""
    values = ", ".join([*keys, *(_added_up(name, as_float=False) for name in numbers)])
    some = " OR ".join(f"SUM({name}) <> 0" for name in numbers)
    text = f"SELECT {values} FROM ({parts.text}) AS parts GROUP BY {', '.join(keys)} HAVING {some}"  # noqa: S608
    return Statement(text, parts.params)


def _added_up(number: str, *, as_float: bool) -> str:
    return f"CAST(SUM({number}{' * 1e0' if as_float else ''}) AS {dialect().integer})"


def selected(part: Statement, columns: Mapping[str, str]) -> Statement:
    """The rows of `part` with these columns: their names, and expressions over `part`."""
    chosen = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    return replace(part, text=f"SELECT {chosen} FROM ({part.text}) AS part")  # noqa: S608


def read_from(source: str, sql: str, table: str) -> str:
    """The statement with another FROM clause; its "{table}" is the table's name."""
    name = connection.ops.quote_name(table)
    return sql.replace(f"FROM {name}", f"FROM {source.format(table=name)}")


def read_along_the_primary_key(sql: str, table: str) -> str:
    """The statement, reading in the order of ids whatever the optimizer prefers."""
    return read_from(dialect().along_primary_key, sql, table)


def make_temporary_table(
    name: str, sql: str, params: Sequence[Any] = (), *, in_memory: bool = True
) -> None:
    """(Re)create a temporary table from a SELECT, which locks no row that it reads.

    Groups are made in memory. `in_memory` keeps the table there too; not for any number of calls.
    """
    drop_temporary_table(name)
    with connection.cursor() as cursor:
        dialect().gather_in_memory(cursor)
        engine = dialect().in_memory if in_memory else ""
        key = (
            "(row_number_ BIGINT AUTO_INCREMENT PRIMARY KEY)"
            if dialect().wants_keys(in_memory)
            else ""
        )
        cursor.execute(f"CREATE TEMPORARY TABLE {name} {key} {engine} AS {sql}", params)


def drop_temporary_table(name: str) -> None:
    """Drop a temporary table if it exists."""
    with connection.cursor() as cursor:
        cursor.execute(f"{dialect().drop_temporary_table} {name}")


def grouped(
    source: str, groups: Mapping[str, str], counters: Mapping[str, str], where: str = "1 = 1"
) -> str:
    """A SELECT of sums. `groups` and `counters` map names to expressions over the table."""
    columns = [f"{value} AS {name}" for name, value in groups.items()]
    columns += [f"SUM({value}) AS {name}" for name, value in counters.items()]
    positions = ", ".join(str(n) for n in range(1, len(groups) + 1))
    return (
        f"SELECT {', '.join(columns)} FROM {source} WHERE {where} "  # noqa: S608
        f"GROUP BY {positions} ORDER BY NULL"
    )


def upsert_sums(
    table: str, keys: Mapping[str, str], counters: Mapping[str, str], source: str
) -> str:
    """INSERT … SELECT that adds sums to a table under one unique key.

    `keys` and `counters` map columns to expressions over `source`. Rows are inserted in key order,
    so that each goes next to the last in the index.
    """
    columns = ", ".join([*keys, *counters])
    values = ", ".join([*keys.values(), *counters.values()])
    positions = ", ".join(str(n) for n in range(1, len(keys) + 1))
    sql = dialect()
    added = ", ".join(f"{name} = {table}.{name} + {sql.inserted(name)}" for name in counters)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {source} WHERE 1 = 1 "  # noqa: S608
        f"ORDER BY {positions} {sql.on_conflict(keys)} {added}"
    )


def upsert_failures(table: str) -> str:
    """INSERT of one row that adds failures and widens the times under its key."""
    keys = ("day", "kind_id", "endpoint_id")
    sql = dialect()
    return (
        f"INSERT INTO {table} (day, kind_id, endpoint_id, failures, first_at, last_at) "  # noqa: S608
        f"VALUES (%s, %s, %s, %s, %s, %s) {sql.on_conflict(keys)} "
        f"failures = {table}.failures + {sql.inserted('failures')}, "
        f"first_at = {sql.least}({table}.first_at, {sql.inserted('first_at')}), "
        f"last_at = {sql.greatest}({table}.last_at, {sql.inserted('last_at')})"
    )
