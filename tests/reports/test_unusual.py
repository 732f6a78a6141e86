"""Days out of the ordinary, and who made them so."""

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.core.periods import DAY
from stats.reports.culprits import who_made_it
from stats.reports.unusual import FarDay, unusual_day, unusual_days

LAST = date(2026, 11, 23)  # a Monday
DAYS = 100

Days = dict[date, Decimal]


def until_last(cost: Callable[[date], float]) -> Days:
    days = (LAST - n * DAY for n in range(DAYS))
    return {day: Decimal(cost(day)) for day in days}


def told(days: Days, expected: set[date] | None = None) -> list[date]:
    return [found.day for found in unusual_days(days, LAST, expected or ())]


def working_days(day: date) -> float:
    """A tenth at weekends, and a little up and down."""
    return (10 if day.weekday() < 5 else 1) * random.Random(day.toordinal()).uniform(0.85, 1.15)


def test_days_as_usual_are_not_told() -> None:
    assert told(until_last(working_days)) == []


@pytest.mark.parametrize("ago", [0, 3, 4, 6, 10, 19])
def test_a_doubled_day_is_told(ago: int) -> None:
    day = LAST - ago * DAY
    days = until_last(working_days)
    assert told({**days, day: 2 * days[day]}) == [day]


def test_a_monday_s_amount_on_a_sunday_is_told() -> None:
    """It is usual, but not of a Sunday."""
    sunday = LAST - DAY
    (found,) = unusual_days({**until_last(working_days), sunday: Decimal(10)}, LAST)
    assert found.day == sunday
    assert found.usual == pytest.approx(1, abs=0.3)
    assert found.excess == pytest.approx(9, abs=0.3)


def test_a_week_of_high_days_is_told_once() -> None:
    days = until_last(working_days)
    week = [LAST - n * DAY for n in range(7)]
    assert told({**days, **{day: 3 * days[day] for day in week}}) == [min(week)]


def test_a_quiet_day_is_not_told() -> None:
    assert told({**until_last(working_days), LAST: Decimal(0)}) == []


def test_a_day_is_judged_by_the_year_before_it() -> None:
    days = until_last(working_days)
    doubled = {**days, LAST: 2 * days[LAST]}
    found = unusual_day(doubled, LAST)
    assert found
    assert (found.day, found.amount) == (LAST, float(doubled[LAST]))
    assert unusual_day(days, LAST) is None
    # What came before the year says nothing of it, nor does what comes after the day.
    long_ago = {LAST - n * DAY: Decimal(5_000) for n in range(365, 600)}
    assert unusual_day({**doubled, **long_ago, LAST + DAY: Decimal(90)}, LAST) == found
    assert unusual_day(doubled, LAST, {LAST}) is None


def test_an_expected_day_is_neither_told_nor_learnt_from() -> None:
    days = until_last(working_days)
    campaign = {LAST - n * DAY: Decimal(80) for n in range(7, 12)}
    raised = {**days, **campaign, LAST: Decimal(25)}
    assert told(raised, set(campaign)) == [LAST]
    usual = list(unusual_days({**days, LAST: Decimal(25)}, LAST, set(campaign)))
    assert list(unusual_days(raised, LAST, set(campaign))) == usual


def test_the_first_weeks_are_only_learnt_from() -> None:
    days = until_last(working_days)
    second = min(days) + 20 * DAY
    assert told({**days, second: Decimal(500)}) == []


def test_where_days_double_by_themselves_a_doubled_day_is_not_told() -> None:
    chance = random.Random(3)
    days = until_last(lambda _day: 10 * chance.lognormvariate(0, 0.8))
    assert len(told(days)) <= 3


def test_nothing_at_all_is_nothing_unusual() -> None:
    assert told({}) == told(until_last(lambda _day: 0)) == []


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=120))
def test_whatever_is_told_is_above_the_usual(amounts: list[int]) -> None:
    days = {LAST - n * DAY: amount for n, amount in enumerate(amounts)}
    for found in unusual_days(days, LAST):
        assert isinstance(found, FarDay)
        assert found.amount == days[found.day]
        assert found.excess > 0


class TestWhoMadeIt:
    def test_who_spent_most_beside_their_own_usual_comes_first(self) -> None:
        """The largest is as large as ever, the second has doubled, a new one came."""
        costs = {
            1: until_last(lambda _day: 90),
            2: {**until_last(lambda _day: 20), LAST: Decimal(44)},
            3: {LAST: Decimal(13)},
            4: {**until_last(lambda _day: 7), LAST: Decimal(0)},
        }
        found = who_made_it(costs, LAST)
        assert [one.key for one in found] == [2, 3, 1, 4]
        assert [float(one.amount) for one in found] == [44, 13, 90, 0]
        assert [round(one.excess, 1) for one in found] == [24, 13, 0, -7]

    def test_a_weekday_s_usual_is_its_own(self) -> None:
        """Who always works on Mondays did not make this one."""
        costs = {
            1: until_last(lambda day: 60 if day.weekday() == 0 else 1),
            2: {**until_last(lambda _day: 10), LAST: Decimal(40)},
        }
        assert who_made_it(costs, LAST)[0].key == 2
