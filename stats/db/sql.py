"""SQL that differs between MariaDB/MySQL and SQLite, as expressions of Django's ORM.

MariaDB runs in the tests. MySQL 8 shares Django's backend and these expressions; they are written
from its documentation and untested there.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from math import inf
from time import monotonic
from types import NoneType
from typing import Any

from django.db import connection
from django.db.models import (
    Aggregate,
    BigIntegerField,
    CharField,
    DateField,
    Func,
    IntegerField,
    Model,
    SmallIntegerField,
)
from django.db.models.expressions import Combinable
from django.db.utils import OperationalError

from stats.core.percentiles import LOG_GROWTH, ZERO_BUCKET
from stats.core.periods import HOUR, OffsetPiece
from stats.core.texts import is_narrow
from stats.db.statements import Fragment, Statement

# The hour from which `HourNumber` counts.
FIRST_HOUR = datetime(1, 1, 1)
# Money is summed in whole ten-thousandths, exact on every database: SQLite would sum floats.
COST_UNITS = 10_000
# Bytes a session may group in memory while it folds.
GROUP_MEMORY = 512 * 1024 * 1024
# Texts that a statement compares one by one before it looks others up.
MOST_LITERALS = 100
# Characters of a statement that inserts many rows, besides a longest single one; up to four bytes.
STATEMENT_LENGTH = 200_000
# Characters of a text that is likely to come again: an endpoint, but no message.
SHORT_TEXT = 200
# Stretches of ids that one statement counts.
COUNTED_AT_ONCE = 100
# Variables of a server that only reads.
READ_ONLY = ("read_only", "super_read_only", "innodb_read_only")
# The character set without characters beyond U+FFFF, by both its names.
UTF8MB3 = ("utf8", "utf8mb3")
# Errors of MariaDB and MySQL.
LOCK_WAIT_TIMEOUT = 1205
DEADLOCK = 1213
# A statement took longer than it may: MariaDB's, MySQL's.
STATEMENT_TIMEOUTS = {1969, 3024}
# SQLite's instructions between two looks at the clock.
INSTRUCTIONS = 100_000
# Access denied, to the server or the database; no such database.
REFUSALS = (1044, 1045, 1049, 1698)


class ExactText(Func):
    """A text with case and accents, without trailing blanks, as `utf8mb4_bin` compares.

    Converted as well as collated: an adopted column may be utf8mb3, and a UNION of unlike
    collations fails.
    """

    output_field = CharField()
    template = "RTRIM(%(expressions)s)"

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "RTRIM(CONVERT(%(expressions)s USING utf8mb4)) COLLATE utf8mb4_bin"
        return self.as_sql(compiler, connection, template=template, **context)


class CollatedText(Func):
    """A text as the column holds it, to group by: `ExactText` of it is left to be made of each
    group. That takes less time than of each row."""

    output_field = CharField()
    template = "%(expressions)s"

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CONVERT(%(expressions)s USING utf8mb4) COLLATE utf8mb4_bin"
        return self.as_sql(compiler, connection, template=template, **context)


class CostUnits(Aggregate):
    """The exact sum of a decimal(…, 4) column in ten-thousandths; 0 without values."""

    output_field = BigIntegerField()
    template = "COALESCE(SUM(CAST(ROUND(%(expressions)s * 10000) AS INTEGER)), 0)"

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(COALESCE(SUM(%(expressions)s), 0) * 10000 AS SIGNED)"
        return self.as_sql(compiler, connection, template=template, **context)


class LocalDay(Func):
    """The local date of a naive column, by the offsets of `stats.core.periods.offset_pieces`.

    `undated` is the date of a row whose column is NULL.
    """

    output_field = DateField()

    def __init__(
        self, column: Combinable, pieces: Sequence[OffsetPiece], undated: date | None = None
    ) -> None:
        super().__init__(column)
        self.pieces = tuple(pieces)
        self.undated = undated

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        day = f"DATE({column} + INTERVAL {self._seconds(column)} SECOND)"
        if self._seconds(column) == "0":
            day = f"DATE({column})"
        return self._or_undated(day, "DATE"), params * self._uses

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        day = f"DATE({column}, ({self._seconds(column)}) || ' seconds')"
        return self._or_undated(day, ""), params * self._uses

    @property
    def _uses(self) -> int:
        return len(self.pieces)

    def _or_undated(self, day: str, type_name: str) -> str:
        return f"COALESCE({day}, {type_name} '{self.undated}')" if self.undated else day

    def _seconds(self, column: str) -> str:
        *earlier, last = self.pieces
        if not earlier:
            return str(last.seconds)
        whens = " ".join(
            f"WHEN {column} < '{piece.until}' THEN {piece.seconds}" for piece in earlier
        )
        return f"CASE {whens} ELSE {last.seconds} END"


class HourNumber(Func):
    """Which hour of the column's clock a naive column lies in, counted from `FIRST_HOUR`; 0 without
    a time."""

    output_field = IntegerField()

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"COALESCE(TIMESTAMPDIFF(HOUR, '{FIRST_HOUR}', %(expressions)s), 0)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        days = f"CAST(JULIANDAY(DATE({column})) - JULIANDAY('{FIRST_HOUR}') AS INTEGER)"
        hour = f"CAST(STRFTIME('%%H', {column}) AS INTEGER)"
        return f"COALESCE({days} * 24 + {hour}, 0)", params * 2


def hour_number(moment: datetime) -> int:
    """What `HourNumber` is of a naive time."""
    return (moment - FIRST_HOUR) // HOUR


class TextNumber(Func):
    """The number of a text in a table of names, NULL where it has none; `known` are some of them.

    Those stand in the statement itself: looking each row's text up took longer than all else that
    a fold does (MariaDB 10.11), and a sub-select that is never reached as long. The text is mostly
    what its `column` holds, which is compared first.
    """

    output_field = BigIntegerField()

    def __init__(
        self, text: Combinable, column: str, names: type[Model], known: Mapping[str, int]
    ) -> None:
        super().__init__(text, CollatedText(column))
        self.table = names._meta.db_table
        self.known = dict(list(known.items())[:MOST_LITERALS])
        self.are_all_known = len(known) <= MOST_LITERALS

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        text, params = compiler.compile(self.source_expressions[0])
        look_up = f"(SELECT id FROM {self.table} WHERE text = {text})"  # noqa: S608
        if not self.known:
            return look_up, params
        if self.are_all_known:
            return f"CASE {text} {self._whens} END", (*params, *self.known)
        return f"CASE {text} {self._whens} ELSE {look_up} END", (*params, *self.known, *params)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        number, params = self.as_sql(compiler, connection, **context)
        if not self.known:
            return number, params
        # Trailing blanks do not count in this collation either.
        column, _none = compiler.compile(self.source_expressions[1])
        return f"CASE {column} {self._whens} ELSE {number} END", (*self.known, *params)

    @property
    def _whens(self) -> str:
        return " ".join(f"WHEN %s THEN {number}" for number in self.known.values())


class LatencyBucket(Func):
    """The bucket of a response time in ms, as `stats.core.percentiles.bucket_of` computes it."""

    output_field = SmallIntegerField()
    template = (
        # MariaDB takes a number without "e" for a decimal, and divides by it slowly.
        f"CASE WHEN %(expressions)s > 0 THEN CEILING(LN(%(expressions)s) / {LOG_GROWTH!r}e0) "
        f"ELSE {ZERO_BUCKET} END"
    )
    as_mysql = as_sqlite = Func.as_sql


def is_deadlock(error: OperationalError) -> bool:
    """Whether the transaction was undone for another one's sake."""
    return bool(error.args) and error.args[0] == DEADLOCK


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether the statement waited too long for another transaction."""
    return bool(error.args) and error.args[0] == LOCK_WAIT_TIMEOUT


def is_read_only() -> bool:
    """Whether the server takes no writing, be it of all but its own administrators."""
    if connection.vendor != "mysql":
        return False
    with connection.cursor() as cursor:
        # Not as @@names: MySQL and MariaDB have some of them each, and other values for them.
        cursor.execute("SHOW GLOBAL VARIABLES WHERE Variable_name IN %s", [READ_ONLY])
        return any(value not in {"OFF", "0"} for _name, value in cursor.fetchall())


class TooSlowError(Exception):
    """What was asked takes longer than a request may."""


# When what is being answered must be through (seconds of `monotonic`), None where it may take long.
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def is_refusal(error: Exception) -> bool:
    """Whether the server answered, and does not let this account in."""
    return bool(error.args) and error.args[0] in REFUSALS


def logs_statements() -> bool:
    """Whether the server writes its binary log by statements alone: then InnoDB takes no write of
    a session that reads what is committed, as ours are (error 1665)."""
    if connection.vendor != "mysql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES WHERE variable_name IN ('log_bin', 'binlog_format')")
        found = {name: value.upper() for name, value in cursor.fetchall()}
    return found.get("log_bin") == "ON" and found.get("binlog_format") == "STATEMENT"


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Bounds what this connection's SELECTs take from now on, all together; within another such
    bound, the nearer holds. Raises `TooSlowError`.
    """
    outer = _deadline.get()
    deadline = monotonic() + seconds
    token = _deadline.set(deadline if outer is None else min(outer, deadline))
    try:
        with nullcontext() if outer is not None else _limited():
            yield
    except OperationalError as error:
        if not is_too_slow(error):
            raise
        raise TooSlowError from error
    finally:
        _deadline.reset(token)


def is_too_slow(error: OperationalError) -> bool:
    """Whether `answering_within` has ended the statement."""
    code, *_more = error.args or ("",)
    return code in STATEMENT_TIMEOUTS or code == "interrupted"


@contextmanager
def _limited() -> Iterator[None]:
    try:
        with connection.execute_wrapper(_execute_limited):
            yield
    finally:
        if connection.vendor == "sqlite" and connection.connection is not None:
            connection.connection.set_progress_handler(None, 0)


def _execute_limited(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    if connection.vendor == "sqlite":
        # Until `_limited` is through: rows are made while they are read.
        connection.connection.set_progress_handler(lambda: _seconds_left() <= 0, INSTRUCTIONS)
        return execute(sql, params, many, context)
    if not sql.startswith(("SELECT", "(SELECT")):
        return execute(sql, params, many, context)
    seconds = _seconds_left()
    if seconds <= 0:
        raise TooSlowError
    return execute(_ended_after(seconds, sql), params, many, context)


def _ended_after(seconds: float, sql: str) -> str:
    """A SELECT that the server itself ends."""
    if connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        return f"SET STATEMENT max_statement_time = {seconds:.3f} FOR {sql}"
    hint = f"SELECT /*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000))}) */"
    return sql.replace("SELECT", hint, 1)


def _seconds_left() -> float:
    deadline = _deadline.get()
    return inf if deadline is None else deadline - monotonic()


def wait_at_most(seconds: int) -> None:
    """Bounds this connection's waiting for rows and tables that others hold, from now on.

    SQLite waits for its one writer before a transaction begins, as long as its settings say.
    """
    if connection.vendor != "mysql":
        return
    connection.ensure_connection()
    driver: Any = connection.connection
    # Once for each connection: at each POST it took a quarter of the time.
    if getattr(driver, "waits_at_most", None) == seconds:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SET SESSION innodb_lock_wait_timeout = %s, lock_wait_timeout = %s", [seconds, seconds]
        )
    driver.waits_at_most = seconds


def month_of(day: str) -> str:
    """The first day of the month of a date expression."""
    if connection.vendor == "mysql":
        return f"({day} - INTERVAL (DAYOFMONTH({day}) - 1) DAY)"
    return f"DATE({day}, 'start of month')"


def added_up(
    parts: Statement, columns: Sequence[str], numbers: Sequence[str], floats: Collection[str] = ()
) -> Statement:
    """The rows of `parts` with `numbers` added up by all other columns: a fraction of the rows,
    and integers, since the driver makes Decimals of sums.

    Of the numbers, `floats` are added up as such, which takes a fraction of the time; then a last
    column has the first number's amounts added up, those below zero too: how much went into it.
    Texts, integers and dates only: nothing of Django's converts what comes back.
    """
    values = [
        _added_up(name, as_float=name in floats) if name in numbers else name for name in columns
    ]
    if floats:
        values.append(_added_up(f"ABS({numbers[0]})", as_float=True))
    keys = ", ".join(name for name in columns if name not in numbers)
    text = f"SELECT {', '.join(values)} FROM ({parts.text}) AS parts GROUP BY {keys}"  # noqa: S608
    return Statement(text, parts.params)


def _added_up(number: str, *, as_float: bool) -> str:
    integer = "SIGNED" if connection.vendor == "mysql" else "INTEGER"
    return f"CAST(SUM({number}{' * 1e0' if as_float else ''}) AS {integer})"


def selected(part: Statement, columns: Mapping[str, str]) -> Statement:
    """The rows of `part` with columns by their names and the expressions that make them of it."""
    chosen = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    return replace(part, text=f"SELECT {chosen} FROM ({part.text}) AS part")  # noqa: S608


def read_from(source: str, sql: str, table: str) -> str:
    """The same statement with another FROM clause, in which "{table}" stands for the table."""
    name = connection.ops.quote_name(table)
    return sql.replace(f"FROM {name}", f"FROM {source.format(table=name)}")


def read_along_the_primary_key(sql: str, table: str) -> str:
    """The same statement, held to the order of ids where an optimizer could choose otherwise."""
    if connection.vendor != "mysql":
        return sql
    return read_from("{table} FORCE INDEX (PRIMARY)", sql, table)


def ids_in_time(table: str, stretches: Sequence[Fragment]) -> list[tuple[int, int] | None]:
    """Of each of these stretches of time, the ids of its first and its last row by `created_at`.

    None where it has no row, and on SQLite, which reads rows as quickly by one index as by another.
    """
    if not stretches or connection.vendor != "mysql":
        return [None] * len(stretches)
    ends = [
        f"(SELECT id FROM {table} WHERE {condition} ORDER BY created_at {way}, id {way} LIMIT 1)"  # noqa: S608
        for condition, _params in stretches
        for way in ("ASC", "DESC")
    ]
    params = [param for _condition, given in stretches for param in (*given, *given)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(ends)}", params)
        found = cursor.fetchone()
    pairs = zip(found[::2], found[1::2], strict=True)
    return [None if first is None else (first, last) for first, last in pairs]


def narrow_columns(table: str) -> frozenset[str]:
    """The text columns that hold no character beyond U+FFFF."""
    return frozenset(name for name, charset in _charsets(table).items() if charset in UTF8MB3)


def column_holds(table: str, column: str, text: str) -> bool:
    """Whether the column's character set has every character of the text."""
    charset = _charsets(table).get(column)
    if charset is None:
        return True
    if charset in UTF8MB3:
        return is_narrow(text)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT BINARY CONVERT(CONVERT(%s USING {charset}) USING utf8mb4) = BINARY %s",
            [text, text],
        )
        return bool(cursor.fetchone()[0])


@cache
def _charsets(table: str) -> Mapping[str, str]:
    """By column the character set, where that does not have every character; asked once in each
    process."""
    if connection.vendor != "mysql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, character_set_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s "
            "AND character_set_name <> 'utf8mb4'",
            [table],
        )
        return dict(cursor.fetchall())


@cache
def have_ten_digits(table: str, columns: frozenset[str]) -> bool:
    """Whether these columns hold no longer numbers; asked once in each process."""
    if connection.vendor != "mysql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT MAX(numeric_precision) FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name IN %s",
            [table, tuple(columns)],
        )
        return int(cursor.fetchone()[0]) <= 10


@cache
def has_references(table: str, wanted: frozenset[tuple[str, str, str]]) -> bool:
    """Whether the table has these foreign keys (column, table, its column), so that an INSERT of an
    unknown id fails; asked once in each process. SQLite fails at the COMMIT, and so has none.
    """
    if connection.vendor != "mysql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, referenced_table_name, referenced_column_name "
            "FROM information_schema.key_column_usage "
            "WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE() "
            "AND table_name = %s",
            [table],
        )
        return wanted <= set(cursor.fetchall())


def existing_ids(wanted: Mapping[str, Collection[Any]]) -> list[set[int]]:
    """Per table, which of these ids it has: one query for all of them, in the order given."""
    asked = {table: ids for table, ids in wanted.items() if ids}
    found: dict[str, set[int]] = {table: set() for table in wanted}
    if asked:
        selects = [
            f"SELECT '{table}', id FROM {table} WHERE id IN ({', '.join(['%s'] * len(ids))})"  # noqa: S608
            for table, ids in asked.items()
        ]
        with connection.cursor() as cursor:
            params = [value for ids in asked.values() for value in ids]
            cursor.execute(" UNION ALL ".join(selects), params)
            for table, value in cursor.fetchall():
                found[table].add(value)
    return list(found.values())


def insert_row(table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
    """Insert one row; its id."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(table, columns) + _placeholders(columns), row)
        return int(cursor.lastrowid)


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows of numbers, texts and NULLs, with as few statements as are wise."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            for values in _in_portions(map(_Literals(connection.connection), rows)):
                cursor.execute(_insert(table, columns) + values)
        else:
            cursor.executemany(_insert(table, columns) + _placeholders(columns), list(rows))


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608


def _placeholders(columns: Sequence[str]) -> str:
    return f"({', '.join(['%s'] * len(columns))})"


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

    def __call__(self, row: Sequence[Any]) -> str:
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


def count_rows(
    table: str, stretches: Iterable[tuple[int, int]], *, uncommitted_too: bool = False
) -> list[int]:
    """How many rows have an id above the first and up to the last of each of these stretches.

    `uncommitted_too` counts those of open transactions, and still waits for nobody and locks
    nothing. SQLite has one writer at a time and no such rows.
    """
    count = read_along_the_primary_key(
        f"SELECT %s, COUNT(*) FROM `{table}` WHERE id > %s AND id <= %s",  # noqa: S608
        table,
    )
    numbered = [(number, *ids) for number, ids in enumerate(stretches)]
    counted: dict[int, int] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(numbered), COUNTED_AT_ONCE):
            some = numbered[start : start + COUNTED_AT_ONCE]
            if uncommitted_too and connection.vendor == "mysql":
                cursor.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
            cursor.execute(" UNION ALL ".join([count] * len(some)), list(chain(*some)))
            counted |= dict(cursor.fetchall())
    return [counted[number] for number, *_ids in numbered]


def next_ids(table: str, after: int, upto: int, most_rows: int) -> tuple[int, int, int] | None:
    """Of the next rows above `after`, none above `upto` and at most so many: how many there are,
    and the ids of the first and the last; None where there are none."""
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
    """The first date not before `since` in any of these columns (table, column), each with an
    index; None where there is none."""
    return min(_dates("SELECT MIN({1}) FROM {0} WHERE {1} >= %s", columns, since), default=None)


def last_date(columns: Iterable[tuple[str, str]], since: date) -> date | None:
    """The last date not before `since` in any of these columns, as `first_date`."""
    return max(_dates("SELECT MAX({1}) FROM {0} WHERE {1} >= %s", columns, since), default=None)


def _dates(select: str, columns: Iterable[tuple[str, str]], since: date) -> list[date]:
    selects = [select.format(*column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), [str(since)] * len(selects))
        return [date.fromisoformat(str(found)) for (found,) in cursor.fetchall() if found]


def make_temporary_table(
    name: str, sql: str, params: Sequence[Any] = (), *, in_memory: bool = True
) -> None:
    """(Re)create a table of this connection's own from a SELECT, which locks no row it reads.

    Its groups are gathered in memory, for which MariaDB's default is too small. `in_memory` keeps
    the table there, too: not one of any number of calls.
    """
    drop_temporary_table(name)
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute(
                f"SET SESSION tmp_table_size = {GROUP_MEMORY}, max_heap_table_size = {GROUP_MEMORY}"
            )
        key = "(row_ BIGINT AUTO_INCREMENT PRIMARY KEY)" if _wants_keys(in_memory) else ""
        engine = "ENGINE=MEMORY" if in_memory and connection.vendor == "mysql" else ""
        cursor.execute(f"CREATE TEMPORARY TABLE {name} {key} {engine} AS {sql}", params)


@cache
def _wants_keys(in_memory: bool) -> bool:
    """Whether a table needs a key: on MySQL each, on MariaDB InnoDB's, where the server says so."""
    if connection.vendor != "mysql":
        return False
    names = ["sql_require_primary_key", *([] if in_memory else ["innodb_force_primary_key"])]
    with connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES WHERE variable_name IN %s", [names])
        return any(value == "ON" for _name, value in cursor.fetchall())


def drop_temporary_table(name: str) -> None:
    """Drop one of this connection's own tables, if it is there."""
    temporary = "TEMPORARY " if connection.vendor == "mysql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP {temporary}TABLE IF EXISTS {name}")


def grouped(
    source: str, groups: Mapping[str, str], counters: Mapping[str, str], where: str = "1 = 1"
) -> str:
    """A SELECT of a table's counters, summed by groups: names, and expressions over the table."""
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

    `keys` and `counters` map columns to expressions over `source`. In key order, so that rows go
    into the index where the last one went.
    """
    columns = ", ".join([*keys, *counters])
    values = ", ".join([*keys.values(), *counters.values()])
    positions = ", ".join(str(n) for n in range(1, len(keys) + 1))
    added = ", ".join(f"{name} = {table}.{name} + {_inserted(name)}" for name in counters)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {source} WHERE 1 = 1 "  # noqa: S608
        f"ORDER BY {positions} {_on_conflict(keys)} {added}"
    )


def upsert_failures(table: str) -> str:
    """INSERT of one row that adds failures and widens the times under its key."""
    keys = ("day", "kind_id", "endpoint_id")
    least, greatest = ("LEAST", "GREATEST") if connection.vendor == "mysql" else ("MIN", "MAX")
    return (
        f"INSERT INTO {table} (day, kind_id, endpoint_id, failures, first_at, last_at) "  # noqa: S608
        f"VALUES (%s, %s, %s, %s, %s, %s) {_on_conflict(keys)} "
        f"failures = {table}.failures + {_inserted('failures')}, "
        f"first_at = {least}({table}.first_at, {_inserted('first_at')}), "
        f"last_at = {greatest}({table}.last_at, {_inserted('last_at')})"
    )


def _on_conflict(keys: Iterable[str]) -> str:
    if connection.vendor == "mysql":
        return "ON DUPLICATE KEY UPDATE"
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET"


def _inserted(column: str) -> str:
    return f"VALUES({column})" if connection.vendor == "mysql" else f"excluded.{column}"
