"""MariaDB; MySQL inherits what is the same."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any

from django.db import connection

from stats.core.texts import is_narrow
from stats.db.dialects.base import Condition, Dialect, IdRange, Reference, Row
from stats.db.errors import TooSlowError

# Bytes that a session may use for groups; the default is too small for a fold.
GROUP_MEMORY = 512 * 1024 * 1024
# Characters of a statement that inserts many rows (up to four bytes each); one row may be longer.
STATEMENT_LENGTH = 200_000
# Texts up to this length often repeat, such as endpoints; longer ones are messages.
SHORT_TEXT = 200
# Others read and write while an index is changed so.
ONLINE = "ALGORITHM=INPLACE LOCK=NONE"
# One of these is on if the server is read-only.
READ_ONLY = ("read_only", "super_read_only", "innodb_read_only")
# With plain numbers: date functions warn of invalid days, and a warning of a SELECT is an error in
# an INSERT … SELECT.
_YEAR = "YEAR({column})"
_LEAP = f"(MOD({_YEAR}, 4) = 0 AND (MOD({_YEAR}, 100) <> 0 OR MOD({_YEAR}, 400) = 0))"
_DAYS = (
    f"CASE WHEN MONTH({{column}}) = 2 THEN 28 + {_LEAP} "
    "WHEN MONTH({column}) IN (4, 6, 9, 11) THEN 30 ELSE 31 END"
)
# A fold asks this of every row: most need two functions.
_IN_CALENDAR = (
    "MONTH({column}) > 0 "
    f"AND (DAY({{column}}) BETWEEN 1 AND 28 OR DAY({{column}}) BETWEEN 29 AND {_DAYS})"
)
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_NEXT = """
    SELECT c.data_type, c.column_type LIKE '%%unsigned%%', COALESCE(t.auto_increment, 1)
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = DATABASE() AND c.table_name = %s AND c.column_name = 'id'
"""


class MariaDB(Dialect):
    can_be_adopted = True
    oldest_version: tuple[int, ...] = (10, 6)
    shortest_lock_wait = 0
    # On if the server refuses tables (here InnoDB's only) without a primary key.
    wanting_keys = "innodb_force_primary_key"
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
    many_groups = "SQL_BIG_RESULT"
    in_memory = "ENGINE=MEMORY"
    drop_temporary_table = "DROP TEMPORARY TABLE IF EXISTS"
    # Two names of the same.
    narrow_charsets = ("utf8", "utf8mb3")
    # The collation ignores trailing blanks, like `exact_text`.
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
        found = execute(
            "SELECT view_definition FROM information_schema.views "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [name],
        )
        return found[0][0] or "" if found else None

    def bounded(self, select: str, seconds_left: Callable[[], float]) -> str:
        seconds = seconds_left()
        if seconds <= 0:
            raise TooSlowError
        return self.limited(select, seconds)

    def limited(self, select: str, seconds: float) -> str:
        """The SELECT with a time limit, which the server applies."""
        return f"SET STATEMENT max_statement_time = {seconds:.3f} FOR {select}"

    def wait_at_most(self, seconds: int) -> None:
        connection.ensure_connection()
        driver: Any = connection.connection
        # Once per connection: at each POST it took a quarter of the time.
        if getattr(driver, "waits_at_most", None) == seconds:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s",
                [seconds, seconds],
            )
        driver.waits_at_most = seconds

    def ids_in_time(self, table: str, ranges: Sequence[Condition]) -> list[IdRange | None]:
        if not ranges:
            return []
        ends = [
            f"(SELECT id FROM {table} WHERE {condition} "  # noqa: S608
            f"ORDER BY created_at {way}, id {way} LIMIT 1)"
            for condition, _params in ranges
            for way in ("ASC", "DESC")
        ]
        params = [param for _condition, given in ranges for param in (*given, *given)]
        (found,) = execute(f"SELECT {', '.join(ends)}", params)
        pairs = zip(found[::2], found[1::2], strict=True)
        return [None if first is None else (first, last) for first, last in pairs]

    def wants_keys(self, in_memory: bool) -> bool:
        return not in_memory and _is_on(self.wanting_keys)

    def share_of_ids(self, table: str) -> float:
        found = execute(_NEXT, [table])
        if not found or found[0][0] not in _BITS:
            return 0.0
        data_type, is_unsigned, following = found[0]
        largest = 2 ** (_BITS[data_type] - (0 if is_unsigned else 1)) - 1
        return float(min(1, (following - 1) / largest))

    def is_read_only(self) -> bool:
        # Not as @@names: each server has only some of them.
        found = execute("SHOW GLOBAL VARIABLES WHERE Variable_name IN %s", [READ_ONLY])
        return any(value not in {"OFF", "0"} for _name, value in found)

    def logs_statements(self) -> bool:
        # InnoDB then refuses writes of READ COMMITTED sessions such as ours (error 1665).
        found = dict(execute("SHOW VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')"))
        logging, form = found.get("log_bin", ""), found.get("binlog_format", "")
        return (logging.upper(), form.upper()) == ("ON", "STATEMENT")

    def table_names(self) -> list[str]:
        # Django's own list leaves system-versioned tables out.
        return [name for (name,) in execute("SHOW TABLES")]

    def keep_index(self, table: str, name: str, columns: Iterable[str]) -> str:
        quoted = ", ".join(f"`{column}`" for column in columns)
        return f"CREATE OR REPLACE INDEX `{name}` ON `{table}` ({quoted}) {ONLINE}"

    def timestamps(self, table: str) -> Collection[str]:
        found = execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND table_name = %s AND data_type = 'timestamp'",
            [table],
        )
        return {name for (name,) in found}

    def charsets(self, table: str) -> Mapping[str, str]:
        return dict(
            execute(
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
        return bool(execute(convert, [text, text])[0][0])

    def have_ten_digits(self, table: str, columns: Collection[str]) -> bool:
        ((longest,),) = execute(
            "SELECT MAX(numeric_precision) FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name IN %s",
            [table, tuple(columns)],
        )
        return int(longest) <= 10

    def references(self, table: str) -> Collection[Reference]:
        return execute(
            "SELECT column_name, referenced_table_name, referenced_column_name "
            "FROM information_schema.key_column_usage "
            "WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE() "
            "AND table_name = %s",
            [table],
        )


@cache
def _is_on(variable: str) -> bool:
    """True if the variable is on. Read once per process."""
    found = execute("SHOW VARIABLES WHERE variable_name = %s AND value = 'ON'", [variable])
    return bool(found)


def execute(statement: str, params: Sequence[Any] = ()) -> list[Any]:
    """Run a statement on the default connection; returns its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


class _Literals:
    """Makes SQL of a row. The driver's `executemany` escapes every value anew, and takes longer
    than the server."""

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
    """SQL of texts; a short text is escaped once."""

    def __init__(self, driver: Any) -> None:
        super().__init__()
        self.literal = driver.literal

    def __missing__(self, text: str) -> str:
        literal = str(self.literal(text), "utf-8")
        if len(text) <= SHORT_TEXT:
            self[text] = literal
        return literal


def _in_portions(rows: Iterable[str]) -> Iterator[str]:
    """Rows joined by commas, in portions below any server's `max_allowed_packet`."""
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
