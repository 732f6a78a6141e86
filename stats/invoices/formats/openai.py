"""Pages of OpenAI's costs: GET /v1/organization/costs, in buckets of a day."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from stats.invoices.formats import pages
from stats.invoices.formats.pages import Node
from stats.invoices.reading import Format, Row, amount_of


def _bounds(bucket: Node) -> tuple[datetime, datetime]:
    return _moment(bucket, "start_time"), _moment(bucket, "end_time")


def _moment(bucket: Node, name: str) -> datetime:
    """Seconds since 1970."""
    seconds = bucket.value.get(name)
    try:
        if type(seconds) is not int:
            raise ValueError
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise bucket.wrong(name, _("seconds since 1970 are needed.")) from None


def _row(result: Node, start: datetime) -> Row:
    amount = result.object("amount")
    value = amount.value.get("value")
    # Newer answers have texts, older ones numbers.
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise amount.wrong("value", _("a number is needed, like 1234.56."))
    found = amount_of(str(value), amount.place, "value")
    return Row(amount.place, start.date(), found, amount.text("currency"))


def rows(text: str) -> Iterator[Row]:
    """Raises `InvoiceError`."""
    return pages.rows(text, _bounds, _row)


FORMAT = Format("openai", "OpenAI: costs", rows, is_utc=True)
