"""The only writer of invoices."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from stats.core.currencies import as_written
from stats.ingest import currencies
from stats.invoices.formats import FORMATS
from stats.invoices.reading import Billed, InvoiceError, amount_of, as_kept, read
from stats.models import InvoiceDay, ProviderInvoice
from stats.models.invoices import AMOUNT_STEP


def _longest(name: str) -> int:
    """Of a text, in characters."""
    return int(getattr(ProviderInvoice._meta.get_field(name), "max_length", 0))


LONGEST_PROVIDER, LONGEST_CURRENCY = _longest("provider"), _longest("currency")
LONGEST_NOTE, LONGEST_FILE_NAME = _longest("note"), _longest("file_name")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody says of an invoice. `amount` is as written, empty if the file tells; without a
    `format` the file is only attached."""

    provider: str
    month: date
    is_utc: bool = True
    currency: str = ""
    amount: str = ""
    note: str = ""
    format: str = ""
    file: Attached | None = None


def add(entry: Entry, by: str, now: datetime) -> ProviderInvoice:
    """Keep an invoice, all of it or nothing. Raises `InvoiceError`."""
    provider = _one_line(entry.provider, _("provider"), LONGEST_PROVIDER)
    if not provider:
        raise InvoiceError(_("The provider's name is needed."))
    note = _one_line(entry.note, _("note"), LONGEST_NOTE)
    billed = _billed(entry)
    currency = _one_line(billed.currency, _("currency"), LONGEST_CURRENCY)
    if currencies.unknown([currency]):
        raise InvoiceError(_("This is no currency of ISO 4217, and no call has it."))
    format = FORMATS.get(entry.format)
    with transaction.atomic():
        _refuse_twice(provider, entry, billed)
        invoice = ProviderInvoice.objects.create(
            provider=provider,
            month=entry.month,
            is_utc=format.is_utc or entry.is_utc if format else entry.is_utc,
            currency=currency,
            amount_units=int(billed.amount / AMOUNT_STEP),
            note=note,
            format=entry.format,
            file_name=entry.file.name[-LONGEST_FILE_NAME:] if entry.file else "",
            file=entry.file.content if entry.file else None,
            added_at=now,
            added_by=by,
        )
        InvoiceDay.objects.bulk_create(
            InvoiceDay(invoice=invoice, day=day, amount_units=int(amount / AMOUNT_STEP))
            for day, amount in billed.days.items()
        )
    return invoice


def remove(invoice: ProviderInvoice) -> None:
    """With its days."""
    invoice.delete()


def _refuse_twice(provider: str, entry: Entry, billed: Billed) -> None:
    """What is entered by hand may be the same: two payments of one amount, say."""
    if not entry.format or entry.file is None:
        return
    _wait_for_others()
    same = ProviderInvoice.objects.filter(
        provider=provider,
        month=entry.month,
        amount_units=int(billed.amount / AMOUNT_STEP),
        file=entry.file.content,
    )
    if same.exists():
        sentence = _("This file is kept already, as an invoice of %(provider)s for %(month)s.")
        raise InvoiceError(sentence % {"provider": provider, "month": f"{entry.month:%Y-%m}"})


def _wait_for_others() -> None:
    """Let one at a time enter a file until its transaction ends, so that the next one sees it."""
    about = ProviderInvoice._meta
    # A row that is always there, which nobody else writes.
    row = ContentType.objects.select_for_update()
    row.get(app_label=about.app_label, model=about.model_name)


def _billed(entry: Entry) -> Billed:
    if not entry.format:
        return _by_hand(entry)
    if entry.format not in FORMATS:
        raise InvoiceError(_("There is no such format."))
    if entry.file is None:
        raise InvoiceError(_("A file is needed."))
    found = read(entry.file.content, FORMATS[entry.format], entry.month, entry.currency)
    if not entry.amount:
        return found
    # As on the invoice itself: what is more than the days is of none, such as a tax.
    return Billed(found.currency, _amount(entry.amount), found.days)


def _by_hand(entry: Entry) -> Billed:
    if not entry.currency:
        raise InvoiceError(_("A currency is needed."))
    if not entry.amount:
        raise InvoiceError(_("An amount is needed."))
    return Billed(as_written(entry.currency), _amount(entry.amount))


def _amount(text: str) -> Decimal:
    return as_kept(amount_of(text, _("the form"), _("amount")))


def _one_line(text: str, name: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest or not text.isprintable():
        sentence = _("%(name)s: at most %(longest)s characters in one line are possible.")
        raise InvoiceError(sentence % {"name": name, "longest": longest})
    return text
