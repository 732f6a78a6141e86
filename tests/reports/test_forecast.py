"""Where a month may end: a range that follows from the days so far, whatever they are."""

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stats.core.periods import DAY, last_of_month
from stats.reports.forecast import Forecast, month_end
from stats.reports.unusual import unusual_days

TODAY = date(2026, 11, 24)  # a Tuesday
STEP = Decimal("0.0001")
costs = st.decimals(0, 10_000, places=4)
# Long enough for the first day of a month.
LONG = 90

Days = dict[date, Decimal]


def until(today: date, count: int, cost: Callable[[date], Decimal | int]) -> Days:
    """What each of so many days costs, up to today."""
    days = (today - n * DAY for n in range(count))
    return {day: Decimal(cost(day)) for day in days}


def spent(history: Days, today: date) -> Decimal:
    return sum(
        (history[day] for day in history if today.replace(day=1) <= day <= today), Decimal(0)
    )


def forecast(history: Days, today: date) -> Forecast:
    found = month_end(history, today)
    assert found is not None
    return found


def any_forecast(history: Days, today: date) -> Forecast:
    """Of a past in which hardly anything was spent for long, there may be none."""
    found = month_end(history, today)
    assume(found)
    assert found
    return found


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Days, date]:
    """The days of a ledger that began with a cost, the last is today."""
    today = draw(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
    amounts = draw(st.lists(costs, min_size=LONG, max_size=LONG + 40))
    days = until(today, len(amounts), lambda day: amounts[(today - day).days])
    return {**days, min(days): Decimal(1)}, today


@given(ledgers())
def test_the_range_holds_what_is_expected_and_nothing_is_below_what_is_spent(
    ledger: tuple[Days, date],
) -> None:
    found = any_forecast(*ledger)
    assert spent(*ledger) <= found.low <= found.expected <= found.high


@given(ledgers())
def test_twice_the_costs_end_at_twice_the_amount(ledger: tuple[Days, date]) -> None:
    history, today = ledger
    once = any_forecast(history, today)
    twice = forecast({day: 2 * cost for day, cost in history.items()}, today)
    for name in ("low", "expected", "high"):
        assert abs(getattr(twice, name) - 2 * getattr(once, name)) <= 4 * STEP


@given(ledgers())
def test_on_a_last_day_above_the_usual_the_end_is_what_is_spent(
    ledger: tuple[Days, date],
) -> None:
    history, today = ledger
    last = last_of_month(today)
    whole = {**history, last: Decimal(10**9)}
    end = spent(whole, last)
    assert any_forecast(whole, last) == Forecast(end, end, end)


@pytest.mark.parametrize(("day", "enough"), [(24, 51), (1, 74)])
def test_none_where_there_is_too_little_past(day: int, enough: int) -> None:
    """Six weeks, and the days that are left."""
    today = TODAY.replace(day=day)
    assert month_end(until(today, enough, lambda _day: 3), today) is not None
    assert month_end(until(today, enough - 1, lambda _day: 3), today) is None
    assert month_end({}, today) is None


def test_days_before_the_first_cost_are_no_past() -> None:
    """A user who began in October, in a ledger that is older."""
    began = TODAY - 40 * DAY
    assert month_end(until(TODAY, 300, lambda day: int(day >= began)), TODAY) is None


def test_a_trial_long_ago_is_no_past() -> None:
    """A single small call in July, and twenty days of use."""
    history = until(TODAY, 20, lambda _day: 100)
    assert month_end({**history, TODAY - 120 * DAY: Decimal("0.01")}, TODAY) is None


def test_a_new_level_is_followed_within_days() -> None:
    """Twenty times as much since twelve days: most of it is expected to stay."""
    history = until(TODAY, 150, lambda day: 20 if day > TODAY - 12 * DAY else 1)
    assert forecast(history, TODAY).expected > spent(history, TODAY) + 6 * 10


def test_a_single_day_moves_little() -> None:
    """Twenty times as much, a week ago."""
    history = until(TODAY, 150, lambda day: 20 if day == TODAY - 7 * DAY else 1)
    assert forecast(history, TODAY).expected < spent(history, TODAY) + 6 * Decimal("1.1")


@pytest.mark.parametrize("so_far", [0, 2, 5])
def test_days_that_are_all_alike_leave_no_doubt(so_far: int) -> None:
    """But for what is left of today."""
    history = until(TODAY, LONG, lambda _day: 5)
    found = forecast({**history, TODAY: Decimal(so_far)}, TODAY)
    for amount, end in ((found.low, 145 + so_far), (found.expected, 150), (found.high, 150)):
        assert abs(amount - end) <= 2 * STEP


def test_a_today_that_has_cost_more_than_usual_is_not_taken_back() -> None:
    history = until(TODAY, LONG, lambda _day: 5)
    found = forecast({**history, TODAY: Decimal(100)}, TODAY)
    assert found.low >= 23 * 5 + 100 + 6 * 5 - STEP


def test_weekdays_are_told_apart() -> None:
    """10 from Monday to Friday and 1 else: three working days and a weekend are left."""
    history = until(TODAY, LONG, lambda day: 10 if day.weekday() < 5 else 1)
    found = forecast(history, TODAY)
    end = spent(history, TODAY) + 4 * 10 + 2 * 1
    assert abs(found.expected - end) < 1
    assert found.high - found.low < 5


def test_days_left_out_cost_nothing() -> None:
    """As in a ledger that rests at weekends, where such days have no calls."""
    history = until(TODAY, LONG, lambda day: 10 if day.weekday() < 5 else 0)
    worked = {day: cost for day, cost in history.items() if cost}
    assert forecast(worked, TODAY) == forecast(history, TODAY)
    assert abs(forecast(history, TODAY).expected - spent(history, TODAY) - 40) < 1


def test_days_to_come_are_not_known() -> None:
    history = until(TODAY, LONG, lambda day: day.day % 5 + 1)
    later = until(TODAY + 40 * DAY, 40, lambda _day: 999)
    assert month_end({**later, **history}, TODAY) == month_end(history, TODAY)


def test_what_varies_widens_the_range() -> None:
    rng = random.Random(7)
    calm = forecast(until(TODAY, LONG, lambda _day: rng.randint(9, 11)), TODAY)
    wild = forecast(until(TODAY, LONG, lambda _day: rng.randint(1, 19)), TODAY)
    assert wild.high - wild.low > 3 * (calm.high - calm.low) > 0


def wandering(rng: random.Random, last: date) -> Days:
    """The days of a ledger with a weekly rhythm, whose level goes up and down."""
    level, days = 100.0, {}
    for ago in reversed(range(150)):
        day = last - ago * DAY
        level *= rng.lognormvariate(0, 0.04)
        cost = level * (1 if day.weekday() < 5 else 0.3) * rng.lognormvariate(0, 0.2)
        days[day] = Decimal(cost).quantize(STEP)
    return days


@pytest.mark.parametrize("day", [6, 15, 25])
def test_four_of_five_months_end_in_the_range(day: int) -> None:
    rng = random.Random(day)
    today, last = TODAY.replace(day=day), last_of_month(TODAY)
    held = 0
    for _ledger in range(100):
        days = wandering(rng, last)
        found = forecast({one: cost for one, cost in days.items() if one <= today}, today)
        held += found.low <= spent(days, last) <= found.high
    assert 68 <= held <= 92


@pytest.mark.parametrize("amount", ["-8", "-3000"])
def test_a_day_below_zero_counts_as_zero(amount: str) -> None:
    """An adopted table may hold one."""
    today = date(2026, 11, 20)
    days = {today - n * DAY: Decimal(7) for n in range(1, 90)}
    odd = {**days, today - 10 * DAY: Decimal(amount)}
    assert month_end(odd, today) is not None
    assert month_end({**odd, min(odd): Decimal(amount)}, today) is not None
    assert list(unusual_days(odd, today - DAY)) == []
