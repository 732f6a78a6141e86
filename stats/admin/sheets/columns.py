"""Columns that several tables have."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.models import GROUPS_ARE_DATED, HAS_GROUPS, EndUser
from stats.query.filters import GROUP
from stats.query.latency import Percentiles
from stats.query.request import Base
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.groups import names_of_groups
from stats.tables.columns import ON_WIDE_PAGES as ON_WIDE_PAGES
from stats.tables.columns import Columns as Columns
from stats.tables.columns import costs as costs
from stats.tables.columns import in_currency as in_currency
from stats.tables.columns import moment as moment
from stats.tables.columns import one_page as one_page
from stats.tables.columns import written as written
from stats.tables.table import (
    OTHERS,
    TOTAL,
    Column,
    Kind,
    OnPage,
    Phone,
    RowKind,
    local_time,
)

Item = TypeVar("Item")
# The number of calls; elsewhere the same word heads the rate.
_SUCCEEDED = pgettext_lazy("calls that did", "Succeeded")
SUCCESS_RATE = _("Success rate")
# The address of a row's calls; None for a row that stands for several.
Calls = Callable[[Item], Address | None]


def link_to(
    calls: Calls[Item] | None,
    how_many: Callable[[Item], int] = lambda _item: 1,
    **having: str,
) -> Callable[[Item], str] | None:
    """A function from a row to its calls, or some of them; an empty address if none."""
    if calls is None:
        return None

    def link(item: Item) -> str:
        address = calls(item)
        return str(address.having(**having)) if address and how_many(item) else ""

    return link


def calls_of(line: Any) -> Address | None:
    """The calls of a row that has `calls`, if it counts any."""
    return line.calls if line.sums.calls else None


def calls_in(line: Any, currency: str) -> str:
    """The calls of such a row in a currency."""
    return str(line.calls.having(currency=currency)) if line.calls else ""


def counts(
    sums: Callable[[Item], Sums],
    calls: Calls[Item] | None = None,
    *,
    rate_label: Any = SUCCESS_RATE,
) -> Columns[Item]:
    """Calls, successes, failures, success rate and tokens; the numbers lead to `calls`."""

    def succeeded(item: Item) -> int:
        return sums(item).successes

    def failed(item: Item) -> int:
        return sums(item).failures

    def rate(item: Item) -> float | None:
        return sums(item).success_rate if sums(item).calls else None

    links = (
        link_to(calls),
        link_to(calls, succeeded, success="true"),
        link_to(calls, failed, success="false"),
    )
    all_page, succeeded_page, failed_page = (OnPage(phone=Phone.HIDDEN, link=to) for to in links)
    return [
        Column("total_calls", Kind.NUMBER, lambda item: sums(item).calls, _("Calls"), all_page),
        Column("successful_calls", Kind.NUMBER, succeeded, _SUCCEEDED, succeeded_page),
        Column("failed_calls", Kind.NUMBER, failed, _("Failures"), failed_page),
        Column("success_rate", Kind.PERCENT, rate, rate_label, ON_WIDE_PAGES),
        _tokens("total_tokens", _("Tokens"), lambda item: sums(item).total_tokens),
    ]


def _tokens(name: str, label: Any, read: Callable[[Item], int]) -> Column[Item]:
    return Column(name, Kind.TOKENS, read, label, ON_WIDE_PAGES)


def more_counts(sums: Callable[[Item], Sums]) -> Columns[Item]:
    """The other figures of full sums."""

    def average(item: Item) -> float | None:
        return sums(item).average_response_ms if sums(item).timed_calls else None

    return [
        _tokens("prompt_tokens", _("Tokens in"), lambda item: sums(item).prompt_tokens),
        _tokens("completion_tokens", _("Tokens out"), lambda item: sums(item).completion_tokens),
        Column("avg_response_time", Kind.MILLISECONDS, average, _("Average"), ON_WIDE_PAGES),
        Column("unpriced_calls", Kind.NUMBER, lambda item: sums(item).unpriced_calls),
        Column("rounded_away_calls", Kind.NUMBER, lambda item: sums(item).rounded_away_calls),
        Column("no_usage_calls", Kind.NUMBER, lambda item: sums(item).no_usage_calls),
    ]


def of_user(
    user: Callable[[Item], EndUser | None], page: OnPage[Item], selection: Selection
) -> Columns[Item]:
    """Id, name and group: standalone the groups on the days of the selection. A page shows
    `page.text` as the name."""
    names = cache(partial(names_of_groups, selection))

    def read(attribute: str) -> Callable[[Item], Any]:
        return lambda item: getattr(user(item), attribute, None)

    def group(item: Item) -> str | None:
        one = user(item)
        if GROUPS_ARE_DATED:
            return names().get(one.pk) if one else None
        return getattr(one, "group", None)

    group_page: OnPage[Item] = OnPage(
        phone=Phone.HIDDEN,
        classes="words",
        text=lambda item: wording.group(group(item)),
        blank_in=OTHERS | TOTAL,
    )
    columns = [
        Column("user_id", Kind.ID, read("pk")),
        Column("name", Kind.TEXT, read("name"), _("User"), page),
    ]
    if HAS_GROUPS:
        columns.append(Column("group", Kind.TEXT, group, GROUP.label, group_page))
    return columns


def percentiles(
    times: Callable[[Item], Percentiles], blank_in: frozenset[RowKind] = frozenset()
) -> Columns[Item]:
    page: OnPage[Item] = OnPage(phone=Phone.HIDDEN, blank_in=blank_in)

    def column(name: str) -> Column[Item]:
        return Column(name, Kind.MILLISECONDS, lambda item: getattr(times(item), name), name, page)

    return [column(name) for name in ("p50", "p95", "p99")]


def compared_with(base: Base, is_compared: bool = True) -> Columns[Any]:
    """The comparison as an ISO 8601 interval, to a day or a moment; None if nothing is compared."""
    comparison = base.comparison
    until = local_time(comparison.until) or comparison.last.isoformat()
    text = f"{comparison.first}/{until}" if base.is_comparable and is_compared else None
    return [Column("compared_with", Kind.TEXT, lambda item: text)]


def on_page(columns: Iterable[Column[Item]], name: str, **changes: Any) -> Columns[Item]:
    """The columns, one of them with changes to its page."""
    return [
        replace(column, page=replace(column.page, **changes)) if column.name == name else column
        for column in columns
    ]
