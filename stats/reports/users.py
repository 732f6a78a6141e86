"""The users' leaderboard, and the same by group where users have one."""

from dataclasses import dataclass
from datetime import datetime

from stats.periods import Period
from stats.reports import engine
from stats.reports.comparison import Base, base_of
from stats.reports.extent import extent
from stats.reports.figures import (
    currency_to_rank_in,
    ordered_currencies,
    selection_before,
    within,
)
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection
from stats.reports.sums import Sums, together


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """`total` is over all currencies, `users` within `ranked_in` where cost ranks several."""

    base: Base
    currencies: list[str]
    ranked_in: str | None
    total: Sums
    users: Ranking[int]


def leaderboard(
    selection: Selection,
    period: Period,
    now: datetime,
    measure: Measure,
    ranked_in: str | None = None,
) -> Leaderboard:
    """All users with calls in `selection`, whose range is that of `period`, as of `now`."""
    base = base_of(period, now, extent(Selection()).first)
    before = selection_before(selection, base)
    users = engine.by_user(selection)
    users_before = engine.by_user(before) if before else None
    total = together(users.values())
    currencies = ordered_currencies([total, *(users_before or {}).values()])
    # Unlike amounts are not to be ranked; counts are.
    currency = currency_to_rank_in(currencies, ranked_in) if measure is Measure.COST else None
    if currency:
        users = engine.by_user(within(selection, currency))
        users_before = engine.by_user(within(before, currency)) if before else None
    return Leaderboard(base, currencies, currency, total, ranking(users, users_before, measure))
