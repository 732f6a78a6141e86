"""What differs between databases: one member per difference."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

Row = Sequence[Any]
IdRange = tuple[int, int]
# A condition and its parameters.
Condition = tuple[str, Sequence[Any]]
# Column, table it refers to, column there.
Reference = tuple[str, str, str]
# Warn from this share of used ids on, while there is time to widen the column.
MANY_IDS_USED = 0.8


class Dialect(ABC):
    """The SQL of one database.

    Templates have `%(expressions)s` for their arguments, like those of Django's `Func`.
    """

    # True if a database of another application can be adopted; and the oldest version for that.
    can_be_adopted: bool
    oldest_version: tuple[int, ...]
    # The shortest `lock_wait_timeout`, in seconds.
    shortest_lock_wait: int
    # `ExactText` and `CollatedText`.
    exact_text: str
    collated_text: str
    # The exact sum of a decimal(…, 4) column in ten-thousandths; 0 without values.
    cost_units: str
    # The amount that an expression of ten-thousandths is.
    money_of_units: str
    # A date literal, from an ISO date.
    date_literal: str
    # The condition that the day of a `{column}` exists; empty if the database accepts no other.
    in_calendar: str
    # The type of a whole number in CAST.
    integer: str
    # The smaller and the larger of two values.
    least: str
    greatest: str
    # A table in FROM, read in the order of ids whatever the optimizer prefers.
    along_primary_key: str
    # The option of a SELECT whose groups are hardly fewer than its rows: to sort them is faster.
    many_groups: str
    # The option of a temporary table that stays in memory.
    in_memory: str
    drop_temporary_table: str
    # The character sets without characters beyond U+FFFF.
    narrow_charsets: Collection[str]
    # True if a text is compared by the column's collation before it is compared exactly.
    compares_column_first: bool
    # True if no table can be changed under a view that reads it.
    views_hold_tables: bool
    # True if a row may become visible after rows with higher ids.
    ids_show_late: bool

    @abstractmethod
    def exact_type(self, column_type: str | None) -> str | None:
        """The type of a text column that distinguishes case and accents."""

    @abstractmethod
    def local_day(self, column: str, seconds: str) -> str:
        """The date of a time plus an expression in seconds."""

    @abstractmethod
    def hours_since(self, midnight: datetime, column: str) -> str:
        """The number of whole hours from a midnight to a time."""

    @abstractmethod
    def month_of(self, day: str) -> str:
        """The first day of the month of a date."""

    @abstractmethod
    def on_conflict(self, keys: Iterable[str]) -> str:
        """The clause of an upsert before its assignments."""

    @abstractmethod
    def inserted(self, column: str) -> str:
        """The value of the row that an upsert inserts, in its assignments."""

    @abstractmethod
    def insert_many(self, cursor: Any, insert: str, values: str, rows: Iterable[Row]) -> None:
        """Insert many rows of numbers, texts and NULLs, with few statements.

        `insert` ends in VALUES; `values` has the placeholders of a row.
        """

    @abstractmethod
    def bounded(self, select: str, seconds_left: Callable[[], float]) -> str:
        """The SELECT, ended by the database when no second is left. May raise `TooSlowError`."""

    @abstractmethod
    def replacing_view(self, name: str, select: str) -> Sequence[str]:
        """The statements that make a view, in the place of one that is there."""

    @abstractmethod
    def view_definition(self, name: str) -> str | None:
        """The SELECT of a view; empty where this account may not see it, None without one."""

    # Only for servers; these defaults are for the others.

    def unbound(self) -> None:  # noqa: B027
        """Undo what `bounded` set on the connection."""

    def gather_in_memory(self, cursor: Any) -> None:  # noqa: B027
        """Make this connection keep the groups of a large GROUP BY in memory."""

    def count_uncommitted(self, cursor: Any) -> None:  # noqa: B027
        """Make the next statement read rows of open transactions, without waiting."""

    def wait_at_most(self, seconds: int) -> None:  # noqa: B027
        """Limit how long this connection waits for locks."""

    def ids_in_time(self, table: str, ranges: Sequence[Condition]) -> list[IdRange | None]:
        """The ids of the first and last row, by `created_at`, of each range of time; None if it has
        no row, or if ids do not make a query faster."""
        return [None] * len(ranges)

    def wants_keys(self, in_memory: bool) -> bool:
        """True if the server refuses a temporary table without a primary key."""
        return False

    def share_of_ids(self, table: str) -> float:
        """The share of a table's ids that are used, from 0 to 1; 0 if unknown or practically
        endless."""
        return 0.0

    def is_read_only(self) -> bool:
        """True if the server is read-only, perhaps except for its administrators."""
        return False

    def logs_statements(self) -> bool:
        """True if the binary log has statements only: then the server refuses our writes."""
        return False

    def table_names(self) -> list[str]:
        """All tables and views of the database."""
        return connection.introspection.table_names()

    def read_fresh_statistics(self) -> None:  # noqa: B027
        """Make this connection read the catalogue's statistics as they are now."""

    def keep_index(self, table: str, name: str, columns: Iterable[str]) -> str:
        """The statement that makes an index permanent that the server made for a foreign key."""
        raise NotImplementedError

    def timestamps(self, table: str) -> Collection[str]:
        """The columns of type TIMESTAMP, which are read in the session's zone."""
        return ()

    def charsets(self, table: str) -> Mapping[str, str]:
        """The character set of each text column that cannot store every character."""
        return {}

    def charset_holds(self, charset: str, text: str) -> bool:
        """True if a character set has every character of a text."""
        return True

    def have_ten_digits(self, table: str, columns: Collection[str]) -> bool:
        """True if these columns hold at most ten digits."""
        return False

    def references(self, table: str) -> Collection[Reference]:
        """The foreign keys of a table."""
        return ()
