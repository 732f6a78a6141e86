"""A format: its source, its kinds of files, and how a row becomes a call; parsers of fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, IntEnum
from functools import cached_property
from typing import Any

from stats.core import exact_json
from stats.core.periods import iso_datetime
from stats.ingest.columns import InvalidFieldsError

Row = Mapping[str, Any]
NO_TIME = "A date and time in ISO 8601 is needed, like 2026-11-24 08:30:00.123."


class Source(IntEnum):
    """The application that made the ids. Its number is stored: never change one."""

    OWN = 1
    LITELLM = 2
    LANGFUSE = 3
    DIFY = 4


class FileKind(Enum):
    """The kind of a file. The value is its name for people."""

    CSV = "CSV"
    JSONL = "JSONL"


@dataclass(frozen=True, slots=True)
class SourceCall:
    """A call of a source: its id there, its user by name or number, and the rest as posted."""

    id: object
    user: object
    posted: dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A format of `manage.py import_calls`.

    `columns` are required, with alternative names as "user or end_user". `known`, if given, are the
    only columns allowed. `read` makes a call of a row, None if the row is no call; it raises
    `InvalidFieldsError` by the names of the row. `names` maps fields of the call to those of the
    row, if they differ.
    """

    name: str
    source: Source
    columns: tuple[str, ...]
    read: Callable[[Row], SourceCall | None]
    names: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] | None = None
    kinds: tuple[FileKind, ...] = tuple(FileKind)

    @cached_property
    def first_names(self) -> frozenset[str]:
        """The first name of each of `columns`."""
        return frozenset(column.partition(" or ")[0] for column in self.columns)

    def missing(self, names: Iterable[str]) -> list[str]:
        """The required columns that are not among `names`."""
        there = names.keys() if isinstance(names, Mapping) else frozenset(names)
        # Most rows pass here, in a fifth of the time.
        if self.first_names <= there:
            return []
        return [column for column in self.columns if there.isdisjoint(column.split(" or "))]


def first(row: Row, *names: str) -> Any:
    """The first of these fields that is present and not empty."""
    for name in names:
        if (value := row.get(name)) not in (None, ""):
            return value
    return None


def parsed(row: Row, name: str, parse: Callable[[Any], Any]) -> Any:
    """A field, parsed; None if it is empty. Raises `InvalidFieldsError` with its name."""
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        return parse(value)
    except ValueError as error:
        raise InvalidFieldsError({name: str(error)}) from None


def utc(value: object) -> datetime:
    """An aware time; a naive one is read in UTC. Raises `ValueError`."""
    if type(value) is not str:
        raise ValueError(NO_TIME)
    try:
        moment = iso_datetime(value.strip())
    except ValueError:
        raise ValueError(NO_TIME) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """None if one of them is unknown, or the clock was set back in between."""
    if start is None or end is None or end < start:
        return None
    return round((end - start).total_seconds() * 1000)


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or its JSON in a cell. Raises `ValueError`."""
    if type(value) is str:
        try:
            value = exact_json.decode(value.encode())
        except exact_json.NotJSONError as error:
            raise ValueError(f"This is no JSON: {error}.") from None
    if not isinstance(value, Mapping):
        raise ValueError("An object is needed.")
    return value
