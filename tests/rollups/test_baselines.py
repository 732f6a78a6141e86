"""What is usual of an endpoint is the same from the calls, from the sums and from both."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core.periods import preset_period
from stats.core.zones import reading_zone
from stats.query.baselines import WINDOW, Baseline, baselines
from tests.ledger import cleared, in_zones, row, write
from tests.oracle import Row, Zones
from tests.rollups.folded import fold_all

NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
FIRST = date(2026, 11, 1)
NOON = datetime(2026, 11, 24, 12)

pytestmark = pytest.mark.django_db(transaction=True)


def asked() -> Any:
    return baselines(preset_period("this_month", NOW.date(), reading_zone()), NOW)


def rows_of(*ages: int | None, **values: Any) -> list[Row]:
    """A call so many days ago for each; None: without a time."""
    return [
        row(created_at=None if age is None else NOON - timedelta(age), **values) for age in ages
    ]


calls = st.lists(
    st.builds(
        row,
        api_endpoint=st.sampled_from(["/a", "/A", "/b"]),
        success=st.sampled_from([True, False, None]),
        created_at=st.none()
        | st.integers(0, 90).map(lambda hours: NOON - timedelta(hours=23 * hours)),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(calls, calls)
def test_from_calls_and_sums_alike(folded: list[Row], newer: list[Row]) -> None:
    with cleared():
        write(*folded, *newer)
        from_calls = asked()
    with cleared():
        write(*folded)
        fold_all()
        write(*newer)
        from_both = asked()
        fold_all()
        from_sums = asked()
    assert from_calls == from_sums
    assert from_both.undated_calls == from_sums.undated_calls
    for endpoint, baseline in from_sums.of.items():
        half = from_both.of[endpoint]
        assert (half.first, half.last) == (baseline.first, baseline.last)
        assert (half.calls, half.failures) == (baseline.calls, baseline.failures)


def test_calls_and_failures_are_those_before_the_period() -> None:
    write(
        *rows_of(0, 5, 23, success=False),
        *rows_of(24, 30),
        *rows_of(31, success=None),
        *rows_of(None, 200),
    )
    found = asked()
    assert found.of == {"/chat-messages": Baseline(date(2026, 10, 24), date(2026, 11, 24), 6, 3, 1)}
    assert found.undated_calls == 1


def test_the_window_ends_with_today_and_reaches_eight_weeks_before_the_period() -> None:
    oldest = (NOW.date() - (FIRST - WINDOW)).days
    write(*rows_of(oldest, oldest + 1, -1))
    assert asked().of["/chat-messages"].days == 1


def test_days_are_those_of_time_zone() -> None:
    with in_zones(Zones("Asia/Taipei")):
        write(row(created_at=datetime(2026, 11, 23, 17)), row(created_at=datetime(2026, 11, 23, 1)))
        from_calls = asked().of["/chat-messages"]
        fold_all()
        assert asked().of["/chat-messages"] == from_calls
        assert (from_calls.first, from_calls.last) == (date(2026, 11, 23), date(2026, 11, 24))
