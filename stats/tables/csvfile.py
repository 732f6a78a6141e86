"""A table as CSV: exact values, and no text that a spreadsheet would run as a formula."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from stats.tables.table import OFFSET_SUFFIX, Item, Kind, Table

Write = Callable[[Any], str | None]
# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# Characters that a spreadsheet may skip: quotes and invisible ones (Default_Ignorable_Code_Point
# and the categories Cc, Cf and Z of Unicode 16).
_SKIPPED = (
    "\"'`\\s\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Characters that then begin a formula (OWASP, "CSV Injection"), full-width ones included.
_FORMULA = f"[{_SKIPPED}]*[=+\\-@＝＋－＠﹢﹣﹦﹫]"
_AT_START = re.compile(f"[\t\r\n]|{_FORMULA}")
# Where a program begins a cell that does not split at commas and ignores our quotes.
_SEPARATOR = re.compile("[;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_AFTER_SEPARATOR = re.compile(f"(\r\n|{_SEPARATOR.pattern})(?={_FORMULA})")


def csv_chunks(table: Table[Item]) -> Iterator[str]:
    """The text of the file: the headings, then a chunk for each page of rows.

    Amounts are unrounded. A time is two columns: local, and with its offset. NULL is empty.
    """
    columns = [
        (f"{column.name}{suffix}", column.read, write)
        for column in table.file_columns
        for suffix, write in _WRITERS.get(column.kind, AS_IT_IS).items()
    ]
    yield BYTE_ORDER_MARK + _lines([[harmless(name) for name, _read, _write in columns]])
    for page in table.pages:
        # By column, so that the writer is chosen once per column and not per cell.
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
    """The text with an apostrophe before anything that a spreadsheet could run as a formula: at its
    start, and behind a separator within it."""
    if not text:
        return text
    start = "'" if _AT_START.match(text) else ""
    # Few texts have a separator, and the search is cheap.
    return start + (_AFTER_SEPARATOR.sub(r"\1'", text) if _SEPARATOR.search(text) else text)


def _amount(value: Any) -> str | None:
    # `str` would write exponents: 0E-8.
    return None if value is None else format(value, "f")


def _local(value: str | None) -> str | None:
    return f"{value[:10]} {value[11:19]}" if value else None


# Per kind, the suffix of each column's heading and its writer. None leaves it to csv.writer.
AS_IT_IS: dict[str, Write | None] = {"": None}
_WRITERS: dict[Kind, dict[str, Write | None]] = {
    Kind.TEXT: {"": harmless},
    Kind.AMOUNT: {"": _amount},
    Kind.FLAG: {"": {True: "true", False: "false"}.get},
    Kind.MOMENT: {"": _local, OFFSET_SUFFIX: None},
}
