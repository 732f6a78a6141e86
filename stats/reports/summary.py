"""What the overview and the pages of one user and one job have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from stats.query import engine, latency
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, in_currency
from stats.reports.endpoints import Endpoints, timed
from stats.reports.figures import Figures, currency_to_rank_in, figures, within
from stats.reports.month_ends import MonthEnds, history_from, month_ends
from stats.reports.ranking import Ranking, ranking


@dataclass(frozen=True, slots=True)
class Summary:
    """`ranked_in` is the currency of all rankings if several are in range. `selection` and
    `endpoints` are within it, but response times are those of all calls. `by_endpoint` is over all
    currencies."""

    figures: Figures
    month_ends: MonthEnds
    ranked_in: str | None
    selection: Selection
    endpoints: Endpoints
    by_endpoint: Ranking[str, Sums]

    @property
    def currency(self) -> str:
        """The currency of all rankings; empty without costs."""
        return self.ranked_in or next(iter(self.figures.currencies), "")


def summary(request: ReportRequest, base: Base) -> Summary:
    """The figures of the period, and its endpoints."""
    selection = request.selection
    per_currency = engine.by_endpoint_per_currency(selection)
    in_all = timed(_by_cost(per_currency, None), selection)
    found, before = figures(request, base, history_from(request, base)), request.before(base)
    p95, p95_before = in_all.all_times.p95, None
    if before and p95 is not None and _are_soon_read(found, before):
        times = engine.unless_too_many(latency.percentiles, before)
        p95_before = times.p95 if times else None
    found = replace(found, p95=p95, p95_before=p95_before)
    currency = currency_to_rank_in(found.currencies, request.ranked_in)
    return Summary(
        found,
        month_ends(found),
        currency,
        within(selection, currency),
        replace(in_all, ranking=_by_cost(per_currency, currency)) if currency else in_all,
        in_all.ranking,
    )


def _are_soon_read(found: Figures, before: Selection) -> bool:
    """True if response times before need no calls, or both periods have few to read: they are
    compared, and a page waits for no more than one period may take."""
    if latency.are_in_sums(before):
        return True
    selection = found.request.selection
    if selection == selection.read_by_index:
        calls = found.now.calls + (found.before.calls if found.before else 0)
    else:
        calls = sum(engine.total(one.read_by_index).calls for one in (selection, before))
    return calls <= settings.MOST_CALLS_READ


def users_in_full(found: Summary) -> Ranking[int, Sums]:
    """The users with all sums, which takes longer. Raises `engine.TooManyCallsError`."""
    return ranking(Sums, engine.by_user(found.selection))


def jobs_in_full(found: Summary) -> Ranking[int | None, Sums]:
    """The jobs, likewise."""
    return ranking(Sums, engine.by_job(found.selection))


def _by_cost(groups: Mapping[str, Mapping[str, Sums]], currency: str | None) -> Ranking[str, Sums]:
    return ranking(Sums, in_currency(groups, currency))
