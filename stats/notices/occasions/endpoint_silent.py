"""An endpoint that was called regularly is called no more."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import CALLS, Line, Message, Occasion, page_of_day
from stats.reports.attention import attention_today


def _find(now: datetime) -> Iterator[Fact]:
    for found in attention_today(now).silent:
        since = found.since.isoformat()
        facts = {"endpoint": found.endpoint, "last_day": since, "usual_calls": found.usual_calls}
        yield Fact(f"{found.endpoint} {since}", facts)


def _tell(facts: Facts) -> Message:
    page = page_of_day(CALLS, facts["last_day"], api_endpoint=facts["endpoint"])
    last = date.fromisoformat(facts["last_day"])
    words = {"endpoint": facts["endpoint"], "day": formatting.day(last)}
    return Message(
        _("%(endpoint)s has not been called since %(day)s") % words,
        (Line(_("Last calls"), formatting.day(last, with_year=True), page),),
    )


OCCASION = Occasion("endpoint.silent", gettext_lazy("An endpoint falls silent"), _tell, _find)
