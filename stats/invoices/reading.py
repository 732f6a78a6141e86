"""Reads the file of an invoice: rows by its format, added up by day. Nothing is kept here."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation

from django.utils.translation import gettext as _

from stats.core.currencies import as_written
from stats.core.periods import iso_datetime
from stats.models.invoices import AMOUNT_STEP

# Of a file, in bytes.
LARGEST_FILE = 4 * 1024 * 1024
# Of an amount, either sign.
MOST = Decimal(10) ** 10
# Digits of an amount in a file; more is no money.
_LONGEST = 60
_AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
# Smaller by its exponent, an amount is none: OpenAI writes zero as 0E-6176.
_SMALLEST = -100
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])


class InvoiceError(ValueError):
    """A file or form that is no invoice of the month. The sentence names the row and the field."""

    @classmethod
    def at(cls, place: str, name: str, sentence: str) -> "InvoiceError":
        """Of a field in a row."""
        return cls(_("%(place)s, %(field)s: %(sentence)s") % {
            "place": place, "field": name, "sentence": sentence
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An amount of a file. `place` says where it stands. `day` is the one it is of; a tax is of
    none, and `billed` is then in the month of its invoice, if the file tells. `currency` is None
    where the format has none."""

    place: str
    day: date | None
    amount: Decimal
    currency: str | None
    billed: date | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `is_utc` says that its days are those of UTC, whatever else is said."""

    name: str
    label: str
    rows: Callable[[str], Iterator[Row]]
    is_utc: bool


@dataclass(frozen=True, slots=True)
class Billed:
    """What an invoice asks: in all, and by day as far as it says so."""

    currency: str
    amount: Decimal
    days: Mapping[date, Decimal] = field(default_factory=dict)

    @property
    def beside(self) -> Decimal:
        """What is of no day; zero if there are no days at all."""
        return self.amount - sum(self.days.values(), Decimal()) if self.days else Decimal()


def read(content: bytes, format: Format, month: date, currency: str = "") -> Billed:
    """The invoice of a month. `currency` is needed where the format has none, and else must be the
    same. Raises `InvoiceError`."""
    if len(content) > LARGEST_FILE:
        raise InvoiceError(_("The file is larger than 4 MiB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvoiceError(_("The file is not UTF-8.")) from None
    return _added_up(format.rows(text), month, as_written(currency))


def _added_up(rows: Iterable[Row], month: date, currency: str) -> Billed:
    days: defaultdict[date, Decimal] = defaultdict(Decimal)
    beside = Decimal()
    is_empty = True
    for row in rows:
        is_empty = False
        _refuse_another_month(row, month)
        found = as_written(row.currency) if row.currency is not None else currency
        currency = currency or found
        if found != currency:
            sentence = _("this is %(found)s, and %(currency)s before.")
            words = {"found": found, "currency": currency}
            raise InvoiceError.at(row.place, _("currency"), sentence % words)
        if row.day:
            days[row.day] = _EXACT.add(days[row.day], row.amount)
        else:
            beside = _EXACT.add(beside, row.amount)
    if is_empty:
        raise InvoiceError(_("The file has no amounts."))
    if not currency:
        raise InvoiceError(_("A currency is needed: the file names none."))
    kept = {day: as_kept(amount) for day, amount in sorted(days.items())}
    amount = as_kept(sum(kept.values(), as_kept(beside)))
    return Billed(currency, amount, kept)


def _refuse_another_month(row: Row, month: date) -> None:
    day = row.day or row.billed
    if day and day.replace(day=1) != month:
        sentence = _("%(day)s is not in %(month)s.")
        words = {"day": day.isoformat(), "month": f"{month:%Y-%m}"}
        raise InvoiceError.at(row.place, _("day"), sentence % words)


def as_kept(amount: Decimal) -> Decimal:
    """To eight decimals. Raises `InvoiceError` if it is too large."""
    if abs(amount) >= MOST:
        raise InvoiceError(_("No amount may reach ten thousand million."))
    return amount.quantize(AMOUNT_STEP)


def amount_of(text: str, place: str, name: str) -> Decimal:
    """An amount as it is written, with a point and without separators. Raises `InvoiceError`."""
    if len(text) > _LONGEST or not _AMOUNT.fullmatch(text):
        raise InvoiceError.at(place, name, _("a number is needed, like 1234.56."))
    amount = Decimal(text)
    if abs(amount) >= MOST:
        raise InvoiceError.at(place, name, _("no amount may reach ten thousand million."))
    return amount if amount.adjusted() >= _SMALLEST else Decimal()


def moment_of(text: str, place: str, name: str) -> datetime:
    """A time in UTC, of a date its beginning. Raises `InvoiceError`."""
    try:
        if len(text) == len("2026-10-01"):
            found = datetime.combine(date.fromisoformat(text), datetime.min.time())
        else:
            # BigQuery exports times with the name of the zone.
            found = iso_datetime(text.removesuffix(" UTC"))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = _("a day or time in ISO 8601 is needed, like 2026-10-01.")
        raise InvoiceError.at(place, name, sentence) from None
