"""Texts that a column's character set does not hold: no row has them, and no form takes them.

MariaDB and MySQL fail to compare such a text with a column of `utf8mb3` or `latin1`, which the
tables of an adopted database have, and ours beside them. So a condition on it is one that no row
meets, wherever it comes from: a login, a search box, an address, a cookie.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, Field, Lookup, TextField, lookups

from stats.db.catalogue import column_holds


def holds(field: "Field[Any, Any]", text: object) -> bool:
    """Whether the field's column can have this value."""
    if not isinstance(text, str) or text.isascii():
        return True
    return column_holds(field.model._meta.db_table, field.column or field.name, text)


class _OfOneText(Lookup):
    """A comparison with a text."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        field = getattr(self.lhs, "target", None)
        if field is not None and not holds(field, self.rhs):
            raise EmptyResultSet
        return super().as_sql(compiler, connection)


class _OfTexts(Lookup):
    """A comparison with several texts, of which some may be held."""

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
    """For every text column, of whichever application."""
    made = [type(f"Held{base.__name__}", (_OfOneText, base), {}) for base in OF_ONE_TEXT]
    made.append(type("HeldIn", (_OfTexts, lookups.In), {}))
    for lookup in made:
        CharField.register_lookup(lookup)
        TextField.register_lookup(lookup)
