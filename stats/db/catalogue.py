"""What the columns of a table can hold, from the database's catalogue. Read once per process."""

from collections.abc import Mapping
from functools import cache

from stats.db.dialects import dialect
from stats.db.dialects.base import Reference


def narrow_columns(table: str) -> frozenset[str]:
    """The text columns that cannot store characters beyond U+FFFF."""
    narrow = dialect().narrow_charsets
    return frozenset(name for name, charset in _charsets(table).items() if charset in narrow)


def column_holds(table: str, column: str, text: str) -> bool:
    """True if the column can store every character of the text."""
    charset = _charsets(table).get(column)
    return charset is None or dialect().charset_holds(charset, text)


@cache
def _charsets(table: str) -> Mapping[str, str]:
    return dialect().charsets(table)


@cache
def have_ten_digits(table: str, columns: frozenset[str]) -> bool:
    """True if these columns hold at most ten digits."""
    return dialect().have_ten_digits(table, columns)


@cache
def has_references(table: str, wanted: frozenset[Reference]) -> bool:
    """True if the table has these foreign keys, so that an INSERT of an unknown id fails."""
    return wanted <= set(dialect().references(table))
