"""What a database spells or does in its own way: one member for each difference."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Row = Sequence[Any]
Stretch = tuple[int, int]
# A condition and its parameters.
Condition = tuple[str, Sequence[Any]]
# Column, table it refers to, column there.
Reference = tuple[str, str, str]


class Dialect(ABC):
    """SQL of one database, and what only this database can be asked.

    Templates name what they are about `%(expressions)s`, as those of Django's `Func` do.
    """

    # A text as `ExactText` and `CollatedText` say.
    exact_text: str
    collated_text: str
    # The exact sum of a decimal(…, 4) column in ten-thousandths; 0 without values.
    cost_units: str
    # The amount that an expression of ten-thousandths is.
    money_of_units: str
    # A date, by its ISO text.
    date_literal: str
    # Whether a `{column}` of times holds a day that there is; empty where it can hold no other.
    in_calendar: str
    # The type of a whole number in CAST.
    integer: str
    # The less and the greater of two values.
    least: str
    greatest: str
    # A table in FROM, read in the order of its ids whatever the optimizer thinks.
    along_primary_key: str
    # Where a temporary table says that it stays in memory.
    in_memory: str
    drop_temporary_table: str
    # The character sets that hold no character beyond U+FFFF.
    narrow_charsets: Collection[str]
    # Whether a text is compared as the column has it before it is compared exactly.
    compares_column_first: bool
    # Whether no table can be changed under a view that reads it.
    views_hold_tables: bool
    # Whether a row may be seen only after rows with higher ids.
    ids_show_late: bool

    @abstractmethod
    def exact_type(self, column_type: str | None) -> str | None:
        """The type of a text column that tells case and accents apart."""

    @abstractmethod
    def local_day(self, column: str, seconds: str) -> str:
        """The date of a time, moved by an expression of seconds."""

    @abstractmethod
    def hours_since(self, midnight: datetime, column: str) -> str:
        """How many whole hours lie between a midnight and a time."""

    @abstractmethod
    def month_of(self, day: str) -> str:
        """The first day of the month of a date."""

    @abstractmethod
    def on_conflict(self, keys: Iterable[str]) -> str:
        """What stands before the changes to a row that is there already."""

    @abstractmethod
    def inserted(self, column: str) -> str:
        """The value that was to be inserted, in those changes."""

    @abstractmethod
    def insert_many(self, cursor: Any, insert: str, values: str, rows: Iterable[Row]) -> None:
        """Insert many rows of numbers, texts and NULLs, with as few statements as are wise.

        `insert` ends in VALUES; `values` has the placeholders of a row.
        """

    @abstractmethod
    def bounded(self, statement: str, seconds_left: Callable[[], float]) -> str:
        """The statement, if it reads in a form that ends when no second is left."""

    @abstractmethod
    def replacing_view(self, name: str, select: str) -> Sequence[str]:
        """The statements that make a view, in the place of one that is there."""

    @abstractmethod
    def view_definition(self, name: str) -> str | None:
        """The SELECT of a view; empty where this account may not see it, None without one."""

    # What only a server has to be told or asked: as it is where there is none.

    def unbound(self) -> None:  # noqa: B027
        """End what `bounded` set up on the connection."""

    def gather_in_memory(self, cursor: Any) -> None:  # noqa: B027
        """Let this connection keep the groups of a large GROUP BY in memory from now on."""

    def count_uncommitted(self, cursor: Any) -> None:  # noqa: B027
        """Let the next statement see rows of open transactions, and still wait for nobody."""

    def wait_at_most(self, seconds: int) -> None:  # noqa: B027
        """Bound this connection's waiting for rows and tables that others hold, from now on."""

    def ids_in_time(self, table: str, stretches: Sequence[Condition]) -> list[Stretch | None]:
        """The ids of the first and the last row by `created_at` of each stretch of time; None where
        there is no row, or where the ids would make no reading quicker."""
        return [None] * len(stretches)

    def wants_keys(self, in_memory: bool) -> bool:
        """Whether the server takes no temporary table without a primary key."""
        return False

    def share_of_ids(self, table: str) -> float:
        """Of the ids that a table's column holds how many are used, from 0 to 1; 0 where nobody
        knows, or they do not end within a lifetime."""
        return 0.0

    def is_read_only(self) -> bool:
        """Whether the server takes no writing, be it of all but its own administrators."""
        return False

    def logs_statements(self) -> bool:
        """Whether the server logs by statements alone, and so refuses each write of ours."""
        return False

    def charsets(self, table: str) -> Mapping[str, str]:
        """By column the character set, where that does not have every character."""
        return {}

    def charset_holds(self, charset: str, text: str) -> bool:
        """Whether a character set has every character of a text."""
        return True

    def have_ten_digits(self, table: str, columns: Collection[str]) -> bool:
        """Whether these columns surely hold no longer numbers."""
        return False

    def references(self, table: str) -> Collection[Reference]:
        """The foreign keys of a table that make an INSERT of an unknown id fail."""
        return ()
