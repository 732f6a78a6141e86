"""The landing page: the figures of a period, and who caused them."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from stats.query import engine
from stats.query.baselines import baselines
from stats.query.extent import Ledger, whole_ledger
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import BriefSums, in_currency
from stats.reports.attention import Attention, attention
from stats.reports.changes import Contributions, contributions
from stats.reports.ranking import Ranking, ranking
from stats.reports.summary import Summary, summary
from stats.reports.unusual_costs import UnusualCost, unusual_cost

PerCurrency = Mapping[int, Mapping[str, BriefSums]]


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
    """`changes` is None if nothing is compared, or if there are no costs."""

    ledger: Ledger
    summary: Summary
    activity: Activity
    users: Ranking[int, BriefSums]
    changes: Contributions[int] | None
    attention: Attention
    unusual: UnusualCost | None


def overview(request: ReportRequest) -> Overview:
    """The overview of the period."""
    ledger = whole_ledger()
    base = request.base(ledger.extent.first)
    before = request.before(base)
    users = engine.by_user_per_currency_in_brief(request.selection)
    users_before = engine.by_user_per_currency_in_brief(before) if before else None
    found = summary(request, base)
    return Overview(
        ledger,
        found,
        Activity(users.keys(), users_before.keys() if users_before is not None else None),
        ranking(BriefSums, in_currency(users, found.ranked_in)),
        _changes(users, users_before, found),
        _attention(request, found),
        _unusual(request, found),
    )


def _changes(
    users: PerCurrency, users_before: PerCurrency | None, found: Summary
) -> Contributions[int] | None:
    if not users_before or not found.figures.currencies:
        return None
    return contributions(
        BriefSums, in_currency(users, found.ranked_in), in_currency(users_before, found.ranked_in)
    )


def _unusual(request: ReportRequest, found: Summary) -> UnusualCost | None:
    return unusual_cost(found.figures, found.currency) if _is_of_all_calls(request) else None


def _is_of_all_calls(request: ReportRequest) -> bool:
    """What is usual is known of all calls, not of those under a filter."""
    return request.selection == Selection(request.range)


def _attention(request: ReportRequest, found: Summary) -> Attention:
    if not _is_of_all_calls(request):
        return Attention()
    return attention(
        {row.key: row.sums for row in found.by_endpoint.rows},
        baselines(request.period, request.now),
        next((day.date for day in found.figures.days if day.is_running), None),
    )
