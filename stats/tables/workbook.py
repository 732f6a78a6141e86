"""Tables as an XLSX: a sheet per table, further ones when it is full, and a sheet about the file.

Numbers and days are real ones. A number of more than 15 digits is text, since a cell holds a
double. Excel knows no zones: a time is a cell in local time and a text with the offset.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryDirectory
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from stats.tables.table import NUMBERS, OFFSET_SUFFIX, Kind, Table

# The most rows of a sheet, its headings included.
SHEET_ROWS = 1_048_576
EXACT_DIGITS = 15
# Excel has no earlier dates.
FIRST_YEAR = 1900
WIDTHS = {Kind.TEXT: 24, Kind.DAY: 12, Kind.MOMENT: 20}
PLAIN_WIDTH = 10
# Number formats. Values are unrounded; percentages are those of the API: 97.6, not 0.976.
FORMATS = {
    Kind.ID: "0",
    Kind.NUMBER: "#,##0",
    Kind.TOKENS: "#,##0",
    Kind.PERCENT: '#,##0.0"%"',
    Kind.MILLISECONDS: '#,##0" ms"',
    Kind.AMOUNT: "#,##0.0000####",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
A4 = 9
# Left, right, top and bottom, in inches.
MARGINS = (0.4, 0.4, 0.5, 0.5)

Write = Callable[[Any, int, int, Any], object]


@dataclass(frozen=True, slots=True)
class Written:
    """A table, and the number of rows written."""

    table: Table[Any]
    rows: int


# Makes the last sheet once all others are written.
About = Callable[[Sequence[Written]], "AboutSheet"]


@dataclass(frozen=True, slots=True)
class AboutSheet:
    """The last sheet: its name, and lines of a label and a value."""

    name: str
    lines: Iterable[tuple[str, Any]]


def write_workbook(
    file: IO[bytes],
    tables: Sequence[Table[Any]],
    about: About,
    created: datetime | None = None,
) -> None:
    """Write tables to a seekable file. Memory does not grow with the number of rows.

    The file says when it was `created`; the same tables then make the same bytes.
    """
    with TemporaryDirectory() as folder, _book(file, folder) as book:
        book.set_properties({"created": created})
        writers = _writers(book)
        written = [Written(table, _write_table(book, table, writers)) for table in tables]
        _write_about(book, about(written), writers)


def _book(file: IO[bytes], folder: str) -> Any:
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
    book.use_zip64()
    return book


@dataclass(frozen=True, slots=True)
class _Cells:
    """A column of a sheet."""

    name: str
    kind: Kind
    read: Callable[[Any], Any]
    write: Write


class _Sheets:
    """The sheets of one table; rows go to the last one."""

    def __init__(self, book: Any, name: str, cells: Sequence[_Cells]) -> None:
        self.book = book
        self.name = name
        self.cells = cells
        self.heading = book.add_format({"bold": True, "indent": 1})
        self.heading_of_numbers = book.add_format({"bold": True, "align": "right"})
        self.count = 0
        self.begin()

    def begin(self) -> None:
        """Start a sheet with its headings."""
        self.count += 1
        name = self.name if self.count == 1 else f"{self.name} {self.count}"
        self.sheet = _printable(self.book.add_worksheet(name))
        self.sheet.freeze_panes(1, 0)
        self.sheet.repeat_rows(0)
        for place, cell in enumerate(self.cells):
            width = max(WIDTHS.get(cell.kind, PLAIN_WIDTH), len(cell.name) + 2)
            self.sheet.set_column(place, place, width)
            heading = self.heading_of_numbers if cell.kind in NUMBERS else self.heading
            self.sheet.write_string(0, place, cell.name, heading)
        self.row = 0

    def add(self, item: Any) -> None:
        """Write a row, on a new sheet if this one is full."""
        if self.row + 1 == SHEET_ROWS:
            self.begin()
        self.row += 1
        for place, cell in enumerate(self.cells):
            value = cell.read(item)
            if value is not None:
                cell.write(self.sheet, self.row, place, value)


def _printable(sheet: Any) -> Any:
    """The sheet, set to print in landscape on A4, one page wide."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.set_margins(*MARGINS)
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_table(book: Any, table: Table[Any], writers: dict[Kind, dict[str, Write]]) -> int:
    cells = [
        _Cells(column.name + suffix, column.kind, column.read, write)
        for column in table.file_columns
        for suffix, write in writers[column.kind].items()
    ]
    sheets = _Sheets(book, table.name, cells)
    rows = 0
    for page in table.pages:
        rows += len(page)
        for item in page:
            sheets.add(item)
    return rows


def _write_about(book: Any, about: AboutSheet, writers: dict[Kind, dict[str, Write]]) -> None:
    sheet = _printable(book.add_worksheet(about.name))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 80)
    for row, (label, value) in enumerate(about.lines):
        sheet.write_string(row, 0, label)
        writers[_kind_of(value)][""](sheet, row, 1, value)


def _kind_of(value: Any) -> Kind:
    if isinstance(value, int | Decimal):
        return Kind.NUMBER if isinstance(value, int) else Kind.AMOUNT
    return Kind.TEXT


def _writers(book: Any) -> dict[Kind, dict[str, Write]]:
    """Per kind, the suffix of each column's heading and its writer."""
    formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
    # Indented, so that it does not touch a number to its left.
    text = partial(_text, format=book.add_format({"indent": 1}))
    return {
        Kind.TEXT: {"": text},
        **{kind: {"": partial(_number, format=formats[kind])} for kind in NUMBERS},
        Kind.FLAG: {"": lambda sheet, row, place, value: sheet.write_boolean(row, place, value)},
        Kind.DAY: {"": partial(_day, format=formats[Kind.DAY])},
        Kind.MOMENT: {
            "": partial(_moment, format=formats[Kind.MOMENT]),
            OFFSET_SUFFIX: text,
        },
    }


def _text(sheet: Any, row: int, place: int, value: str, *, format: Any) -> None:
    # `write` would turn some texts into formulas.
    sheet.write_string(row, place, value, format)


def _number(sheet: Any, row: int, place: int, value: float | Decimal, *, format: Any) -> None:
    if isinstance(value, float) or Decimal(f"{float(value):.{EXACT_DIGITS}g}") == value:
        sheet.write_number(row, place, value, format)
    else:
        sheet.write_string(row, place, f"{Decimal(value):f}")


def _day(sheet: Any, row: int, place: int, value: date, *, format: Any) -> None:
    if value.year >= FIRST_YEAR:
        sheet.write_datetime(row, place, value, format)
    else:
        sheet.write_string(row, place, value.isoformat())


def _moment(sheet: Any, row: int, place: int, value: str, *, format: Any) -> None:
    local = datetime.fromisoformat(value).replace(tzinfo=None)
    if local.year >= FIRST_YEAR:
        sheet.write_datetime(row, place, local, format)
