"""Invoices in words: how one stands, and what each part of a difference is."""

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import wording
from stats.admin.components.tiles import Tile
from stats.core import formatting
from stats.core.formatting import Quantity
from stats.core.zones import reading_zone
from stats.invoices.explaining import Cause, Explanation, Part
from stats.invoices.ledger import EDGE
from stats.models import ProviderInvoice

# Days that a sentence names one by one.
MOST_DAYS = 5

NAMES = {
    Cause.BESIDE: gettext_lazy("On no single day"),
    Cause.ZONE: gettext_lazy("Days of another time zone"),
    Cause.CURRENCY: gettext_lazy("Another currency"),
    Cause.NOT_IN_LEDGER: gettext_lazy("Days that the ledger lacks"),
    Cause.NOT_IN_INVOICE: gettext_lazy("Days that the invoice lacks"),
    Cause.FAILED: gettext_lazy("Failures that are not billed"),
    Cause.SHARE: gettext_lazy("The same share of many days"),
    Cause.UNPRICED: gettext_lazy("Unpriced calls"),
    Cause.NO_USAGE: gettext_lazy("Calls without usage"),
    Cause.ROUNDED_AWAY: gettext_lazy("Calls rounded to zero"),
    Cause.EDGE: gettext_lazy("The month's edge"),
    Cause.DAY: gettext_lazy("Single days that differ"),
    Cause.ROUNDING: gettext_lazy("Rounding"),
    Cause.UNEXPLAINED: gettext_lazy("Unexplained"),
}


def zone_of(invoice: ProviderInvoice) -> str:
    """The zone of its days."""
    return "UTC" if invoice.is_utc else str(reading_zone())


def sentence(invoice: ProviderInvoice, found: Explanation) -> str:
    """How far both are apart, and what of it nobody can explain."""
    currency, difference = invoice.currency, found.difference
    if not difference:
        return _("Invoice and ledger are the same to the last decimal.")
    words = {"amount": formatting.money(currency, abs(difference))}
    first = (
        _("The invoice is %(amount)s above the ledger")
        if difference > 0
        else _("The invoice is %(amount)s below the ledger")
    ) % words
    if not found.unexplained:
        return _("%(sentence)s, all of it explained.") % {"sentence": first}
    left = {"sentence": first, "amount": formatting.money(currency, abs(found.unexplained))}
    return _("%(sentence)s; %(amount)s of it are unexplained.") % left


def tiles(invoice: ProviderInvoice, found: Explanation) -> list[Tile]:
    """Billed, known, the difference, and the unexplained."""

    def tile(label: str, amount: Decimal, change: str = "", *, is_signed: bool = True) -> Tile:
        text = formatting.signed_amount(amount) if is_signed else formatting.amount(amount)
        return Tile(
            label,
            Quantity(text),
            exact=formatting.hidden_decimals(amount),
            currency=formatting.currency_name(invoice.currency),
            change=change,
        )

    return [
        tile(_("Invoice"), found.billed, is_signed=False),
        tile(_("Ledger"), found.known, is_signed=False),
        tile(_("Difference"), found.difference, _of_invoice(found.difference, found)),
        tile(_("Unexplained"), found.unexplained, _of_invoice(found.unexplained, found)),
    ]


def _of_invoice(amount: Decimal, found: Explanation) -> str:
    if not found.billed or not amount:
        return ""
    share = formatting.percent(float(abs(amount) / abs(found.billed) * 100), 2)
    return _("%(share)s of the invoice") % {"share": share}


def words_of(part: Part, invoice: ProviderInvoice) -> str:
    """What a part means, in a sentence or two."""
    return WORDS[part.cause](part, invoice)


def _days(part: Part, text: str) -> str:
    """The text, and the days if they are few."""
    if not 0 < len(part.days) <= MOST_DAYS:
        return text
    days = formatting.listed(map(formatting.day, part.days))
    return _("%(text)s Days: %(days)s.") % {"text": text, "days": days}


def _plain(text: object) -> Callable[[Part, ProviderInvoice], str]:
    return lambda part, _invoice: str(text)


def _with_days(text: object) -> Callable[[Part, ProviderInvoice], str]:
    return lambda part, _invoice: _days(part, str(text))


def _at_most(part: Part, invoice: ProviderInvoice) -> str:
    return formatting.money(invoice.currency, part.bound or Decimal())


def _currency(part: Part, invoice: ProviderInvoice) -> str:
    words = {
        "other": formatting.currency_name(part.currency),
        "currency": invoice.currency,
        "rate": formatting.decimal(part.rate or Decimal(), 4),
    }
    if part.rate == 1:
        text = _("The ledger has these costs with %(other)s instead of %(currency)s.")
    else:
        text = _(
            "The ledger has these costs in %(other)s. Taken is the rate that most days share: "
            "1 %(other)s = %(currency)s %(rate)s."
        )
    return text % words


def _share(part: Part, _invoice: ProviderInvoice) -> str:
    rate = part.rate or Decimal()
    words = {"share": formatting.percent(float(abs(rate) * 100), 2)}
    if rate < 0:
        return _("These days are billed %(share)s lower: a discount or another price.") % words
    return _("These days are billed %(share)s higher: a tax or another price.") % words


def _calls(text: str, part: Part) -> str:
    return wording.counted(text, part.calls)


def _unpriced(part: Part, _invoice: ProviderInvoice) -> str:
    text = ngettext(
        "%(count)s call has tokens, and neither cost nor price.",
        "%(count)s calls have tokens, and neither cost nor price.",
        part.calls,
    )
    return _days(part, _calls(text, part))


def _no_usage(part: Part, _invoice: ProviderInvoice) -> str:
    text = ngettext(
        "%(count)s call has neither tokens nor cost.",
        "%(count)s calls have neither tokens nor cost.",
        part.calls,
    )
    return _days(part, _calls(text, part))


def _rounded_away(part: Part, invoice: ProviderInvoice) -> str:
    text = ngettext(
        "The cost of %(count)s call was rounded to zero: together at most %(most)s.",
        "The costs of %(count)s calls were rounded to zero: together at most %(most)s.",
        part.calls,
    )
    words = {"count": formatting.number(part.calls), "most": _at_most(part, invoice)}
    return text % words


def _edge(part: Part, invoice: ProviderInvoice) -> str:
    words = {
        "hours": int(EDGE.total_seconds() // 3600),
        "most": _at_most(part, invoice),
        "days": formatting.listed(map(formatting.day, part.days)),
    }
    if part.amount > 0:
        text = _(
            "Calls of the %(hours)s hours beyond the month that the invoice may count to it; they "
            "come to %(most)s. Days: %(days)s."
        )
    else:
        text = _(
            "Calls of the %(hours)s hours within the month that the invoice may count to another; "
            "they come to %(most)s. Days: %(days)s."
        )
    return text % words


def _rounding(part: Part, invoice: ProviderInvoice) -> str:
    text = _("Days of the invoice and costs of calls are rounded: this makes up at most %(most)s.")
    return text % {"most": _at_most(part, invoice)}


WORDS: dict[Cause, Callable[[Part, ProviderInvoice], str]] = {
    Cause.BESIDE: _plain(
        gettext_lazy("The amount of the invoice less that of its days: a tax, a credit, a fee.")
    ),
    Cause.ZONE: _plain(
        gettext_lazy(
            "The invoice fits days of the other time zone (UTC or that of the ledger) better. The "
            "parts below are told by those."
        )
    ),
    Cause.CURRENCY: _currency,
    Cause.NOT_IN_LEDGER: _with_days(gettext_lazy("The ledger has no calls on them.")),
    Cause.NOT_IN_INVOICE: _with_days(gettext_lazy("The invoice has no amount for them.")),
    Cause.FAILED: _with_days(gettext_lazy("They have a cost here. The invoice is lower by it.")),
    Cause.SHARE: _share,
    Cause.UNPRICED: _unpriced,
    Cause.NO_USAGE: _no_usage,
    Cause.ROUNDED_AWAY: _rounded_away,
    Cause.EDGE: _edge,
    Cause.DAY: _with_days(gettext_lazy("The other days fit, or differ far less.")),
    Cause.ROUNDING: _rounding,
    Cause.UNEXPLAINED: _plain(gettext_lazy("What is left.")),
}
