"""What the last sheet of an XLSX says of the others."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from stats.core import formatting
from stats.tables.workbook import Written

Line = tuple[str, Any]


def contents(written: Written) -> Iterator[Line]:
    """The rows of a table, and its costs."""
    name = written.table.name
    yield _("Rows, %(table)s") % {"table": name}, written.rows
    for currency, cost in sorted(written.table.costs.items()):
        label = _("Cost in %(currency)s, %(table)s")
        yield label % {"currency": formatting.currency_name(currency), "table": name}, cost
