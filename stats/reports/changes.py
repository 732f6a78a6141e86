"""The difference of cost between a period and the one before, and who caused it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic

from stats.query import engine
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import NO_COST, AnySums, BriefSums, Sums, in_currency, together
from stats.reports.figures import currency_to_rank_in, ordered_currencies, within
from stats.reports.ranking import Key, Ranking, Row, ranking
from stats.reports.split import Split, Usage, split


@dataclass(frozen=True, slots=True)
class Contributions(Generic[Key]):
    """Groups whose cost differs, the largest difference first. They add up to that of `total`."""

    rows: tuple[Row[Key, BriefSums], ...]
    total: Row[None, BriefSums]


@dataclass(frozen=True, slots=True)
class Changes:
    """`all_now` is over all currencies, all else within `currency` (empty: there are no costs).

    `ranked_in` is that currency if there are several.
    """

    selection: Selection
    base: Base
    all_now: Sums
    currencies: list[str]
    currency: str
    ranked_in: str | None
    now: Usage
    before: Usage
    split: Split
    users: Contributions[int]
    endpoints: Contributions[str]


@dataclass(frozen=True, slots=True)
class NotComparable:
    """The ledger is too young: there is no period before."""

    selection: Selection
    base: Base
    all_now: Sums


def changes(request: ReportRequest) -> Changes | NotComparable:
    """What changed since the period before."""
    selection, base = request.selection, request.base()
    before = request.before(base)
    per_currency = engine.by_endpoint_per_currency(selection)
    all_now = together(in_currency(per_currency, None).values(), Sums)
    if before is None:
        currency_to_rank_in(ordered_currencies([all_now]), request.ranked_in)
        return NotComparable(selection, base, all_now)
    per_currency_before = engine.by_endpoint_per_currency(before)
    all_before = in_currency(per_currency_before, None).values()
    currencies = ordered_currencies([all_now, *all_before])
    several = currency_to_rank_in(currencies, request.ranked_in)
    endpoints, endpoints_before = (
        in_currency(groups, several) for groups in (per_currency, per_currency_before)
    )
    users, users_before = (
        engine.by_user_in_brief(within(some, several)) for some in (selection, before)
    )
    usage, usage_before = _usage(endpoints), _usage(endpoints_before)
    return Changes(
        selection,
        base,
        all_now,
        currencies,
        several or next(iter(currencies), ""),
        several,
        usage,
        usage_before,
        split(usage, usage_before),
        contributions(ranking(BriefSums, users, users_before)),
        contributions(ranking(Sums, endpoints, endpoints_before)),
    )


def _usage(groups: Mapping[str, Sums]) -> Usage:
    total = together(groups.values(), Sums)
    return Usage(total.calls, total.total_tokens, total.cost)


def contributions(ranked: Ranking[Key, AnySums]) -> Contributions[Key]:
    """The contributions of groups, ranked by cost in one currency, to the difference of cost."""
    differing = (row for row in ranked.rows if row.difference)
    # Equal differences keep the order of the ranking.
    return Contributions(
        tuple(sorted(differing, key=lambda row: -abs(Decimal(row.difference)))), ranked.total
    )


def sum_of(rows: tuple[Row[Key, BriefSums], ...]) -> Decimal:
    """The difference of several rows."""
    return sum((Decimal(row.difference) for row in rows), NO_COST)
