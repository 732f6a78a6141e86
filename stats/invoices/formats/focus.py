"""A CSV by FOCUS, the FinOps Open Cost and Usage Specification."""

from collections.abc import Iterator, Mapping
from datetime import date

from django.utils.translation import gettext as _

from stats.core.periods import DAY
from stats.invoices.formats import tables
from stats.invoices.reading import Format, InvoiceError, Row, amount_of, moment_of

START, END, BILLED_IN = "ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart"
NEEDED = ("BilledCost", "BillingCurrency", START)
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
        start = moment_of(values[START], place, START).date()
        billed = _billed(values, place)
        is_billed_late = billed is None or billed.replace(day=1) != start.replace(day=1)
        yield Row(
            place,
            None if is_billed_late or not _is_of_one_day(values, place) else start,
            amount_of(values["BilledCost"], place, "BilledCost"),
            currency,
            billed,
        )


def _billed(values: Mapping[str, str], place: str) -> date | None:
    """A day of the month in which a row is billed; None of a correction that does not tell."""
    if values.get("ChargeClass") == CORRECTION and not values.get(BILLED_IN):
        return None
    name = BILLED_IN if values.get(BILLED_IN) else START
    return moment_of(values[name], place, name).date()


def _is_of_one_day(values: Mapping[str, str], place: str) -> bool:
    """Its end is excluded."""
    if values.get("ChargeCategory", USAGE) != USAGE or values.get("ChargeClass") == CORRECTION:
        return False
    start, end = (
        moment_of(values[name], place, name) if values.get(name) else None for name in (START, END)
    )
    return start is None or end is None or end - start <= DAY


FORMAT = Format("focus", "FOCUS: CSV", rows, is_utc=True)
