"""A declared table as a page draws it, for reports that have no face of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import pgettext

from stats.admin.components.files import Sheet
from stats.core import formatting
from stats.core.zones import reading_zone
from stats.tables.table import NUMBERS, Kind


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and the exact value where that is rounded."""

    text: str
    is_number: bool
    exact: str = ""


@dataclass(frozen=True, slots=True)
class PlainTable:
    """Headings and rows, of which the first cell is the row's own heading; `name` as in files."""

    name: str
    label: str
    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


def plain_table(sheet: Sheet, found: Any) -> PlainTable:
    """The table of a sheet; `found` is the report."""
    table = sheet.make(found)
    columns = table.columns
    items = [item for page in table.pages for item in page]
    read = [[column.read(item) for item in items] for column in columns]
    cells = [_cells(column.kind, values) for column, values in zip(columns, read, strict=True)]
    return PlainTable(
        sheet.name,
        str(sheet.label),
        tuple(Cell(str(column.label or column.name), column.kind in NUMBERS) for column in columns),
        tuple(zip(*cells, strict=True)),
    )


def _cells(kind: Kind, values: Sequence[Any]) -> list[Cell]:
    """A column."""
    if kind is Kind.AMOUNT:
        places = formatting.places_of(values)
        return [_amount(value, places) for value in values]
    return [Cell(_written(kind, value), kind in NUMBERS) for value in values]


def _amount(value: Decimal | None, places: int) -> Cell:
    if value is None:
        return Cell(formatting.DASH, is_number=True)
    return Cell(formatting.amount(value, places), True, formatting.decimal(value, 4))


def _written(kind: Kind, value: Any) -> str:
    return formatting.DASH if value is None else _WRITERS[kind](value)


def _moment(value: str) -> str:
    return formatting.exact_moment(datetime.fromisoformat(value), reading_zone())


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.ID: str,
    Kind.NUMBER: formatting.number,
    Kind.PERCENT: formatting.percent,
    Kind.MILLISECONDS: lambda value: str(formatting.duration(value)),
    Kind.FLAG: lambda value: pgettext("flag", "yes") if value else pgettext("flag", "no"),
    Kind.DAY: formatting.weekday,
    Kind.MOMENT: _moment,
}
