"""What the landing page shows: the figures of a period, who caused them, and how fresh they are."""

from dataclasses import dataclass, replace
from datetime import datetime

from stats.periods import Period
from stats.reports import engine
from stats.reports.extent import Extent, extent
from stats.reports.figures import Figures, figures
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Activity:
    """Users with calls, now and in the period before (None: nothing is compared)."""

    now: frozenset[int]
    before: frozenset[int] | None

    @property
    def new(self) -> int:
        return len(self.now - (self.before or frozenset()))

    @property
    def gone(self) -> int:
        return len((self.before or frozenset()) - self.now)


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
    currency = chosen_currency(of_period.currencies, ranked_in)
    users = engine.by_user(selection)
    users_before = users_of_period_before(of_period)
    is_compared = users_before is not None
    narrowed = replace(selection, currency=currency) if currency else selection
    return Overview(
        ledger,
        of_period,
        Activity(frozenset(users), frozenset(users_before) if users_before is not None else None),
        currency,
        ranking(engine.by_user(narrowed) if currency else users, None, Measure.COST),
        ranking(engine.by_endpoint(narrowed), None, Measure.COST),
    )


def chosen_currency(currencies: list[str], asked: str | None) -> str | None:
    """The one to rank in where there are several: the asked one, else the first."""
    if len(currencies) < 2:
        return None
    return asked if asked in currencies else currencies[0]
