"""A table as CSV: exact, and nothing in it that a spreadsheet would run."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from stats.exports.tables import Column, Item, Kind, Table

# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet takes for a formula (OWASP, "CSV Injection"): also in full width, and after
# what it may skip, such as blanks, quotes and characters without width.
_FORMULA = re.compile(
    "[\t\r\n]|[\\s\x00-\x20\u00ad\u180e\u200b-\u200f\u2060\ufeff\"'`]*[=+\\-@＝＋－＠﹢﹣﹦﹫]"
)


def csv_chunks(table: Table[Item]) -> Iterator[str]:
    """The text of the file: headings, then a chunk for each page of rows. Amounts are unrounded,
    times have their offset, a NULL is nothing."""
    yield BYTE_ORDER_MARK + _lines([[harmless(column.name) for column in table.columns]])
    for page in table.pages:
        # Column by column, so that what a column needs is chosen once and not for each cell.
        yield _lines(zip(*(_cells(column, page) for column in table.columns), strict=True))


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(column: Column[Item], page: Sequence[Item]) -> Iterable[Any]:
    values = map(column.read, page)
    write = _WRITERS.get(column.kind)
    return map(write, values) if write else values


def harmless(text: str | None) -> str | None:
    """The text, kept from being a formula by a quotation mark in front."""
    return f"'{text}" if text and _FORMULA.match(text) else text


def _amount(value: Any) -> str | None:
    # Its own text has exponents: 0E-8.
    return None if value is None else format(value, "f")


# The other kinds are what csv.writer makes of them.
_WRITERS: dict[Kind, Callable[[Any], str | None]] = {
    Kind.TEXT: harmless,
    Kind.AMOUNT: _amount,
    Kind.FLAG: {True: "true", False: "false"}.get,
}
