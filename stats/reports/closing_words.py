"""What is said of a closed month: who closed it, and what is known beyond what was signed."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.core import formatting
from stats.models import ClosingEntry
from stats.query.sums import Sums
from stats.reports.closings import Month


def closed_by(closing: ClosingEntry) -> str:
    words = {
        "name": closing.made_by,
        "time": formatting.exact_moment(closing.at),
    }
    return _("Closed by %(name)s, %(time)s.") % words


def known_now(month: Month) -> str:
    """What is known beyond what was signed, of a month that is closed."""
    if not month.adjustments:
        return _("Nothing has differed since.")
    return _("Known now: %(difference)s.") % {"difference": difference(month.adjusted)}


def difference(sums: Sums) -> str:
    """What was adjusted, by currency; without any cost by calls."""
    if amounts := list(_amounts(sums)):
        return formatting.listed(amounts)
    if not sums.calls:
        return _("adjusted, with the same total")
    text = (
        ngettext("%(count)s call more than closed", "%(count)s calls more than closed", sums.calls)
        if sums.calls > 0
        else ngettext(
            "%(count)s call less than closed", "%(count)s calls less than closed", -sums.calls
        )
    )
    return text % {"count": formatting.number(abs(sums.calls))}


def _amounts(sums: Sums) -> Iterator[str]:
    for currency, cost in sorted(sums.costs.items()):
        amount = formatting.money(currency, abs(cost))
        text = _("%(amount)s more than closed") if cost > 0 else _("%(amount)s less than closed")
        if cost:
            yield text % {"amount": amount}
