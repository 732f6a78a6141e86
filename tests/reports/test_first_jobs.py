"""The first jobs, ranked by the database, are those of the leaderboard of all jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from stats.query import engine
from stats.query.request import RANKED_IN, ReportRequest, report_request_of
from stats.query.sums import Sums
from stats.reports.first_jobs import leaderboard_of_first_jobs
from stats.reports.leaderboard import Leaderboard, leaderboard
from stats.reports.ranking import Measure, Row
from stats.rollups import rebuilding
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
JOBS = 12
MONTH = "created_at_after=2026-02-20&created_at_before=2026-03-20"


@pytest.fixture(autouse=True)
def half_folded(settings: Any) -> None:
    """A job of two days follows the other, again and again; between them calls without one."""
    settings.FOLD_MARGIN_SECONDS = 0
    rows = [
        row(
            created_at=datetime(2026, 1, 2) + timedelta(hours=7 * n),
            job_id=None if n % 5 == 3 else 1 + n // 7 * 5 % JOBS,
            success=n % 3 > 0,
            prompt_price_unit=["USD", "EUR"][n % 11 % 2],
            # Some cost the same, some nothing.
            cost=n % 4,
            total_tokens=n * n % 97,
        )
        for n in range(260)
    ]
    write(*rows[:230], row(created_at=None, job_id=4, cost=900))
    fold_all()
    write(*rows[230:])
    assert read_rollup_state().tail == 30


def request(query: str) -> ReportRequest:
    return report_request_of(QueryDict(query), NOW, RANKED_IN)


def all_jobs(query: str, measure: Measure) -> Leaderboard[int | None]:
    return leaderboard(engine.by_job_per_currency, request(query), measure)


def without_a_rank_before(one: Row[int | None, Sums]) -> tuple[Any, ...]:
    return one.key, one.rank, one.sums, one.before, one.value, one.value_before, one.share


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize(
    "query",
    [
        MONTH,
        f"{MONTH}&currency=EUR",
        f"{MONTH}&job_id=3",
        "period=all",
        "period=7d",
        "period=2026-02_utc",
    ],
)
def test_they_are_the_first_of_all(query: str, measure: Measure) -> None:
    every, most = all_jobs(query, measure), 4
    first = leaderboard_of_first_jobs(request(query), measure, most)
    assert (first.total, first.currencies, first.ranked_in, first.before) == (
        every.total,
        every.currencies,
        every.ranked_in,
        every.before,
    )
    ours, theirs = first.ranking, every.ranking
    assert (ours.total, ours.count, ours.is_compared) == (
        theirs.total,
        theirs.count,
        theirs.is_compared,
    )
    assert list(map(without_a_rank_before, ours.present)) == list(
        map(without_a_rank_before, theirs.present[:most])
    )
    assert ours.top(most - 1) == (ours.present[: most - 1], theirs.top(most - 1)[1])
    for mine, real in zip(ours.present, theirs.present, strict=False):
        is_told = real.rank_before is not None and real.rank_before <= most
        assert mine.rank_before == (real.rank_before if is_told else None)
    gone = [one for one in ours.rows if one.is_gone]
    assert gone == [one for one in theirs.rows if one.is_gone][: len(gone)]


def test_before_the_first_fold() -> None:
    rebuilding.rebuild_everything()
    first = leaderboard_of_first_jobs(request(MONTH), Measure.CALLS, 4)
    every = all_jobs(MONTH, Measure.CALLS).ranking
    assert first.ranking.count == every.count
    assert [one.key for one in first.ranking.present] == [one.key for one in every.present[:4]]


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("query", [MONTH, "period=all", f"{MONTH}&ranked_in=EUR"])
def test_where_they_are_few_nothing_is_left_out(query: str, measure: Measure) -> None:
    if "ranked_in" in query and measure is not Measure.COST:
        return
    assert leaderboard_of_first_jobs(request(query), measure, JOBS + 1) == all_jobs(query, measure)
