"""How templates write figures: thin names for `stats.core.formatting`."""

from datetime import datetime

from django import template

from stats.core import formatting

register = template.Library()

register.filter("number", formatting.number)
register.filter("one_line", formatting.one_line)
register.filter("currency", formatting.currency_name)


@register.filter
def exact_moment(value: datetime | None) -> str:
    """A moment to the second in TIME_ZONE, which is named; a dash where there is none."""
    return formatting.exact_moment(value) if value else formatting.DASH
