"""Rows of a CSV by the names of its columns."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from django.utils.translation import gettext as _

from stats.invoices.reading import InvoiceError


def rows(text: str, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row with where it stands; columns beyond the `needed` ones are kept. Raises
    `InvoiceError` for a file without them, and for a row with more or fewer values."""
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(lines, [])]
        for name in needed:
            if names.count(name) != 1:
                sentence = _("The first row needs one column %(name)s.")
                raise InvoiceError(sentence % {"name": name})
        for values in lines:
            place = _("row %(number)s") % {"number": lines.line_num}
            if not values:
                continue
            if len(values) != len(names):
                sentence = _("%(place)s has %(found)s values, and the first row %(needed)s.")
                counts = {"found": len(values), "needed": len(names)}
                raise InvoiceError(sentence % {"place": place, **counts})
            yield place, {name: value.strip() for name, value in zip(names, values, strict=True)}
    except csv.Error as error:
        sentence = _("Row %(number)s is no CSV: %(why)s.")
        raise InvoiceError(sentence % {"number": lines.line_num, "why": error}) from None
