"""What the columns of a table hold, by the database's catalogue; asked once in each process."""

from collections.abc import Mapping
from functools import cache

from stats.db.dialects import dialect
from stats.db.dialects.base import Reference


def narrow_columns(table: str) -> frozenset[str]:
    """The text columns that hold no character beyond U+FFFF."""
    narrow = dialect().narrow_charsets
    return frozenset(name for name, charset in _charsets(table).items() if charset in narrow)


def column_holds(table: str, column: str, text: str) -> bool:
    """Whether the column's character set has every character of the text."""
    charset = _charsets(table).get(column)
    return charset is None or dialect().charset_holds(charset, text)


@cache
def _charsets(table: str) -> Mapping[str, str]:
    return dialect().charsets(table)


@cache
def have_ten_digits(table: str, columns: frozenset[str]) -> bool:
    """Whether these columns surely hold no longer numbers."""
    return dialect().have_ten_digits(table, columns)


@cache
def has_references(table: str, wanted: frozenset[Reference]) -> bool:
    """Whether the table has these foreign keys, so that an INSERT of an unknown id fails."""
    return wanted <= set(dialect().references(table))
