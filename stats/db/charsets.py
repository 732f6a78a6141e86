"""Texts that a column's character set cannot store: no row matches them.

An adopted database may have columns of `utf8mb3` or `latin1`. MariaDB and MySQL answer an error if
such a column is compared with a text that it cannot store. So a condition with such a text matches
no row, wherever the text comes from: a login, a search box, an address, a cookie.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, Field, Lookup, TextField, lookups

from stats.db.catalogue import column_holds


def holds(field: "Field[Any, Any]", text: object) -> bool:
    """True if the field's column can store this value."""
    if not isinstance(text, str) or text.isascii():
        return True
    return column_holds(field.model._meta.db_table, field.column or field.name, text)


class _OfOneText(Lookup):
    """A comparison with one text."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = getattr(self.lhs, "target", None)
        if field is not None and not holds(field, self.rhs):
            raise EmptyResultSet
        return super().as_sql(compiler, connection)


class _OfTexts(Lookup):
    """A comparison with several texts; drops those that the column cannot store."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = getattr(self.lhs, "target", None)
        if field is not None and isinstance(self.rhs, Iterable) and self.rhs_is_direct_value():
            self.rhs = [text for text in self.rhs if holds(field, text)]
        return super().as_sql(compiler, connection)


OF_ONE_TEXT = (
    lookups.Exact, lookups.IExact, lookups.Contains, lookups.IContains, lookups.StartsWith,
    lookups.IStartsWith, lookups.EndsWith, lookups.IEndsWith, lookups.Regex, lookups.IRegex,
    lookups.GreaterThan, lookups.GreaterThanOrEqual, lookups.LessThan, lookups.LessThanOrEqual,
)  # fmt: skip


def register() -> None:
    """Replace Django's lookups for the text columns of all applications."""
    made = [type(f"Held{base.__name__}", (_OfOneText, base), {}) for base in OF_ONE_TEXT]
    made.append(type("HeldIn", (_OfTexts, lookups.In), {}))
    for lookup in made:
        CharField.register_lookup(lookup)
        TextField.register_lookup(lookup)
