"""The letter of a week. `stats.letters` writes and sends it; here is its subject."""

from datetime import date

from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.notices.fact import Facts
from stats.notices.occasion import Message, Occasion
from stats.notices.occasions.letter_month import about
from stats.notices.outbox import LETTER_WEEK


def _tell(facts: Facts) -> Message:
    first, through = (date.fromisoformat(facts[name]) for name in ("first", "through"))
    return about(formatting.days(first, through, with_year=True), facts["group"])


OCCASION = Occasion(LETTER_WEEK, gettext_lazy("The letter of each week"), _tell)
