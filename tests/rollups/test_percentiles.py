"""Percentiles from the histogram: within 2 % of the nearest rank, added up in any order."""

from collections import Counter
from datetime import datetime
from math import ceil

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from stats.core.percentiles import RELATIVE_ERROR, ZERO_BUCKET, bucket_of, percentile, value_of
from stats.db.expressions import LatencyBucket
from stats.models import DayLatency
from stats.query.latency import Percentiles, percentiles, percentiles_in_all_and_by_endpoint
from stats.query.selection import Selection
from tests.ledger import row, write
from tests.rollups.folded import fold_all

INT_MAX = 2**31 - 1
times = st.one_of(st.integers(0, 300), st.integers(0, INT_MAX))
# Where a logarithm is nearly whole, rounding could go either way.
EDGES = [value for n in range(600) for value in (int(value_of(n)), int(value_of(n)) + 1)]
EDGES = [value for value in EDGES if 0 < value <= INT_MAX]


@given(times)
def test_a_bucket_stands_for_what_is_in_it(milliseconds: int) -> None:
    value = value_of(bucket_of(milliseconds))
    assert abs(value - milliseconds) <= RELATIVE_ERROR * milliseconds + 1e-9 * milliseconds


@pytest.mark.parametrize("milliseconds", [0, -1])
def test_nothing_has_no_logarithm(milliseconds: int) -> None:
    assert bucket_of(milliseconds) == ZERO_BUCKET < bucket_of(1)
    assert value_of(ZERO_BUCKET) == 0


@given(st.lists(times, min_size=1), st.sampled_from([1, 50, 95, 99, 100]))
def test_percentiles_are_those_of_the_nearest_rank(values: list[int], percent: int) -> None:
    exact = sorted(values)[ceil(len(values) * percent / 100) - 1]
    found = percentile(Counter(map(bucket_of, values)), percent)
    # Half a percent is lost to rounding.
    assert found == pytest.approx(value_of(bucket_of(exact)), rel=0.005 + 1e-9)


@given(times)
def test_a_percentile_has_no_more_digits_than_are_known(value: int) -> None:
    found = percentile({bucket_of(value): 1}, 95)
    assert found is not None
    assert len(f"{found:.10f}".replace(".", "").strip("0")) <= 3


@given(st.lists(times), st.lists(times), st.sampled_from([50, 95, 99]))
def test_histograms_are_additive(here: list[int], there: list[int], percent: int) -> None:
    together = Counter(map(bucket_of, here)) + Counter(map(bucket_of, there))
    assert percentile(together, percent) == percentile(
        Counter(map(bucket_of, here + there)), percent
    )


def test_without_calls_there_is_no_percentile() -> None:
    assert percentile({}, 50) is None
    # What was subtracted whole.
    assert percentile({bucket_of(12): 0}, 50) is None


@pytest.mark.django_db
def test_the_database_finds_the_same_bucket() -> None:
    values = sorted({*range(-1, 3_000), *EDGES, INT_MAX - 1, INT_MAX})
    bucket = LatencyBucket.template
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE tried (ms INT)")
        cursor.executemany("INSERT INTO tried VALUES (%s)", [(value,) for value in values])
        cursor.execute(f"SELECT ms, {bucket % {'expressions': 'ms'}} FROM tried")
        found = {ms: int(number) for ms, number in cursor.fetchall()}
        cursor.execute("DROP TABLE tried")
    assert found == {value: bucket_of(value) for value in values}


@pytest.mark.django_db(transaction=True)
class TestReports:
    def test_calls_without_a_time_to_answer_count_in_none(self) -> None:
        write(row(response_time_ms=None), row(response_time_ms=100))
        fold_all()
        assert percentiles(Selection()).p50 == pytest.approx(100, rel=0.02)
        assert DayLatency.objects.count() == 1

    def test_nothing_timed(self) -> None:
        write(row(response_time_ms=None))
        fold_all()
        assert percentiles(Selection()) == Percentiles(None, None, None)
        assert percentiles_in_all_and_by_endpoint(Selection())[1] == {}

    @pytest.mark.parametrize("folded", [0, 60, 100])
    def test_they_are_of_all_calls_folded_or_not(self, folded: int) -> None:
        rows = [
            row(response_time_ms=n, created_at=datetime(2026, 3, 1 + n % 28, 12), job_id=n % 2)
            for n in range(1, 101)
        ]
        rows = [{**each, "job_id": None} for each in rows]
        write(*rows[:folded])
        fold_all()
        write(*rows[folded:])
        found = percentiles(Selection())
        assert [found.p50, found.p95, found.p99] == pytest.approx([50, 95, 99], rel=0.02)

    def test_each_endpoint_has_its_own(self) -> None:
        write(
            row(api_endpoint="/a", response_time_ms=10),
            row(api_endpoint="/A", response_time_ms=1_000),
        )
        fold_all()
        _in_all, found = percentiles_in_all_and_by_endpoint(Selection())
        assert {name: each.p99 for name, each in found.items()} == pytest.approx(
            {"/a": 10, "/A": 1_000}, rel=0.02
        )

    def test_under_other_filters_the_calls_are_asked(self) -> None:
        write(row(user_id=1, response_time_ms=10), row(user_id=2, response_time_ms=1_000))
        fold_all()
        assert percentiles(Selection(user_ids=(2,))).p50 == pytest.approx(1_000, rel=0.02)
