"""Looks for what recipients chose to hear of."""

from datetime import datetime

from stats.notices import outbox, recipients
from stats.notices.occasion import Occasion
from stats.notices.registry import OCCASIONS


def find(now: datetime) -> int:
    """Write a notice of each fact to each recipient who chose its occasion; how many are new."""
    return sum(_find(occasion, now) for occasion in OCCASIONS.values())


def _find(occasion: Occasion, now: datetime) -> int:
    if occasion.find is None or not recipients.has_chosen(occasion.name):
        return 0
    return sum(
        outbox.write(occasion.name, fact, recipients.who_chose(occasion.name, fact.group), now)
        for fact in occasion.find(now)
    )
