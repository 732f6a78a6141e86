"""Words that tables and pages have in common."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.core import formatting


def group(name: str | None) -> str:
    """A user's group; NULL and a blank name are none."""
    return name or _("no group")


def others(count: int) -> str:
    """5 others: all that are not shown or named."""
    text = ngettext("%(count)s other", "%(count)s others", count)
    return text % {"count": formatting.number(count)}


def cost_in(currency: str) -> str:
    """The heading of a column of costs."""
    if not currency:
        return _("Cost")
    return _("Cost, %(currency)s") % {"currency": formatting.currency_name(currency)}
