"""Pages of Anthropic's cost report: GET /v1/organizations/cost_report, in buckets of a day."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from stats.invoices.formats import pages
from stats.invoices.formats.pages import Node
from stats.invoices.reading import Format, Row, amount_of, moment_of

# Amounts are in the currency's smallest unit; the report knows dollars only.
CURRENCY, HUNDREDTHS = "USD", -2


def _bounds(bucket: Node) -> tuple[datetime, datetime]:
    start, end = (
        moment_of(bucket.text(name), bucket.place, name) for name in ("starting_at", "ending_at")
    )
    return start, end


def _row(result: Node, start: datetime) -> Row:
    currency = result.text("currency")
    if currency.upper() != CURRENCY:
        raise result.wrong("currency", _("only USD is known here."))
    cents = amount_of(result.text("amount"), result.place, "amount")
    return Row(result.place, start.date(), cents.scaleb(HUNDREDTHS), currency)


def rows(text: str) -> Iterator[Row]:
    """Raises `InvoiceError`."""
    return pages.rows(text, _bounds, _row)


FORMAT = Format("anthropic", "Anthropic: cost report", rows, is_utc=True)
