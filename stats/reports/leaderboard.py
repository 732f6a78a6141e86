"""A leaderboard of users or endpoints in a period, beside the period before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic

from stats.query.extent import whole_ledger
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, in_currency, together
from stats.reports.figures import currency_to_rank_in, ordered_currencies, within
from stats.reports.ranking import Key, Measure, Ranking, ranking


@dataclass(frozen=True, slots=True)
class Leaderboard(Generic[Key]):
    """`total` is over all currencies; `ranking` and `selection` are within `ranked_in`, which is
    set if cost ranks and there are several."""

    base: Base
    currencies: list[str]
    ranked_in: str | None
    total: Sums
    selection: Selection
    ranking: Ranking[Key, Sums]


def leaderboard(
    group: Callable[[Selection], Mapping[Key, Mapping[str, Sums]]],
    request: ReportRequest,
    measure: Measure,
) -> Leaderboard[Key]:
    """The leaderboard of the period; `group` is a question like `engine.by_user_per_currency`."""
    selection, base = request.selection, request.base(whole_ledger().extent.first)
    before = request.before(base)
    groups = group(selection)
    groups_before = group(before) if before else None
    total = together(in_currency(groups, None).values(), Sums)
    totals_before = in_currency(groups_before or {}, None).values()
    currencies = ordered_currencies([total, *totals_before])
    # Costs are ranked in one currency, counts in all.
    currency = (
        currency_to_rank_in(currencies, request.ranked_in) if measure is Measure.COST else None
    )
    return Leaderboard(
        base,
        currencies,
        currency,
        total,
        within(selection, currency),
        ranking(
            Sums,
            in_currency(groups, currency),
            in_currency(groups_before, currency) if groups_before is not None else None,
            measure,
        ),
    )
