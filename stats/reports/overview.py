"""The landing page: the figures of a period, and who caused them."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stats.models import UnusualDay
from stats.query import engine
from stats.query.baselines import baselines
from stats.query.extent import Ledger, whole_ledger
from stats.query.request import ReportRequest
from stats.query.sums import BriefSums, in_currency
from stats.reports.attention import Attention, attention
from stats.reports.changes import Contributions, contributions
from stats.reports.everybodys_budget import EverybodysBudget, everybodys_budget, queries
from stats.reports.month_ends import is_current_local_month
from stats.reports.ranking import Ranking, ranking
from stats.reports.refused import count_behind
from stats.reports.summary import Summary, summary
from stats.reports.unusual_kept import news, news_queries


@dataclass(frozen=True, slots=True)
class Activity:
    """The users with calls, now and in the period before (None: nothing is compared)."""

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
    """`changes` is None if nothing is compared, or if there are no costs.

    `unusual` and `budget` are of all calls, `budget` of the running month. `refused` posts are None
    if nobody asked.
    """

    ledger: Ledger
    summary: Summary
    activity: Activity
    users: Ranking[int, BriefSums]
    changes: Contributions[int] | None
    attention: Attention
    unusual: UnusualDay | None
    budget: EverybodysBudget | None
    refused: int | None


def overview(request: ReportRequest, refused_after: int | None = None) -> Overview:
    """The overview of the period, and how many posts were refused after one's number."""
    of_unusual, of_budget = news_queries(request.now), queries(request)
    of_refused = [] if refused_after is None else [count_behind(refused_after, request.now)]
    ledger = whole_ledger(*of_unusual, *of_budget, *of_refused)
    values = iter(ledger.others)
    unusual, budget, refused = (
        list(islice(values, len(those))) for those in (of_unusual, of_budget, of_refused)
    )
    base = request.base(ledger.extent)
    before = request.before(base)
    users = engine.by_user_per_currency_in_brief(request.selection)
    users_before = engine.by_user_per_currency_in_brief(before) if before else None
    found = summary(request, base)
    now, earlier = (
        in_currency(some, found.ranked_in) if some else {} for some in (users, users_before)
    )
    ranked = ranking(BriefSums, now, earlier)
    has_changes = users_before and found.figures.currencies
    return Overview(
        ledger,
        found,
        Activity(users.keys(), users_before.keys() if users_before is not None else None),
        ranked.uncompared,
        contributions(ranked) if has_changes else None,
        _attention(request, found),
        news(unusual) if request.is_of_all_calls else None,
        _budget(request, budget),
        *(refused or [None]),
    )


def _budget(request: ReportRequest, values: Sequence[Any]) -> EverybodysBudget | None:
    is_shown = request.is_of_all_calls and is_current_local_month(request)
    return everybodys_budget(values) if is_shown else None


def _attention(request: ReportRequest, found: Summary) -> Attention:
    # What is usual is known of all calls, not of those under a filter.
    if not request.is_of_all_calls:
        return Attention()
    return attention(
        {row.key: row.sums for row in found.by_endpoint.rows},
        baselines(request.period, request.now),
        next((day.date for day in found.figures.days if day.is_running), None),
    )
