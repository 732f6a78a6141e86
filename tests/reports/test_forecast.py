"""What a month may end at: a range that follows from its days, whatever they are."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.core.periods import DAY, last_of_month
from stats.reports.forecast import Forecast, month_end

TODAY = date(2026, 11, 24)  # a Tuesday
costs = st.decimals(0, 10_000, places=4)
months = st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1))


def days(first: date, *spent: str | Decimal) -> dict[date, Decimal]:
    return {first + n * DAY: Decimal(cost) for n, cost in enumerate(spent)}


@st.composite
def running_months(draw: st.DrawFn) -> dict[date, Decimal]:
    """The days of a month so far; the last is today."""
    first = draw(months)
    spent = draw(st.lists(costs, min_size=6, max_size=last_of_month(first).day))
    return days(first, *spent)


@given(running_months(), st.dictionaries(st.dates(), costs, max_size=31))
def test_the_range_holds_what_is_already_spent(
    month: dict[date, Decimal], before: dict[date, Decimal]
) -> None:
    found = month_end(month, max(month), before)
    assert found is not None
    assert sum(month.values()) <= found.low <= found.high


@given(running_months())
def test_twice_the_costs_end_at_twice_the_amount(month: dict[date, Decimal]) -> None:
    once = month_end(month, max(month), {})
    twice = month_end({day: 2 * cost for day, cost in month.items()}, max(month), {})
    assert once is not None
    assert twice is not None
    for one, two in ((once.low, twice.low), (once.high, twice.high)):
        assert abs(two - 2 * one) <= Decimal("0.0002")


@given(months, st.integers(6, 27), costs)
def test_days_that_are_all_alike_leave_no_doubt(first: date, so_far: int, cost: Decimal) -> None:
    """Today, so far, has cost nothing."""
    month = days(first, *[cost] * (so_far - 1), Decimal(0))
    whole = cost * last_of_month(first).day
    assert month_end(month, max(month), {}) == Forecast(whole, whole)


@pytest.mark.parametrize("so_far", range(1, 6))
def test_five_days_are_too_few(so_far: int) -> None:
    month = days(date(2026, 11, 1), *["3"] * so_far)
    assert month_end(month, max(month), {}) is None


def test_working_days_and_weekends_are_told_apart() -> None:
    """10 on working days and 1 on weekends: four working days and a weekend are left."""
    month = {
        day: Decimal(10 if day.weekday() < 5 else 1)
        for day in (date(2026, 11, 1) + n * DAY for n in range(23))
    }
    found = month_end({**month, TODAY: Decimal(4)}, TODAY, {})
    whole = sum(month.values()) + 10 * 5 + 1 * 2
    assert found == Forecast(Decimal(whole), Decimal(whole))


def test_a_weekend_that_has_not_been_is_taken_from_the_month_before() -> None:
    """Monday 1 to Saturday 6 June 2026."""
    first = date(2026, 6, 1)
    month = days(first, *["10"] * 5, "0")
    before = {first - timedelta(n): Decimal(2) for n in (1, 2)}  # Sunday and Saturday
    found = month_end(month, first + 5 * DAY, before)
    working, weekends = 5 + 17, 8
    assert found == Forecast(Decimal(10 * working + 2 * weekends), Decimal(10 * working + 2 * 8))


def test_what_varies_widens_the_range() -> None:
    steady = days(date(2026, 11, 1), *["5"] * 24)
    varying = days(date(2026, 11, 1), *["1", "9"] * 12)
    calm, wild = month_end(steady, TODAY, {}), month_end(varying, TODAY, {})
    assert calm is not None
    assert wild is not None
    assert wild.high - wild.low > calm.high - calm.low == 0


def test_a_today_that_has_cost_more_than_usual_is_not_taken_back() -> None:
    month = days(date(2026, 11, 1), *["5"] * 23)
    found = month_end({**month, TODAY: Decimal(100)}, TODAY, {})
    assert found == Forecast(Decimal(23 * 5 + 100 + 6 * 5), Decimal(23 * 5 + 100 + 6 * 5))
