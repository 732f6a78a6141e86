"""A table as CSV: exact, and nothing in it that a spreadsheet would run."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from stats.tables.table import OFFSET_SUFFIX, Item, Kind, Table

Write = Callable[[Any], str | None]
# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet may skip: quotes, and what is not seen (Default_Ignorable_Code_Point and the
# categories Cc, Cf and Z of Unicode 16).
_SKIPPED = (
    "\"'`\\s\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# What it takes for a formula behind that (OWASP, "CSV Injection"), also in full width.
_FORMULA = f"[{_SKIPPED}]*[=+\\-@＝＋－＠﹢﹣﹦﹫]"
_AT_START = re.compile(f"[\t\r\n]|{_FORMULA}")
# Where readers begin a cell who split at something else than commas, and so know none of our
# quotes.
_SEPARATOR = re.compile("[;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_AFTER_SEPARATOR = re.compile(f"(\r\n|{_SEPARATOR.pattern})(?={_FORMULA})")


def csv_chunks(table: Table[Item]) -> Iterator[str]:
    """The text of the file: headings, then a chunk for each page of rows. Amounts are unrounded,
    times are local and stand beside the same with its offset, a NULL is nothing."""
    columns = [
        (f"{column.name}{suffix}", column.read, write)
        for column in table.file_columns
        for suffix, write in _WRITERS.get(column.kind, AS_IT_IS).items()
    ]
    yield BYTE_ORDER_MARK + _lines([[harmless(name) for name, _read, _write in columns]])
    for page in table.pages:
        # Column by column, so that what a column needs is chosen once and not for each cell.
        cells = (_cells(page, read, write) for _name, read, write in columns)
        yield _lines(zip(*cells, strict=True))


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(page: Sequence[Item], read: Callable[[Item], Any], write: Write | None) -> Iterable[Any]:
    values = map(read, page)
    return map(write, values) if write else values


def harmless(text: str | None) -> str | None:
    """The text, kept from being a formula by a quotation mark in front: of it, and of what in it
    stands behind a separator."""
    if not text:
        return text
    start = "'" if _AT_START.match(text) else ""
    # Few texts have one, and looking for it takes little time.
    return start + (_AFTER_SEPARATOR.sub(r"\1'", text) if _SEPARATOR.search(text) else text)


def _amount(value: Any) -> str | None:
    # Its own text has exponents: 0E-8.
    return None if value is None else format(value, "f")


def _local(value: str | None) -> str | None:
    return f"{value[:10]} {value[11:19]}" if value else None


# Per kind the columns that it makes, by what their headings have more; None is what csv.writer
# makes of it.
AS_IT_IS: dict[str, Write | None] = {"": None}
_WRITERS: dict[Kind, dict[str, Write | None]] = {
    Kind.TEXT: {"": harmless},
    Kind.AMOUNT: {"": _amount},
    Kind.FLAG: {"": {True: "true", False: "false"}.get},
    Kind.MOMENT: {"": _local, OFFSET_SUFFIX: None},
}
