"""Columns that several tables have, and how a row gives them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.admin.components import names
from stats.models import EndUser
from stats.query.latency import Percentiles
from stats.query.sums import NO_COST, AnySums, BriefSums, Sums
from stats.reports.comparison import Base
from stats.reports.ranking import Ranking, Row
from stats.tables.table import Column, Kind, Table, local_time

Item = TypeVar("Item")
Columns = list[Column[Item]]
# Not the rate, which is called so elsewhere.
_SUCCEEDED = pgettext_lazy("calls that did", "Succeeded")
# Of sums in full, and of such as need not be.
NamedUser = tuple[Row[Any, Sums], EndUser]
NamedUserInBrief = tuple[Row[Any, BriefSums], EndUser]


def one_page(
    name: str,
    columns: Iterable[Column[Item]],
    rows: Sequence[Item],
    costs: Mapping[str, Decimal] | None = None,
) -> Table[Item]:
    """A table whose rows are all there; `costs` is what they cost per currency."""
    return Table(name, tuple(columns), [rows] if rows else [], costs or {})


def counts(sums: Callable[[Item], Sums]) -> Columns[Item]:
    """How many calls, how they went, and their tokens."""

    def rate(item: Item) -> float | None:
        return sums(item).success_rate if sums(item).calls else None

    return [
        Column("total_calls", Kind.NUMBER, lambda item: sums(item).calls, _("Calls")),
        Column("successful_calls", Kind.NUMBER, lambda item: sums(item).successes, _SUCCEEDED),
        Column("failed_calls", Kind.NUMBER, lambda item: sums(item).failures, _("Failures")),
        Column("success_rate", Kind.PERCENT, rate, _("Success rate")),
        Column("total_tokens", Kind.NUMBER, lambda item: sums(item).total_tokens, _("Tokens")),
    ]


def more_counts(sums: Callable[[Item], Sums]) -> Columns[Item]:
    """What the sums of a full question tell besides."""

    def average(item: Item) -> float | None:
        return sums(item).average_response_ms if sums(item).timed_calls else None

    return [
        Column("prompt_tokens", Kind.NUMBER, lambda item: sums(item).prompt_tokens, _("Tokens in")),
        Column(
            "completion_tokens",
            Kind.NUMBER,
            lambda item: sums(item).completion_tokens,
            _("Tokens out"),
        ),
        Column("avg_response_time", Kind.MILLISECONDS, average, _("Average")),
        Column("unpriced_calls", Kind.NUMBER, lambda item: sums(item).unpriced_calls),
        Column("rounded_away_calls", Kind.NUMBER, lambda item: sums(item).rounded_away_calls),
        Column("no_usage_calls", Kind.NUMBER, lambda item: sums(item).no_usage_calls),
    ]


def costs(sums: Callable[[Item], BriefSums], currencies: Sequence[str]) -> Columns[Item]:
    """What it cost: in the one currency there is, or a column for each."""
    if len(currencies) > 1:
        return [_cost_in(currency, sums) for currency in currencies]
    return [
        Column("total_cost", Kind.AMOUNT, lambda item: sums(item).cost, _("Cost")),
        *in_currency(next(iter(currencies), "")),
    ]


def _cost_in(currency: str, sums: Callable[[Item], BriefSums]) -> Column[Item]:
    name = f"costs.{currency}"
    return Column(name, Kind.AMOUNT, lambda item: sums(item).costs.get(currency, NO_COST))


def in_currency(currency: str) -> Columns[Any]:
    return [Column("currency", Kind.TEXT, lambda item: currency, _("Currency"))]


def of_user(user: Callable[[Item], EndUser]) -> Columns[Item]:
    group: Columns[Item] = [
        Column("group", Kind.TEXT, lambda item: getattr(user(item), "group", None))
    ]
    return [
        Column("user_id", Kind.ID, lambda item: user(item).pk),
        Column("name", Kind.TEXT, lambda item: getattr(user(item), "name", None)),
        *(group if settings.USER_GROUP_COLUMN else ()),
    ]


def with_users(rows: Sequence[Row[int, AnySums]]) -> list[tuple[Row[Any, AnySums], EndUser]]:
    users = names.users(row.key for row in rows)
    return [(row, users[row.key]) for row in rows]


def percentiles(times: Callable[[Item], Percentiles]) -> Columns[Item]:
    return [
        Column("p50", Kind.MILLISECONDS, lambda item: times(item).p50),
        Column("p95", Kind.MILLISECONDS, lambda item: times(item).p95),
        Column("p99", Kind.MILLISECONDS, lambda item: times(item).p99),
    ]


def compared_with(base: Base) -> Columns[Any]:
    """What every change in a row is measured against: days, or until a moment within the last of
    them, as an interval of ISO 8601; nothing where nothing is compared."""
    comparison = base.comparison
    until = local_time(comparison.until) or comparison.last.isoformat()
    text = f"{comparison.first}/{until}" if base.is_comparable else None
    return [Column("compared_with", Kind.TEXT, lambda item: text)]


def itself(row: Row[Any, Sums]) -> Row[Any, Sums]:
    return row


def first(named: tuple[Row[Any, Sums], Any]) -> Row[Any, Sums]:
    return named[0]


def second(named: tuple[Any, EndUser]) -> EndUser:
    return named[1]


def sums_of_row(row: Row[Any, Sums]) -> Sums:
    return row.sums


def sums_of_first(named: tuple[Row[Any, Sums], Any]) -> Sums:
    return named[0].sums


def places(row: Callable[[Item], Row[Any, BriefSums]]) -> Columns[Item]:
    return [
        Column("rank", Kind.NUMBER, lambda item: row(item).rank, _("Rank")),
        Column("rank_before", Kind.NUMBER, lambda item: row(item).rank_before),
    ]


def shares(row: Callable[[Item], Row[Any, BriefSums]]) -> Columns[Item]:
    return [Column("share", Kind.PERCENT, lambda item: row(item).share, _("Share"))]


def changes_of(
    row: Callable[[Item], Row[Any, BriefSums]], ranking: Ranking[Any, BriefSums]
) -> Columns[Item]:
    """Share and change of what is ranked by; no change where nothing is compared."""
    measure = ranking.measure.value
    kind = Kind.AMOUNT if isinstance(ranking.total.value, Decimal) else Kind.NUMBER

    def compared(read: Callable[[Row[Any, BriefSums]], Any]) -> Callable[[Item], Any]:
        return lambda item: read(row(item)) if ranking.is_compared else None

    return [
        *shares(row),
        Column(f"{measure}_before", kind, compared(lambda row: row.value_before)),
        Column(f"{measure}_difference", kind, compared(lambda row: row.difference)),
        Column(f"{measure}_change", Kind.PERCENT, compared(lambda row: row.change)),
    ]
