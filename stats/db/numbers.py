"""Comparisons with numbers that no column holds: none is in the table, and SQLite cannot be asked.

Django does so for a comparison with one number.
"""

from typing import Any

from django.db.models import IntegerField, lookups


class HeldIn(lookups.In):
    """A comparison with several numbers; drops those that the column cannot store."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            kind = self.lhs.output_field.get_internal_type()
            least, most = connection.ops.integer_field_range(kind)
            self.rhs = [one for one in self.rhs if not isinstance(one, int) or least <= one <= most]
        return super().process_rhs(compiler, connection)


def register() -> None:
    """Replace Django's lookup for the columns of numbers of all applications."""
    IntegerField.register_lookup(HeldIn)
