"""What the landing page shows: the figures of a period, who caused them, and how fresh they are."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from stats.periods import Period
from stats.reports import engine
from stats.reports.extent import Extent, extent
from stats.reports.figures import Figures, currency_to_rank_in, figures, within
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
    endpoints: Ranking[str]


def overview(
    selection: Selection, period: Period, now: datetime, ranked_in: str | None = None
) -> Overview:
    """The overview of `selection`, whose range is that of `period`, as of `now`."""
    ledger = extent(Selection())
    of_period = figures(selection, period, now, ledger.first)
    currency = currency_to_rank_in(of_period.currencies, ranked_in)
    narrowed = within(selection, currency)
    users = engine.by_user(selection)
    before = of_period.selection_before
    return Overview(
        ledger,
        of_period,
        Activity(users.keys(), engine.by_user(before).keys() if before else None),
        currency,
        ranking(engine.by_user(narrowed) if currency else users, None, Measure.COST),
        ranking(engine.by_endpoint(narrowed), None, Measure.COST),
    )
