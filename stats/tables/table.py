"""What a file holds, whatever its format: columns that are declared, and pages of rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from stats.core.zones import reading_zone

Item = TypeVar("Item")


class Kind(Enum):
    """What the cells of a column are. Any may be None."""

    TEXT = auto()
    ID = auto()  # an int that says which, not how many
    NUMBER = auto()  # an int that says how many
    PERCENT = auto()  # a float, 100 for all
    MILLISECONDS = auto()  # an int or a float
    AMOUNT = auto()  # a Decimal, with the places it has
    FLAG = auto()  # a bool
    DAY = auto()  # a date
    MOMENT = auto()  # ISO 8601 with the offset of TIME_ZONE; see `local_time`


# The kinds that are told in numbers.
NUMBERS = frozenset({Kind.ID, Kind.NUMBER, Kind.PERCENT, Kind.MILLISECONDS, Kind.AMOUNT})
# No spreadsheet takes a time with an offset for a time. A moment is two columns: local time, and
# under its name with this the text that is clear in the hour that a clock passes twice.
OFFSET_SUFFIX = "_with_offset"


@dataclass(frozen=True, slots=True)
class Column(Generic[Item]):
    """A column: its heading, which is a name of the API in every language, what its cells are,
    and how a row gives one. `label` is its heading on a page."""

    name: str
    kind: Kind
    read: Callable[[Item], Any]
    label: Any = ""


@dataclass(frozen=True, slots=True)
class Table(Generic[Item]):
    """Rows, some at a time. `costs` is what they cost per currency, complete once all are read."""

    name: str
    columns: Sequence[Column[Item]]
    pages: Iterable[Sequence[Item]]
    costs: Mapping[str, Decimal] = field(default_factory=dict)


def local_time(moment: datetime | None) -> str | None:
    """A cell of `Kind.MOMENT`."""
    return None if moment is None else moment.astimezone(reading_zone()).isoformat()
