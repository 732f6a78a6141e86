"""The first jobs of a period, beside the period before: however many there are, few are read."""

from functools import partial
from typing import Any

from stats.query import engine
from stats.query.first import FAILURES, first_jobs, number_of_jobs
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, in_currency
from stats.reports.figures import currency_to_rank_in, ordered_currencies, within
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Groups, Measure, ranking_of

FIGURES = {
    Measure.COST: "cost_units",
    Measure.CALLS: "calls",
    Measure.TOKENS: "total_tokens",
    Measure.FAILURES: FAILURES,
}


def leaderboard_of_first_jobs(
    request: ReportRequest, measure: Measure, most: int
) -> Leaderboard[int | None]:
    """The leaderboard, with the sums of the first `most` jobs alone.

    Those before are known for these jobs, and for the first `most` of then. Calls that come in
    meanwhile count among the others.
    """
    selection, base = request.selection, request.base()
    before = request.before(base)
    totals = [engine.total(one) for one in (selection, before) if one]
    currencies = ordered_currencies(totals)
    currency = (
        currency_to_rank_in(currencies, request.ranked_in) if measure is Measure.COST else None
    )
    now, figure = within(selection, currency), FIGURES[measure]
    first, left_out = first_jobs(now, figure, most), 0
    if len(first) == most:
        left_out = number_of_jobs(now) - most
    first_before = None
    if before:
        before = within(before, currency)
        # One more tells whether there are more.
        ask = partial(first_jobs, figure=figure, most=most + 1)
        first_before = engine.unless_too_many(ask, before)
    jobs = [*first, *(first_before or [])[:most]]

    def groups(order: list[int | None], there: Selection, left_out: int) -> Groups[Any, Sums]:
        sums = in_currency(engine.of_jobs_per_currency(there, jobs), currency)
        return Groups(order[:most], sums, engine.total(there), left_out)

    earlier = None
    if before and first_before is not None:
        earlier = groups(first_before, before, max(len(first_before) - most, 0))
    return Leaderboard(
        base,
        currencies,
        currency,
        totals[0],
        now,
        before if earlier else None,
        ranking_of(Sums, groups(first, now, left_out), earlier, measure),
    )
