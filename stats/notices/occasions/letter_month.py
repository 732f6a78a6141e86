"""The letter of a month. `stats.letters` writes and sends it; here is its subject."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.core.periods import last_of_month
from stats.notices.fact import Facts
from stats.notices.occasion import Message, Occasion
from stats.notices.outbox import LETTER_MONTH


def _tell(facts: Facts) -> Message:
    first, through = (date.fromisoformat(facts[name]) for name in ("first", "through"))
    is_whole = through == last_of_month(first)
    month = formatting.month(first, with_year=True)
    days = formatting.days(first, through, with_year=True)
    return about(month if is_whole else days, facts["group"])


def about(period: str, group: str | None) -> Message:
    """The subject of a letter."""
    words = {"period": period, "group": group}
    text = _("LLM costs, %(period)s") if group is None else _("LLM costs of %(group)s, %(period)s")
    return Message(text % words, ())


OCCASION = Occasion(LETTER_MONTH, gettext_lazy("The letter of each month"), _tell)
