"""A CSV with the columns `date` and `amount`, a row a day."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from stats.invoices.formats import tables
from stats.invoices.reading import Format, InvoiceError, Row, amount_of


def rows(text: str) -> Iterator[Row]:
    """Raises `InvoiceError`, also if a day occurs twice."""
    found: dict[date, str] = {}
    for place, values in tables.rows(text, ("date", "amount")):
        day = _day(values["date"], place)
        if day in found:
            words = {"day": day.isoformat(), "place": found[day]}
            sentence = _("%(day)s stands at %(place)s already.") % words
            raise InvoiceError.at(place, "date", sentence)
        found[day] = place
        yield Row(place, day, amount_of(values["amount"], place, "amount"), None)


def _day(text: str, place: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Python knows other ways to write a day.
    if day is None or day.isoformat() != text:
        raise InvoiceError.at(place, "date", _("a day is needed, like 2026-10-01."))
    return day


FORMAT = Format("plain", "CSV: date,amount", rows, is_utc=False)
