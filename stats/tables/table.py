"""A table and its columns, declared once for HTML, CSV and XLSX."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from typing import Any, Generic, TypeVar

from stats.core.zones import reading_zone

Item = TypeVar("Item")


class Kind(Enum):
    """The kind of value in a column. Every value may be None."""

    TEXT = auto()
    ID = auto()  # int: an identifier
    NUMBER = auto()  # int: a count
    TOKENS = auto()  # int: a count that pages shorten, such as 67.5 M
    PERCENT = auto()  # float: 100 is all
    MILLISECONDS = auto()  # int or float
    AMOUNT = auto()  # Decimal, unrounded
    FLAG = auto()  # bool
    DAY = auto()  # date
    MOMENT = auto()  # str: ISO 8601 with the offset of TIME_ZONE, from `local_time`
    BAR = auto()  # str: a length such as 42.0%; on pages only
    STEP = auto()  # Step; on pages only


# Kinds whose values are numbers.
NUMBERS = frozenset(
    {Kind.ID, Kind.NUMBER, Kind.TOKENS, Kind.PERCENT, Kind.MILLISECONDS, Kind.AMOUNT}
)
# Spreadsheets do not read a time with an offset. So a moment is two columns: the local time, and
# under its name with this suffix the text with the offset, unambiguous when clocks go back.
OFFSET_SUFFIX = "_with_offset"


class RowKind(Enum):
    """The part of a page's table that a row belongs to: single rows, others together, or total."""

    ROW = auto()
    OTHERS = auto()
    TOTAL = auto()


class Phone(StrEnum):
    """How a phone shows a column: the class of its cells."""

    SHOWN = ""
    HIDDEN = "wide-only"
    LAST = "last-on-phone"


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of a waterfall, in percent of the width: from `start` to `end`, drawn from `left`."""

    start: str
    end: str
    left: str
    width: str
    is_less: bool
    # All bars of the chart begin at zero.
    is_from_zero: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a cell. `more` is quiet, `hint` shows on hover, `tag` is a word such as "new".

    If `is_cut`, CSS cuts it to the width of its column. A press shows `unfolded`, the whole text.
    """

    text: str
    more: str = ""
    hint: str = ""
    tag: str = ""
    is_cut: bool = False
    unfolded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPage(Generic[Item]):
    """How a page draws a column. Callables get the item of a row.

    `text` replaces the value, `link` is its address, `note` a second line on phones only. `classes`
    are the classes of all its cells, `class_of` gives that of one. The heading may span the columns
    after it, or be `unseen`: for screen readers only.
    """

    phone: Phone = Phone.SHOWN
    text: Callable[[Item], Text | str] | None = None
    link: Callable[[Item], str] | None = None
    note: Callable[[Item], str] | None = None
    class_of: Callable[[Item], str] | None = None
    classes: str = ""
    # Its cells are the headings of their rows.
    is_heading: bool = False
    # Values are differences and show a plus or minus.
    is_signed: bool = False
    # Parts of the table in which its cells are blank.
    blank_in: frozenset[RowKind] = frozenset()
    span: int = 1
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Column(Generic[Item]):
    """A column of a table. `read` gives the value of an item; its type follows from `kind`.

    `name` is the heading in files: the API's name, in every language. `label` is the heading on
    pages, which skip a column without one. `page` says how a page draws it.
    """

    name: str
    kind: Kind
    read: Callable[[Item], Any]
    label: Any = ""
    page: OnPage[Item] = OnPage()
    in_files: bool = True


OTHERS, TOTAL = frozenset({RowKind.OTHERS}), frozenset({RowKind.TOTAL})


@dataclass(frozen=True, slots=True)
class Table(Generic[Item]):
    """Columns, and rows in pages. `costs` is the cost per currency, final after the last page."""

    name: str
    columns: Sequence[Column[Item]]
    pages: Iterable[Sequence[Item]]
    costs: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def file_columns(self) -> list[Column[Item]]:
        """The columns of files."""
        return [column for column in self.columns if column.in_files]


def local_time(moment: datetime | None) -> str | None:
    """The value for a cell of `Kind.MOMENT`."""
    return None if moment is None else moment.astimezone(reading_zone()).isoformat()
