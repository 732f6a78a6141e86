"""A table, whatever draws it: columns that are declared, and rows that each of them reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from typing import Any, Generic, TypeVar

from stats.core.zones import reading_zone

Item = TypeVar("Item")


class Kind(Enum):
    """What the cells of a column are. Any may be None."""

    TEXT = auto()
    ID = auto()  # an int that says which, not how many
    NUMBER = auto()  # an int that says how many
    TOKENS = auto()  # the same, of which a page writes 67.5 M
    PERCENT = auto()  # a float, 100 for all
    MILLISECONDS = auto()  # an int or a float
    AMOUNT = auto()  # a Decimal, with the places it has
    FLAG = auto()  # a bool
    DAY = auto()  # a date
    MOMENT = auto()  # ISO 8601 with the offset of TIME_ZONE; see `local_time`
    BAR = auto()  # a length such as 42.0%; of pages alone
    STEP = auto()  # a `Step`; of pages alone


# The kinds that are told in numbers.
NUMBERS = frozenset(
    {Kind.ID, Kind.NUMBER, Kind.TOKENS, Kind.PERCENT, Kind.MILLISECONDS, Kind.AMOUNT}
)
# No spreadsheet takes a time with an offset for a time. A moment is two columns: local time, and
# under its name with this the text that is clear in the hour that a clock passes twice.
OFFSET_SUFFIX = "_with_offset"


class Part(Enum):
    """Where a row of a page's table stands: its own, the rest of them in one, or all of them."""

    ROW = auto()
    OTHERS = auto()
    TOTAL = auto()


class Phone(StrEnum):
    """Where a column stands on a phone, as the class of its cells."""

    SHOWN = ""
    HIDDEN = "wide-only"
    LAST = "last-on-phone"


@dataclass(frozen=True, slots=True)
class Step:
    """The place of a bar, in percent of the width: from `start` to `end`, drawn from `left`."""

    start: str
    end: str
    left: str
    width: str
    is_less: bool
    # Where bars all begin at the same place.
    is_from_zero: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What a page writes in place of a value: `more` is quiet, `hint` shown on hover, `tag` a word
    such as "new"; a text that `is_cut` is as long as its column is wide; `unfolded` is the whole of
    it."""

    text: str
    more: str = ""
    hint: str = ""
    tag: str = ""
    is_cut: bool = False
    unfolded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPage(Generic[Item]):
    """How a page draws a column. Every callable is given a row's item.

    `text` stands in place of the value, `link` is where it leads, `note` a second line that a phone
    alone shows. `looks` are classes of its cells, `look` of one. A heading may span the columns
    behind it, or be `unseen` but by a screen reader.
    """

    phone: Phone = Phone.SHOWN
    text: Callable[[Item], Text | str] | None = None
    link: Callable[[Item], str] | None = None
    note: Callable[[Item], str] | None = None
    look: Callable[[Item], str] | None = None
    looks: str = ""
    # The cell that says what its row is about.
    is_heading: bool = False
    # Differences have their sign.
    is_signed: bool = False
    # Rows in which it has nothing to say.
    blank_in: frozenset[Part] = frozenset()
    span: int = 1
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Column(Generic[Item]):
    """A column: `name` is its heading in files, a name of the API in every language; `label` that
    on a page, which leaves a column without one out. `kind` is what its cells are, `read` gives one
    of an item, and `page` says how a page draws it."""

    name: str
    kind: Kind
    read: Callable[[Item], Any]
    label: Any = ""
    page: OnPage[Item] = OnPage()
    in_files: bool = True


ROWS, OTHERS, TOTAL = frozenset({Part.ROW}), frozenset({Part.OTHERS}), frozenset({Part.TOTAL})


@dataclass(frozen=True, slots=True)
class Table(Generic[Item]):
    """Rows, some at a time. `costs` is what they cost per currency, complete once all are read."""

    name: str
    columns: Sequence[Column[Item]]
    pages: Iterable[Sequence[Item]]
    costs: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def file_columns(self) -> list[Column[Item]]:
        """Those that files have."""
        return [column for column in self.columns if column.in_files]


def local_time(moment: datetime | None) -> str | None:
    """A cell of `Kind.MOMENT`."""
    return None if moment is None else moment.astimezone(reading_zone()).isoformat()
