"""Worth a look: only what chance does not explain, and only what is news."""

from datetime import date, timedelta
from typing import Any

import pytest

from stats.query.baselines import Baseline, Baselines
from stats.query.sums import Sums
from stats.reports.attention import attention

TODAY = date(2026, 11, 24)


def baseline(last: int = 0, days: int = 56, calls: int = 10_000, failures: int = 200) -> Baseline:
    """Called on `days` days over eight weeks, for the last time `last` days ago."""
    end = TODAY - timedelta(last)
    return Baseline(end - timedelta(55), end, days, calls, failures)


def look(now: Sums | None = None, today: date | None = TODAY, **changes: Any) -> Any:
    return attention(
        {"/run": now} if now else {}, Baselines({"/run": baseline(**changes)}, 3), today
    )


def failing(calls: int, failures: int) -> Sums:
    return Sums(calls=calls, successes=calls - failures)


def test_a_rate_far_above_the_usual() -> None:
    (found,) = look(failing(1_000, 36)).failing
    assert (found.endpoint, found.rate, found.usual) == ("/run", pytest.approx(3.6), 2.0)


@pytest.mark.parametrize(
    ("calls", "failures"),
    [
        (1_000, 33),  # within what chance makes of 20
        (100, 5),
        (10, 4),  # too few to say
        (100_000, 2_900),  # no chance, but no half more either
        (1_000, 0),
    ],
)
def test_a_rate_that_is_not(calls: int, failures: int) -> None:
    assert look(failing(calls, failures)).failing == ()


def test_without_a_habit_no_rate_is_unusual() -> None:
    assert look(failing(100, 90), calls=49, failures=0).failing == ()
    assert attention({"/new": failing(100, 90)}, Baselines({}, 0), TODAY).failing == ()


def test_an_endpoint_that_never_failed() -> None:
    (found,) = look(failing(1_000, 8), failures=0).failing
    assert found.usual == 0


@pytest.mark.parametrize(
    ("last", "days", "is_silent"),
    [
        (3, 56, False),
        (4, 56, True),
        (4, 40, False),  # a working day's endpoint, over a long weekend
        (5, 40, True),
        (20, 8, False),  # once a week
        (25, 8, True),
        (4, 4, False),  # no habit yet
        (28, 56, True),
        (29, 56, False),  # no news any more
    ],
)
def test_silence_is_measured_by_what_is_usual(last: int, days: int, is_silent: bool) -> None:
    found = look(last=last, days=days).silent
    assert [one.since for one in found] == [TODAY - timedelta(last)] * is_silent


def test_in_a_past_period_nothing_is_silent() -> None:
    assert look(last=10, today=None).silent == ()


def test_the_worst_come_first() -> None:
    found = attention(
        {"/a": failing(1_000, 60), "/b": failing(1_000, 90)},
        Baselines(
            {
                "/a": baseline(),
                "/b": baseline(),
                "/c": baseline(5),
                "/d": baseline(5, calls=20_000),
            },
            0,
        ),
        TODAY,
    )
    assert [one.endpoint for one in found.failing] == ["/b", "/a"]
    assert [one.endpoint for one in found.silent] == ["/d", "/c"]
