"""A table as a page draws it: cells with their text, link, exact amount and classes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, Generic

from django.utils.translation import pgettext

from stats.core import formatting
from stats.tables.markup import Cell, DrawnRow
from stats.tables.table import NUMBERS, Column, Item, Kind, Phone, RowKind, Table, Text

# Kinds that are aligned right.
_AT_THE_RIGHT = NUMBERS | {Kind.MOMENT}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, over one column or several."""

    text: str
    classes: str
    span: int
    unseen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[Item]):
    """The rows that a page shows: the first ones, `others` for the rest, and the `total`.

    `class_of` gives the class of a row. The heading of the total spans `total_span` columns.
    `count` is the number of rows in all, where the page says it.
    """

    lines: Sequence[Item]
    others: Item | None = None
    total: Item | None = None
    class_of: Callable[[Item], str] | None = None
    total_span: int = 1
    count: int = 0

    def __iter__(self) -> Iterator[tuple[RowKind, Item]]:
        yield from ((RowKind.ROW, line) for line in self.lines)
        if self.others is not None:
            yield RowKind.OTHERS, self.others
        if self.total is not None:
            yield RowKind.TOTAL, self.total


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """The data of the template `table.html`, drawn from `source`. Files have the same `name`."""

    name: str
    headings: tuple[Heading, ...]
    rows: tuple[DrawnRow, ...]
    total: DrawnRow | None
    source: Rows[Any]


def drawn(
    name: str,
    columns: Iterable[Column[Item]],
    rows: Rows[Item],
    *,
    order: Sequence[str] = (),
    reads_across: bool = False,
) -> DrawnTable:
    """A drawn table of the columns with a label, or of those in `order`.

    Each column of amounts has its own number of decimals; with `reads_across` all share one.
    """
    known = {column.name: column for column in columns}
    wanted = (known[name] for name in order or known if name in known)
    shown = [column for column in wanted if column.label or column.kind is Kind.STEP]
    items = list(rows)
    places = _places(known.values(), items) if reads_across else None
    cells = [_cells(column, items, places) for column in shown]
    lines = [
        DrawnRow(row, _row_classes(row_kind, item, rows))
        for (row_kind, item), row in zip(items, zip(*cells, strict=True), strict=True)
    ]
    total = None if rows.total is None else _spanned(lines.pop(), rows.total_span)
    return DrawnTable(name, tuple(_headings(shown)), tuple(lines), total, rows)


def drawn_whole(table: Table[Item]) -> DrawnTable:
    """All rows of a table. The first column is the heading of each row."""
    first, *columns = table.columns
    heading = replace(first, page=replace(first.page, is_heading=True))
    lines = [item for page in table.pages for item in page]
    return drawn(table.name, [heading, *columns], Rows(lines=lines))


def drawn_first(table: Table[Item], most: int) -> DrawnTable:
    """The first rows of a table."""
    lines = list(islice(chain.from_iterable(table.pages), most))
    return drawn(table.name, table.columns, Rows(lines=lines))


def _row_classes(row_kind: RowKind, item: Item, rows: Rows[Item]) -> str:
    if row_kind is RowKind.OTHERS:
        return "others"
    return rows.class_of(item) if rows.class_of and row_kind is RowKind.ROW else ""


def _spanned(row: DrawnRow, span: int) -> DrawnRow:
    """The row with its heading first, over `span` columns. Its former cell is blank; on a phone
    there is none, since one of these columns is not there."""
    if span == 1:
        return row
    heading = next(cell for cell in row.cells if cell.is_heading)
    rest = (
        Cell("", classes=Phone.HIDDEN) if cell.is_heading else cell for cell in row.cells[span:]
    )
    return DrawnRow((replace(heading, span=span), *rest), row.classes)


def _headings(columns: Sequence[Column[Any]]) -> Iterator[Heading]:
    place = 0
    while place < len(columns):
        column = columns[place]
        page = column.page
        main = MAIN if MAIN in page.classes.split() else ""
        yield Heading(
            str(column.label),
            # Headings of rows are at the left, whatever their kind.
            _joined("" if page.is_heading else _side(column.kind), main, page.phone),
            page.span,
            page.unseen,
        )
        place += page.span


def _joined(*classes: str) -> str:
    return " ".join(filter(None, classes))


def _side(kind: Kind) -> str:
    return "number" if kind in _AT_THE_RIGHT else ""


def _cells(
    column: Column[Item], items: Sequence[tuple[RowKind, Item]], places: int | None
) -> list[Cell]:
    """The cells of a column."""
    page, kind = column.page, column.kind
    classes = _joined(_side(kind), _CLASSES.get(kind, ""), page.classes, page.phone)
    filled = [(row_kind not in page.blank_in, item) for row_kind, item in items]
    read: Callable[[Item], Any] = page.text or column.read
    read_values = [read(item) for is_filled, item in filled if is_filled]
    if kind is Kind.AMOUNT and places is None and not page.text:
        places = formatting.places_of(read_values)
    values = iter(read_values)

    def cell(item: Item) -> Cell:
        value = next(values)
        # Built once and not replaced, since a page has hundreds of cells.
        marks: dict[str, Any] = {
            "classes": f"{classes} {page.class_of(item)}".rstrip() if page.class_of else classes,
            "is_heading": page.is_heading,
            "link": page.link(item) if page.link else "",
            "note": page.note(item) if page.note else "",
        }
        if isinstance(value, Text):
            return Cell(**asdict(value), **marks)
        return Cell(value, **marks) if page.text else _cell(column, value, places or 0, marks)

    return [
        cell(item) if is_filled else Cell("", classes=classes, is_heading=page.is_heading)
        for is_filled, item in filled
    ]


def _cell(column: Column[Any], value: Any, places: int, marks: dict[str, Any]) -> Cell:
    """The cell of a value, formatted by its kind."""
    kind, is_signed = column.kind, column.page.is_signed
    if kind is Kind.BAR:
        return Cell("", bar=value, **marks)
    if kind is Kind.STEP:
        return Cell("", step=value, **marks)
    if value is None:
        return Cell(formatting.DASH, **marks)
    if kind is Kind.AMOUNT:
        write = formatting.signed_amount if is_signed else formatting.amount
        text = formatting.in_line(write(value, places), places)
        return Cell(text, exact=formatting.hidden_decimals(value, places), **marks)
    if kind is Kind.TOKENS:
        return Cell(str(formatting.quantity(value)), hint=formatting.number(value), **marks)
    return Cell((_SIGNED if is_signed else _WRITERS)[kind](value), **marks)


def _places(columns: Iterable[Column[Item]], items: Sequence[tuple[RowKind, Item]]) -> int:
    """The number of decimals for all columns of amounts together."""
    amounts = [column.read for column in columns if column.kind is Kind.AMOUNT]
    return formatting.places_of(read(item) for read in amounts for _row_kind, item in items)


def _moment(value: str) -> str:
    return formatting.exact_moment(datetime.fromisoformat(value))


MAIN = "main"
_CLASSES = {Kind.BAR: "bar-cell", Kind.STEP: "step"}
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
_SIGNED: dict[Kind, Callable[[Any], str]] = {
    Kind.NUMBER: lambda value: formatting.signed(formatting.number(value), value),
    Kind.PERCENT: formatting.percent_change,
}
