"""A declared table as a page draws it, for reports that have no face of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import pgettext

from stats.admin.components.files import Sheet
from stats.core import formatting
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
    return PlainTable(
        sheet.name,
        str(sheet.label),
        tuple(Cell(str(column.label or column.name), column.kind in NUMBERS) for column in columns),
        tuple(
            tuple(_cell(column.kind, column.read(item)) for column in columns)
            for page in table.pages
            for item in page
        ),
    )


def _cell(kind: Kind, value: Any) -> Cell:
    if value is None:
        return Cell(formatting.DASH, kind in NUMBERS)
    exact = str(value) if kind is Kind.AMOUNT else ""
    return Cell(_WRITERS[kind](value), kind in NUMBERS, exact)


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M:%S")


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.ID: str,
    Kind.NUMBER: formatting.number,
    Kind.PERCENT: formatting.percent,
    Kind.MILLISECONDS: lambda value: str(formatting.duration(value)),
    Kind.AMOUNT: formatting.amount,
    Kind.FLAG: lambda value: pgettext("flag", "yes") if value else pgettext("flag", "no"),
    Kind.DAY: formatting.weekday,
    Kind.MOMENT: _moment,
}
