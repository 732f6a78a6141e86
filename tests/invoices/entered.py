"""An invoice that somebody entered."""

from datetime import date, datetime

from stats.invoices.formats import FORMATS
from stats.invoices.keeping import Attached, Entry, add
from stats.models import ProviderInvoice


def invoice(
    now: datetime, month: date = date(2026, 10, 1), amount: str = "120", **days: str
) -> ProviderInvoice:
    """Read from a file of two days in October, or of these (`d2="4.50"`)."""
    lines = {int(name[1:]): cost for name, cost in days.items()} or {2: "4.50", 24: "100"}
    text = "".join(f"{month.replace(day=day)},{cost}\n" for day, cost in lines.items())
    entry = Entry(
        provider="OpenAI",
        month=month,
        currency="USD",
        amount=amount,
        note="paid by card",
        format=FORMATS["plain"].name,
        file=Attached("october.csv", f"date,amount\n{text}".encode()),
    )
    return add(entry, "ann", now)


def any_invoice(now: datetime, month: date = date(2026, 10, 1)) -> ProviderInvoice:
    """One that was entered before, or else now: a file is not kept twice."""
    return ProviderInvoice.objects.first() or invoice(now, month)
