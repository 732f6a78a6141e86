"""What the landing page shows: the figures of a period, who caused them, and how fresh they are."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from stats.periods import Period
from stats.reports import engine
from stats.reports.comparison import base_of
from stats.reports.endpoints import Endpoints, endpoints
from stats.reports.extent import Extent, extent
from stats.reports.figures import (
    Figures,
    currency_to_rank_in,
    figures,
    selection_before,
    within,
)
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Activity:
    """Users with calls, now and in the period before (None: nothing is compared)."""

    now: Set[int]
    before: Set[int] | None

    @property
    def new(self) -> int:
        return len(self.now - (self.before or set()))

    @property
    def gone(self) -> int:
        return len((self.before or set()) - self.now)


@dataclass(frozen=True, slots=True)
class Overview:
    """`ranked_in` is the currency of the two rankings where several are in range."""

    extent: Extent
    figures: Figures
    activity: Activity
    ranked_in: str | None
    users: Ranking[int]
    endpoints: Endpoints


def overview(
    selection: Selection, period: Period, now: datetime, ranked_in: str | None = None
) -> Overview:
    """The overview of `selection`, whose range is that of `period`, as of `now`."""
    ledger = extent(Selection())
    base = base_of(period, now, ledger.first)
    before = selection_before(selection, base)
    users = engine.by_user(selection, in_brief=True)
    users_before = engine.by_user(before, in_brief=True) if before else None
    of_period = figures(selection, period, base, now)
    currency = currency_to_rank_in(of_period.currencies, ranked_in)
    narrowed = within(selection, currency)
    return Overview(
        ledger,
        of_period,
        Activity(users.keys(), users_before.keys() if users_before is not None else None),
        currency,
        ranking(
            engine.by_user(narrowed, in_brief=True) if currency else users,
            None,
            Measure.COST,
        ),
        endpoints(narrowed),
    )
