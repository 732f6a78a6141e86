"""Columns that several tables have."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.core import formatting
from stats.models import EndUser
from stats.query.latency import Percentiles
from stats.query.request import Base
from stats.query.sums import NO_COST, BriefSums, Sums
from stats.tables.html import MAIN
from stats.tables.table import (
    OTHERS,
    TOTAL,
    Column,
    Kind,
    OnPage,
    Phone,
    RowKind,
    Table,
    local_time,
)

Item = TypeVar("Item")
Columns = list[Column[Item]]
# The number of calls; elsewhere the same word heads the rate.
_SUCCEEDED = pgettext_lazy("calls that did", "Succeeded")
SUCCESS_RATE = _("Success rate")
ON_WIDE_PAGES: OnPage[Any] = OnPage(phone=Phone.HIDDEN)
# The address of a row's calls; None for a row that stands for several.
Calls = Callable[[Item], Address | None]


def one_page(
    name: str,
    columns: Iterable[Column[Item]],
    rows: Sequence[Item],
    costs: Mapping[str, Decimal] | None = None,
) -> Table[Item]:
    """A table whose rows are in memory; `costs` is their cost per currency."""
    return Table(name, tuple(columns), [rows] if rows else [], costs or {})


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


def costs(
    sums: Callable[[Item], BriefSums],
    currencies: Sequence[str],
    link: Callable[[Item, str], str] | None = None,
    note: Callable[[Item], str] | None = None,
) -> Columns[Item]:
    """The cost in the only currency, or a column for each. `link` leads to the calls of a row in a
    currency."""

    def page_of(currency: str) -> OnPage[Item]:
        def to(item: Item) -> str:
            return link(item, currency) if link else ""

        return OnPage(phone=Phone.LAST, classes=MAIN, link=to, note=note)

    if len(currencies) > 1:
        return [_cost_in(currency, sums, page_of(currency)) for currency in currencies]
    currency = next(iter(currencies), "")
    page = page_of(currency)
    return [
        Column(
            "total_cost", Kind.AMOUNT, lambda item: sums(item).cost, wording.cost_in(currency), page
        ),
        *in_currency(currency),
    ]


def _cost_in(currency: str, sums: Callable[[Item], BriefSums], page: OnPage[Item]) -> Column[Item]:
    def cost(item: Item) -> Decimal:
        return sums(item).costs.get(currency, NO_COST)

    return Column(f"costs.{currency}", Kind.AMOUNT, cost, wording.cost_in(currency), page)


def in_currency(currency: str) -> Columns[Any]:
    return [Column("currency", Kind.TEXT, lambda item: currency, _("Currency"))]


def of_user(user: Callable[[Item], EndUser | None], page: OnPage[Item]) -> Columns[Item]:
    """Id, name and group. A page shows `page.text` as the name."""

    def read(attribute: str) -> Callable[[Item], Any]:
        return lambda item: getattr(user(item), attribute, None)

    group: OnPage[Item] = OnPage(
        phone=Phone.HIDDEN,
        text=lambda item: wording.group(read("group")(item)),
        blank_in=OTHERS | TOTAL,
    )
    columns = [
        Column("user_id", Kind.ID, read("pk")),
        Column("name", Kind.TEXT, read("name"), _("User"), page),
    ]
    if settings.USER_GROUP_COLUMN:
        columns.append(Column("group", Kind.TEXT, read("group"), _("Group today"), group))
    return columns


def percentiles(
    times: Callable[[Item], Percentiles], blank_in: frozenset[RowKind] = frozenset()
) -> Columns[Item]:
    page: OnPage[Item] = OnPage(phone=Phone.HIDDEN, blank_in=blank_in)

    def column(name: str) -> Column[Item]:
        return Column(name, Kind.MILLISECONDS, lambda item: getattr(times(item), name), name, page)

    return [column(name) for name in ("p50", "p95", "p99")]


def moment(
    name: str,
    at: Callable[[Item], datetime | None],
    label: Any,
    write: Callable[[datetime], str],
    blank_in: frozenset[RowKind] = frozenset(),
) -> Column[Item]:
    """A time, which a page says as `write` does; a dash where there is none."""

    def text(item: Item) -> str:
        when = at(item)
        return write(when) if when else formatting.DASH

    page: OnPage[Item] = OnPage(phone=Phone.HIDDEN, text=text, blank_in=blank_in)
    return Column(name, Kind.MOMENT, lambda item: local_time(at(item)), label, page)


def compared_with(base: Base) -> Columns[Any]:
    """The comparison as an ISO 8601 interval, to a day or a moment; None if nothing is compared."""
    comparison = base.comparison
    until = local_time(comparison.until) or comparison.last.isoformat()
    text = f"{comparison.first}/{until}" if base.is_comparable else None
    return [Column("compared_with", Kind.TEXT, lambda item: text)]


def on_page(columns: Iterable[Column[Item]], name: str, **changes: Any) -> Columns[Item]:
    """The columns, one of them with changes to its page."""
    return [
        replace(column, page=replace(column.page, **changes)) if column.name == name else column
        for column in columns
    ]
