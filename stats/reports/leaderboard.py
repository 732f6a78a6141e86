"""A leaderboard of users or endpoints in a period, beside the period before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic

from stats.query import engine
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, in_currency, together
from stats.reports.figures import currency_to_rank_in, ordered_currencies, within
from stats.reports.ranking import Key, Measure, Ranking, ranking

Group = Callable[[Selection], Mapping[Key, Mapping[str, Sums]]]


@dataclass(frozen=True, slots=True)
class Leaderboard(Generic[Key]):
    """`total` is over all currencies; `ranking` and `selection` are within `ranked_in`, which is
    set if cost ranks and there are several. So is `before`, the same calls in the period before;
    None if nothing is compared: there is none, or it has too many calls to be read."""

    base: Base
    currencies: list[str]
    ranked_in: str | None
    total: Sums
    selection: Selection
    before: Selection | None
    ranking: Ranking[Key, Sums]

    @property
    def lacks_before(self) -> bool:
        """True if the period before has too many calls to be read."""
        return self.base.is_comparable and self.before is None


def leaderboard(group: Group[Key], request: ReportRequest, measure: Measure) -> Leaderboard[Key]:
    """The leaderboard of the period; `group` is a question like `engine.by_user_per_currency`.

    Raises `TooManyCallsError`.
    """
    selection, base = request.selection, request.base()
    before = request.before(base)
    groups = group(selection)
    groups_before = engine.unless_too_many(group, before) if before else None
    if groups_before is None:
        before = None
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
        within(before, currency) if before else None,
        ranking(
            Sums,
            in_currency(groups, currency),
            in_currency(groups_before, currency) if groups_before is not None else None,
            measure,
        ),
    )
