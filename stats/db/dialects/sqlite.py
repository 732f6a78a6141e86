"""SQLite.

A transaction waits for the one writer before it begins, as long as the settings say. Foreign keys
are checked at the COMMIT.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from stats.db.dialects.base import Dialect, Row

# Instructions between two checks of the clock.
INSTRUCTIONS = 100_000


class SQLite(Dialect):
    can_be_adopted = False
    oldest_version = ()
    shortest_lock_wait = 0
    exact_text = "RTRIM(%(expressions)s)"
    collated_text = "%(expressions)s"
    # Integers, because SQLite would sum floats.
    cost_units = "COALESCE(SUM(CAST(ROUND(%(expressions)s * 10000) AS INTEGER)), 0)"
    # It has no decimals; a float tells 15 digits.
    money_of_units = "{} / 10000.0"
    date_literal = "'{}'"
    in_calendar = ""
    integer = "INTEGER"
    least, greatest = "MIN", "MAX"
    along_primary_key = "{table}"
    many_groups = ""
    in_memory = ""
    drop_temporary_table = "DROP TABLE IF EXISTS"
    narrow_charsets = ()
    compares_column_first = False
    views_hold_tables = True
    # One writer at a time.
    ids_show_late = False

    def exact_type(self, column_type: str | None) -> str | None:
        return column_type

    def local_day(self, column: str, seconds: str) -> str:
        return f"DATE({column}, ({seconds}) || ' seconds')"

    def hours_since(self, midnight: datetime, column: str) -> str:
        days = f"CAST(JULIANDAY(DATE({column})) - JULIANDAY('{midnight}') AS INTEGER)"
        return f"{days} * 24 + CAST(STRFTIME('%%H', {column}) AS INTEGER)"

    def month_of(self, day: str) -> str:
        return f"DATE({day}, 'start of month')"

    def on_conflict(self, keys: Iterable[str]) -> str:
        return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET"

    def inserted(self, column: str) -> str:
        return f"excluded.{column}"

    def insert_many(self, cursor: Any, insert: str, values: str, rows: Iterable[Row]) -> None:
        cursor.executemany(insert + values, list(rows))

    def replacing_view(self, name: str, select: str) -> Sequence[str]:
        return (f"DROP VIEW IF EXISTS {name}", f"CREATE VIEW {name} AS {select}")

    def view_definition(self, name: str) -> str | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = %s", [name]
            )
            found = cursor.fetchone()
        return str(found[0]) if found else None

    def bounded(self, select: str, seconds_left: Callable[[], float]) -> str:
        # Until `unbound`, because rows are computed while they are read.
        connection.connection.set_progress_handler(lambda: seconds_left() <= 0, INSTRUCTIONS)
        return select

    def unbound(self) -> None:
        if connection.connection is not None:
            connection.connection.set_progress_handler(None, 0)
