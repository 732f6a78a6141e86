"""Calls of an endpoint fail more often today than usual."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import CALLS, Line, Message, Occasion, page_of_day
from stats.reports.attention import attention_today


def _find(now: datetime) -> Iterator[Fact]:
    day = local_day(now, reading_zone()).isoformat()
    for found in attention_today(now).failing:
        facts = {
            "endpoint": found.endpoint,
            "day": day,
            "rate": round(found.rate, 1),
            "usual_rate": round(found.usual, 1),
        }
        yield Fact(f"{found.endpoint} {day}", facts)


def _tell(facts: Facts) -> Message:
    page = page_of_day(CALLS, facts["day"], api_endpoint=facts["endpoint"], success="false")
    day = formatting.day(date.fromisoformat(facts["day"]))
    words = {"endpoint": facts["endpoint"], "day": day}
    return Message(
        _("%(endpoint)s failed more often than usual on %(day)s") % words,
        (
            Line(_("Failure rate"), formatting.percent(facts["rate"]), page),
            Line(_("Usually"), formatting.percent(facts["usual_rate"]), page),
        ),
    )


OCCASION = Occasion(
    "failures.unusual", gettext_lazy("An endpoint fails more often than usual"), _tell, _find
)
