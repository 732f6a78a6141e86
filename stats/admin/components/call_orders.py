"""The orders of the list of calls: the links in its headings, and the presets above it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from stats.admin.components.links import Address
from stats.admin.components.tabs import Choice
from stats.query.sorting import COLUMNS

NEWEST, OLDEST = "newest", "oldest"
BY_VALUE = tuple(f"{sign}{column}" for column in COLUMNS for sign in ("-", ""))
ORDERS = (NEWEST, OLDEST, *BY_VALUE)
PRESETS: dict[str, str | Promise] = {
    NEWEST: gettext_lazy("Newest"),
    "-cost": gettext_lazy("Most expensive"),
    "-response_time_ms": gettext_lazy("Slowest"),
}
# In words below the list.
WORDS: dict[str, str | Promise] = {
    NEWEST: gettext_lazy("newest first"),
    OLDEST: gettext_lazy("oldest first"),
    "-cost": gettext_lazy("most expensive first"),
    "cost": gettext_lazy("cheapest first"),
    "-response_time_ms": gettext_lazy("slowest first"),
    "response_time_ms": gettext_lazy("fastest first"),
    **dict.fromkeys(("-prompt_tokens", "-completion_tokens"), gettext_lazy("most tokens first")),
    **dict.fromkeys(("prompt_tokens", "completion_tokens"), gettext_lazy("fewest tokens first")),
}
# What each way of paging is called: back, onward.
PAGERS: dict[str, tuple[str | Promise, str | Promise]] = {
    NEWEST: (gettext_lazy("Newer"), gettext_lazy("Older")),
    OLDEST: (gettext_lazy("Older"), gettext_lazy("Newer")),
}
OTHER_PAGER = (pgettext_lazy("page", "Previous"), pgettext_lazy("page", "Next"))


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading that leads to the list in another order."""

    url: str
    arrow: str
    hint: str


def ordered(address: Address, order: str) -> Address:
    """The list in an order; that of time is the usual one."""
    return address.having(order=None if order == NEWEST else order)


def headings(current: str, address: Address) -> dict[str, Heading]:
    """By column; `time` is that of time or of ids."""
    pairs = {"time": (NEWEST, OLDEST), **{name: (f"-{name}", name) for name in COLUMNS}}
    return {name: _heading(*pair, current, address) for name, pair in pairs.items()}


def _heading(first: str, second: str, current: str, address: Address) -> Heading:
    """The first press gives the highest or newest first, the next one the opposite."""
    arrow = {first: "↓", second: "↑"}.get(current, "")
    there = second if current == first else first
    hint = _("sort %(order)s") % {"order": WORDS[there]}
    return Heading(str(ordered(address, there)), arrow, hint)


def presets(current: str, address: Address) -> Iterator[Choice]:
    for order, label in PRESETS.items():
        yield Choice(str(label), str(ordered(address, order)), order == current)
