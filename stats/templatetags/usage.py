"""How templates write figures: thin names for `stats.core.formatting`."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django import template

from stats.core import formatting
from stats.core.formatting import Quantity
from stats.core.zones import reading_zone
from stats.query.sums import Sums

register = template.Library()

register.filter("number", formatting.number)
register.filter("tokens", formatting.quantity)
register.filter("currency", formatting.currency_name)
register.filter("hidden_decimals", formatting.hidden_decimals)


@register.filter
def amount(value: Decimal | None, places: int = 0) -> str:
    """Money; with `places`, those of its column."""
    return _in_line(value, places, formatting.amount)


@register.filter
def exact_moment(value: datetime | None) -> str:
    """A moment to the second in TIME_ZONE, which is named; a dash where there is none."""
    return formatting.exact_moment(value, reading_zone()) if value else formatting.DASH


@register.filter
def signed(value: Decimal | None, places: int = 0) -> str:
    """A difference of money, likewise."""
    return _in_line(value, places, formatting.signed_amount)


def _in_line(
    value: Decimal | None, places: int, write: Callable[[Decimal, int | None], str]
) -> str:
    if value is None:
        return formatting.DASH
    return formatting.in_line(write(value, places), places) if places else write(value, None)


@register.filter
def share(value: float | None) -> str:
    """A percentage, or a dash where there is nothing to have a share of."""
    return formatting.DASH if value is None else formatting.percent(value)


@register.filter
def success(sums: Sums) -> str:
    """The success rate, or a dash without calls."""
    return formatting.percent(sums.success_rate) if sums.calls else formatting.DASH


@register.filter
def milliseconds(value: float | None) -> Quantity | str:
    """A response time, or a dash where there is none."""
    return formatting.DASH if value is None else formatting.duration(value)


@register.filter
def average(sums: Sums) -> Quantity | str:
    """The average response time, or a dash where no call has one."""
    return milliseconds(sums.average_response_ms if sums.timed_calls else None)
