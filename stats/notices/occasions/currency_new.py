"""Calls cost something in a currency that no call had before."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core.periods import DAY, Range, cut
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import Line, Message, Occasion
from stats.query import engine
from stats.query.selection import Selection

# So long it is new.
DAYS = 7


def _find(now: datetime) -> Iterator[Fact]:
    since = cut(now - DAYS * DAY)
    before = engine.total(Selection(Range(None, since))).costs
    if before:
        recent = engine.total(Selection(Range(since, cut(now)))).costs
        for currency in sorted(recent.keys() - before.keys()):
            yield Fact(currency, {"currency": currency})


def _tell(facts: Facts) -> Message:
    page = reverse("admin:reports_cost")
    return Message(
        _("There are costs in a new currency, %(currency)s") % {"currency": facts["currency"]},
        (Line(_("Currency"), facts["currency"], page),),
    )


OCCASION = Occasion("currency.new", gettext_lazy("A new currency appears"), _tell, _find)
