"""Reads facts from information_schema and variables. Changes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from stats.adoption.belongings import wanted_indexes
from stats.adoption.facts import CALLS, TABLES, Column, Facts, Index, Odd, Server, Table
from stats.db import online
from stats.db.dialects import dialect
from stats.db.dialects.mariadb import execute
from stats.db.errors import TooSlowError
from stats.db.limits import answering_within
from stats.db.times import is_time

# The time limit for counting odd values.
MOST_SECONDS = 60
COLUMNS = """
    SELECT table_name, column_name, data_type, column_type, character_maximum_length,
           numeric_precision, numeric_scale, datetime_precision, character_set_name,
           is_nullable = 'YES', column_default IS NOT NULL, extra
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name IN %s ORDER BY ordinal_position
"""
INDEXES = """
    SELECT table_name, index_name, column_name, sub_part IS NULL AND index_type = 'BTREE'
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name IN %s ORDER BY index_name, seq_in_index
"""
TABLE_LIST = """
    SELECT table_name, COALESCE(engine, table_type), COALESCE(table_collation, ''),
           COALESCE(table_rows, 0), TIMESTAMPDIFF(SECOND, update_time, NOW())
    FROM information_schema.tables WHERE table_schema = DATABASE()
"""
SERVER = """
    SELECT VERSION(), @@global.sql_mode, @@session.sql_mode,
           UTC_TIMESTAMP(), TIMESTAMPDIFF(
               MINUTE, UTC_TIMESTAMP(),
               CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone)
           )
"""
DATABASE = """
    SELECT DATABASE(), CURRENT_USER(), default_character_set_name, default_collation_name
    FROM information_schema.schemata WHERE schema_name = DATABASE()
"""


def read_facts() -> Facts:
    """The facts of the database of DATABASE_URL. Raises Django's `DatabaseError`."""
    server = _server()
    listed = {name: numbers for name, *numbers in execute(TABLE_LIST)}
    tables = _tables(listed)
    [(database, account, charset, collation)] = execute(DATABASE)
    return Facts(
        database=database,
        account=account,
        charset=charset,
        collation=collation,
        server=server,
        grants=tuple(grant for (grant,) in execute("SHOW GRANTS")),
        tables=tables,
        table_names=frozenset(listed),
        migrated_apps=migrated_apps(),
        newest=_newest(tables),
        silent_indexes=_silent_indexes(tables),
        odd=_odd() if _can_be_counted(tables) else Odd(0, 0),
        ids_used=dialect().share_of_ids(CALLS) if _can_be_counted(tables) else 0.0,
    )


def migrated_apps() -> frozenset[str]:
    """The labels of applications in django_migrations, if that table exists."""
    applied = MigrationRecorder(connection).applied_migrations()
    return frozenset(app for app, _name in applied)


def _server() -> Server:
    dialect().read_fresh_statistics()
    [(text, global_mode, session_mode, utc_now, minutes)] = execute(SERVER)
    return Server(
        product=connection.display_name,
        version=tuple(connection.mysql_version),  # type: ignore[attr-defined]
        version_text=text,
        global_sql_mode=global_mode,
        session_sql_mode=session_mode,
        is_read_only=dialect().is_read_only(),
        logs_statements=dialect().logs_statements(),
        utc_now=utc_now,
        offset=timedelta(minutes=minutes),
    )


def _tables(listed: Mapping[str, Sequence[Any]]) -> dict[str, Table]:
    columns, indexes = _columns(), _indexes()
    tables = {}
    for name in TABLES:
        if name in listed:
            engine, collation, rows, idle = listed[name]
            parts = (columns[name], indexes[name], tuple(dialect().references(name)))
            tables[name] = Table(name, engine, collation, int(rows), idle, *parts)
    return tables


def _columns() -> Mapping[str, tuple[Column, ...]]:
    found: defaultdict[str, tuple[Column, ...]] = defaultdict(tuple)
    for table, *description, null, default, extra in execute(COLUMNS, [TABLES]):
        name, data_type, kind, length, precision, scale, fraction, charset = description
        numbers = (length, precision, scale, fraction)
        column = Column(name, data_type, kind, *numbers, charset, bool(null), bool(default), extra)
        found[table] += (column,)
    return found


def _indexes() -> Mapping[str, tuple[Index, ...]]:
    parts: defaultdict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
    for table, name, column, is_plain in execute(INDEXES, [TABLES]):
        parts[table, name].append((column, bool(is_plain)))
    found: defaultdict[str, tuple[Index, ...]] = defaultdict(tuple)
    for (table, name), columns in parts.items():
        names, plain = zip(*columns, strict=True)
        found[table] += (Index(name, names, all(plain)),)
    return found


def _newest(tables: Mapping[str, Table]) -> datetime | None:
    """The time of the call with the highest id; imported calls may have any time."""
    try:
        rows = execute(f"SELECT created_at FROM {CALLS} ORDER BY id DESC LIMIT 1")  # noqa: S608
    except DatabaseError:
        # Missing or not readable: other findings say so.
        return None
    moment = rows[0][0] if rows and CALLS in tables else None
    return moment if isinstance(moment, datetime) else None


def _can_be_counted(tables: Mapping[str, Table]) -> bool:
    table = tables.get(CALLS)
    kinds = {"id": ("int",), "created_at": ("datetime", "timestamp"), "success": ("int",)}
    return table is not None and all(
        (column := table.column(name)) is not None
        and any(kind in column.data_type for kind in possible)
        for name, possible in kinds.items()
    )


def _odd() -> Odd | None:
    try:
        with answering_within(MOST_SECONDS):
            [(times, successes)] = execute(
                f"SELECT COALESCE(SUM(created_at IS NOT NULL AND NOT {is_time('created_at')}), 0), "  # noqa: S608
                f"COALESCE(SUM(success NOT IN (0, 1)), 0) FROM {CALLS}"
            )
    except (TooSlowError, DatabaseError):
        return None
    return Odd(int(times), int(successes))


def _silent_indexes(tables: Mapping[str, Table]) -> tuple[str, ...]:
    try:
        return online.silent_indexes(CALLS, wanted_indexes()) if CALLS in tables else ()
    except DatabaseError:
        # No right to temporary tables: another finding says so.
        return ()
