"""A CSV by FOCUS, the FinOps Open Cost and Usage Specification."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from stats.core.periods import DAY
from stats.invoices.formats import tables
from stats.invoices.reading import Format, InvoiceError, Row, amount_of, moment_of

NEEDED = ("BilledCost", "BillingCurrency", "ChargePeriodStart")
# What calls cost. Taxes, credits, purchases and adjustments are of no day.
USAGE = "Usage"
# Of a closed period.
CORRECTION = "Correction"


def rows(text: str) -> Iterator[Row]:
    """Raises `InvoiceError`."""
    for place, values in tables.rows(text, NEEDED):
        currency = values["BillingCurrency"]
        if not currency:
            raise InvoiceError.at(place, "BillingCurrency", _("a text is needed."))
        yield Row(
            place,
            moment_of(values["ChargePeriodStart"], place, "ChargePeriodStart").date(),
            amount_of(values["BilledCost"], place, "BilledCost"),
            currency,
            _is_of_one_day(values, place),
        )


def _is_of_one_day(values: Mapping[str, str], place: str) -> bool:
    """Its end is excluded."""
    if values.get("ChargeCategory", USAGE) != USAGE or values.get("ChargeClass") == CORRECTION:
        return False
    start, end = (
        moment_of(values[name], place, name) if values.get(name) else None
        for name in ("ChargePeriodStart", "ChargePeriodEnd")
    )
    return start is None or end is None or end - start <= DAY


FORMAT = Format("focus", "FOCUS: CSV", rows, is_utc=True, has_currency=True)
