"""MariaDB and MySQL, which share a backend of Django."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any

from django.db import connection

from stats.core.texts import is_narrow
from stats.db.dialects.base import Condition, Dialect, Reference, Row, Stretch
from stats.db.errors import TooSlowError

# Bytes a session may group in memory; the default is too small for a fold.
GROUP_MEMORY = 512 * 1024 * 1024
# Characters of a statement that inserts many rows, besides a longest single one; up to four bytes.
STATEMENT_LENGTH = 200_000
# Characters of a text that is likely to come again: an endpoint, but no message.
SHORT_TEXT = 200
# Variables of a server that only reads.
READ_ONLY = ("read_only", "super_read_only", "innodb_read_only")
# Variables of a server that wants a primary key: MariaDB's of InnoDB's tables, MySQL's of all.
SQL_WANTS_KEYS = "sql_require_primary_key"
WANT_KEYS = frozenset({"innodb_force_primary_key", SQL_WANTS_KEYS})
# By plain numbers: functions of dates warn of days that are none, and what warns in a SELECT fails
# in the INSERT that it is part of.
_YEAR = "YEAR({column})"
_LEAP = f"(MOD({_YEAR}, 4) = 0 AND (MOD({_YEAR}, 100) <> 0 OR MOD({_YEAR}, 400) = 0))"
_DAYS = (
    f"CASE WHEN MONTH({{column}}) = 2 THEN 28 + {_LEAP} "
    "WHEN MONTH({column}) IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
)
_IN_CALENDAR = (
    "MONTH({column}) > 0 AND DAY({column}) > 0 "
    f"AND (DAY({{column}}) <= 28 OR DAY({{column}}) <= {_DAYS})"
)
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_NEXT = """
    SELECT c.data_type, c.column_type LIKE '%%unsigned%%', COALESCE(t.auto_increment, 0)
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = DATABASE() AND c.table_name = %s AND c.column_name = 'id'
"""


class MariaDB(Dialect):
    # Converted as well as collated: an adopted column may be utf8mb3, and a UNION of unlike
    # collations fails.
    exact_text = "RTRIM(CONVERT(%(expressions)s USING utf8mb4)) COLLATE utf8mb4_bin"
    collated_text = "CONVERT(%(expressions)s USING utf8mb4) COLLATE utf8mb4_bin"
    cost_units = "CAST(COALESCE(SUM(%(expressions)s), 0) * 10000 AS SIGNED)"
    # Not divided: how many decimals a quotient has is a setting of the session.
    money_of_units = "CAST({} * 0.0001 AS DECIMAL(30, 4))"
    date_literal = "DATE '{}'"
    in_calendar = _IN_CALENDAR
    integer = "SIGNED"
    least, greatest = "LEAST", "GREATEST"
    along_primary_key = "{table} FORCE INDEX (PRIMARY)"
    in_memory = "ENGINE=MEMORY"
    drop_temporary_table = "DROP TEMPORARY TABLE IF EXISTS"
    # Both names of one.
    narrow_charsets = ("utf8", "utf8mb3")
    # Trailing blanks do not count in its collation either.
    compares_column_first = True
    views_hold_tables = False
    ids_show_late = True

    def exact_type(self, column_type: str | None) -> str | None:
        return f"{column_type} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

    def local_day(self, column: str, seconds: str) -> str:
        moved = column if seconds == "0" else f"{column} + INTERVAL {seconds} SECOND"
        return f"DATE({moved})"

    def hours_since(self, midnight: datetime, column: str) -> str:
        return f"TIMESTAMPDIFF(HOUR, '{midnight}', {column})"

    def month_of(self, day: str) -> str:
        return f"({day} - INTERVAL (DAYOFMONTH({day}) - 1) DAY)"

    def on_conflict(self, keys: Iterable[str]) -> str:
        return "ON DUPLICATE KEY UPDATE"

    def inserted(self, column: str) -> str:
        return f"VALUES({column})"

    def insert_many(self, cursor: Any, insert: str, values: str, rows: Iterable[Row]) -> None:
        for portion in _in_portions(map(_Literals(connection.connection), rows)):
            cursor.execute(insert + portion)

    def gather_in_memory(self, cursor: Any) -> None:
        cursor.execute(
            f"SET SESSION tmp_table_size = {GROUP_MEMORY}, max_heap_table_size = {GROUP_MEMORY}"
        )

    def count_uncommitted(self, cursor: Any) -> None:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")

    def replacing_view(self, name: str, select: str) -> Sequence[str]:
        # Who may read the view need not have a right to what it reads.
        return (f"CREATE OR REPLACE SQL SECURITY DEFINER VIEW {name} AS {select}",)

    def view_definition(self, name: str) -> str | None:
        found = _rows(
            "SELECT view_definition FROM information_schema.views "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [name],
        )
        return found[0][0] or "" if found else None

    def bounded(self, statement: str, seconds_left: Callable[[], float]) -> str:
        if not statement.startswith(("SELECT", "(SELECT")):
            return statement
        seconds = seconds_left()
        if seconds <= 0:
            raise TooSlowError
        if connection.mysql_is_mariadb:  # type: ignore[attr-defined]
            return f"SET STATEMENT max_statement_time = {seconds:.3f} FOR {statement}"
        hint = f"SELECT /*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000))}) */"
        return statement.replace("SELECT", hint, 1)

    def wait_at_most(self, seconds: int) -> None:
        connection.ensure_connection()
        driver: Any = connection.connection
        # Once for each connection: at each POST it took a quarter of the time.
        if getattr(driver, "waits_at_most", None) == seconds:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s",
                [seconds, seconds],
            )
        driver.waits_at_most = seconds

    def ids_in_time(self, table: str, stretches: Sequence[Condition]) -> list[Stretch | None]:
        if not stretches:
            return []
        ends = [
            f"(SELECT id FROM {table} WHERE {condition} "  # noqa: S608
            f"ORDER BY created_at {way}, id {way} LIMIT 1)"
            for condition, _params in stretches
            for way in ("ASC", "DESC")
        ]
        params = [param for _condition, given in stretches for param in (*given, *given)]
        (found,) = _rows(f"SELECT {', '.join(ends)}", params)
        pairs = zip(found[::2], found[1::2], strict=True)
        return [None if first is None else (first, last) for first, last in pairs]

    def wants_keys(self, in_memory: bool) -> bool:
        return bool(_wanting_keys() & ({SQL_WANTS_KEYS} if in_memory else WANT_KEYS))

    def share_of_ids(self, table: str) -> float:
        found = _rows(_NEXT, [table])
        # MySQL tells the next number as it was up to a day ago.
        ((newest,),) = _rows(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608
        if not found or found[0][0] not in _BITS:
            return 0.0
        data_type, is_unsigned, following = found[0]
        largest = 2 ** (_BITS[data_type] - (0 if is_unsigned else 1)) - 1
        return float(min(1, max(newest, following - 1) / largest))

    def is_read_only(self) -> bool:
        # Not as @@names: MySQL and MariaDB have some of them each, and other values for them.
        found = _rows("SHOW GLOBAL VARIABLES WHERE Variable_name IN %s", [READ_ONLY])
        return any(value not in {"OFF", "0"} for _name, value in found)

    def logs_statements(self) -> bool:
        """InnoDB takes no such write of a session that is READ COMMITTED, as ours (error 1665)."""
        found = dict(_rows("SHOW VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')"))
        logging, form = found.get("log_bin", ""), found.get("binlog_format", "")
        return (logging.upper(), form.upper()) == ("ON", "STATEMENT")

    def charsets(self, table: str) -> Mapping[str, str]:
        return dict(
            _rows(
                "SELECT column_name, character_set_name FROM information_schema.columns "
                "WHERE table_schema = DATABASE() AND table_name = %s "
                "AND character_set_name <> 'utf8mb4'",
                [table],
            )
        )

    def charset_holds(self, charset: str, text: str) -> bool:
        if charset in self.narrow_charsets:
            return is_narrow(text)
        convert = f"SELECT BINARY CONVERT(CONVERT(%s USING {charset}) USING utf8mb4) = BINARY %s"
        return bool(_rows(convert, [text, text])[0][0])

    def have_ten_digits(self, table: str, columns: Collection[str]) -> bool:
        ((longest,),) = _rows(
            "SELECT MAX(numeric_precision) FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name IN %s",
            [table, tuple(columns)],
        )
        return int(longest) <= 10

    def references(self, table: str) -> Collection[Reference]:
        return _rows(
            "SELECT column_name, referenced_table_name, referenced_column_name "
            "FROM information_schema.key_column_usage "
            "WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE() "
            "AND table_name = %s",
            [table],
        )


@cache
def _wanting_keys() -> frozenset[str]:
    """The variables of `WANT_KEYS` that are on; asked once in each process."""
    statement = "SHOW VARIABLES WHERE variable_name IN %s AND value = 'ON'"
    return frozenset(name for name, _on in _rows(statement, [tuple(WANT_KEYS)]))


def _rows(statement: str, params: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


class _Literals:
    """Rows as SQL, escaped by the driver: the work of its `executemany`, which takes longer than
    the server does, but for numbers and for texts that come again."""

    def __init__(self, driver: Any) -> None:
        texts = _Texts(driver)
        self.encoders: dict[type, Callable[[Any], str]] = {
            NoneType: lambda _null: "NULL",
            bool: lambda value: "1" if value else "0",
            int: str,
            Decimal: "{:f}".format,
            str: texts.__getitem__,
        }

    def __call__(self, row: Row) -> str:
        encoders = self.encoders
        return f"({','.join([encoders[type(value)](value) for value in row])})"


class _Texts(dict[str, str]):
    """Texts as SQL; short ones, which come again, are escaped once."""

    def __init__(self, driver: Any) -> None:
        super().__init__()
        self.literal = driver.literal

    def __missing__(self, text: str) -> str:
        literal = str(self.literal(text), "utf-8")
        if len(text) <= SHORT_TEXT:
            self[text] = literal
        return literal


def _in_portions(rows: Iterable[str]) -> Iterator[str]:
    """Joined by commas, but no more than a server's `max_allowed_packet` surely takes."""
    portion: list[str] = []
    length = 0
    for row in rows:
        if portion and length + len(row) > STATEMENT_LENGTH:
            yield ",".join(portion)
            portion, length = [], 0
        portion.append(row)
        length += len(row) + 1
    if portion:
        yield ",".join(portion)
