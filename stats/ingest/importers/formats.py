"""What a format is: whose rows, in which files, and how a row becomes a call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property
from typing import Any

from stats.ingest.validation import InvalidCallError

Row = Mapping[str, Any]
ID_LENGTH = 500


class Source(IntEnum):
    """Whose ids those of a format are. The numbers stand in the table: they are for good."""

    OWN = 1
    LITELLM = 2
    LANGFUSE = 3
    DIFY = 4


class FileKind(Enum):
    """How rows stand in a file."""

    CSV = "CSV"
    JSONL = "JSONL"


@dataclass(frozen=True, slots=True)
class SourceCall:
    """A row as a call: its id there, who made it by name or number, and the rest as it would be
    posted."""

    id: object
    user: object
    posted: dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A format of `manage.py import_calls`.

    `columns` are those without which no row can be read, each by all the names it may have;
    `known`, where it is given, are the only ones there may be. `read` makes a call of a row, None
    of what is no call, and raises `InvalidCallError` by the row's own fields. `names` are the row's
    fields by those of the call that are made of them, where they are called otherwise.
    """

    name: str
    source: Source
    kinds: tuple[FileKind, ...]
    columns: tuple[tuple[str, ...], ...]
    read: Callable[[Row], SourceCall | None]
    names: Mapping[str, str]
    known: frozenset[str] | None = None

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Of each of `columns`."""
        return frozenset(each[0] for each in self.columns)

    def missing(self, names: Iterable[str]) -> list[str]:
        """The columns that are not among `names`."""
        there = names.keys() if isinstance(names, Mapping) else frozenset(names)
        # Of a row mostly all are there by their first name: asked at once, in a fifth of the time.
        if self.first_names <= there:
            return []
        return [
            " or ".join(each) for each in self.columns if not any(name in there for name in each)
        ]


def first(row: Row, *names: str) -> Any:
    """The first of these fields that is neither missing nor empty."""
    for name in names:
        if (value := row.get(name)) not in (None, ""):
            return value
    return None


def parsed(row: Row, name: str, parse: Callable[[Any], Any]) -> Any:
    """A field, None where it is empty. Raises `InvalidCallError` by its name."""
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        return parse(value)
    except ValueError as error:
        raise InvalidCallError({name: str(error)}) from None
