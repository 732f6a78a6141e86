"""The five statistics of spec §4, as code written for the translator calls them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from pytest_django import DjangoAssertNumQueries

from stats.models import APIUsageStats
from stats.reports import statistics
from tests.generated import Ledger, ledgers
from tests.ledger import EMPTY, in_zones, rolled_back, row, write
from tests.oracle import Statistics, Zones, last_days

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 15, 30, 20, 700_000, tzinfo=UTC)


def user(user_id: int = 1, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return APIUsageStats.get_user_statistics(user_id, *args, **kwargs)


def daily(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    with time_machine.travel(NOW, tick=False):
        return APIUsageStats.get_daily_statistics(*args, **kwargs)


def cost_trend(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    with time_machine.travel(NOW, tick=False):
        return APIUsageStats.get_cost_trend(*args, **kwargs)


def top_users(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    return APIUsageStats.get_top_users(*args, **kwargs)


def endpoints(**kwargs: Any) -> list[dict[str, Any]]:
    return APIUsageStats.get_endpoint_statistics(**kwargs)


def at(moment: str, **values: Any) -> dict[str, Any]:
    return row(created_at=datetime.fromisoformat(moment), **values)


# ── any ledger, any question ────────────────────────────────────────────────────────────────────


@given(ledgers)
@settings(max_examples=25)
def test_any_question_is_answered_as_the_oracle_says(ledger: Ledger) -> None:
    oracle = Statistics(ledger.rows, ledger.zones)
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        for _time in range(5):
            start, end, currency = ledger.bound(), ledger.bound(), ledger.currency()
            dates: Any = {"start_date": start, "end_date": end, "currency": currency}
            user_id, limit = ledger.rng.randint(1, 5), ledger.rng.randint(1, 4)
            # Without either date, `days` would hold.
            if start or end:
                assert daily(**dates) == oracle.daily(start, end, currency)
                assert cost_trend(**dates) == oracle.cost_trend(start, end, currency)
            assert user(user_id, **dates) == oracle.user(user_id, start, end, currency)
            assert top_users(limit, **dates) == oracle.top_users(limit, start, end, currency)
            assert endpoints(**dates) == oracle.endpoints(start, end, currency)


@given(ledgers)
@settings(max_examples=12)
def test_days_before_any_now(ledger: Ledger) -> None:
    oracle = Statistics(ledger.rows, ledger.zones)
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        for days in (1, 2, 30):
            now = ledger.moment().replace(tzinfo=ZoneInfo(ledger.zones.column)).astimezone(UTC)
            start, end = last_days(days, now)
            assert statistics.daily_statistics(days, now) == oracle.daily(start, end, None)
            assert statistics.cost_trend(days, now) == oracle.cost_trend(start, end, None)


# ── keys and zeros ──────────────────────────────────────────────────────────────────────────────


def test_the_keys_and_types_are_those_of_the_translator() -> None:
    write(row())
    [day], [cost], [ranked], [endpoint] = daily(), cost_trend(), top_users(), endpoints()
    assert user() == {
        "total_calls": 1,
        "successful_calls": 1,
        "failed_calls": 0,
        "success_rate": 100.0,
        "total_tokens": 15,
        "total_cost": 0.01,
        "avg_response_time": 100.0,
    }
    assert day == {
        "date": "2026-03-10",
        "total_calls": 1,
        "successful_calls": 1,
        "failed_calls": 0,
        "total_tokens": 15,
        "total_cost": 0.01,
    }
    assert cost == {"date": "2026-03-10", "cost": 0.01}
    assert ranked == {"user_id": 1, "total_calls": 1, "total_tokens": 15, "total_cost": 0.01}
    assert endpoint == {
        "endpoint": "/chat-messages",
        "total_calls": 1,
        "total_cost": 0.01,
        "avg_response_time": 100.0,
    }
    for result in (user(), day, cost, ranked, endpoint):
        assert {type(value) for value in result.values()} <= {int, float, str}


@pytest.mark.parametrize("user_id", [99, 0, -1, 2**31, 2**63, 2**70])
def test_an_unknown_user_has_zeros(user_id: int) -> None:
    write(row())
    assert user(user_id) == {
        "total_calls": 0,
        "successful_calls": 0,
        "failed_calls": 0,
        "success_rate": 0,
        "total_tokens": 0,
        "total_cost": 0.0,
        "avg_response_time": 0.0,
    }


def test_an_empty_ledger_has_lists_without_rows() -> None:
    assert daily() == cost_trend() == top_users() == endpoints() == []


# ── NULL columns ────────────────────────────────────────────────────────────────────────────────


def test_nulls_are_skipped_and_no_success() -> None:
    write(EMPTY, row(response_time_ms=300), row(success=False, response_time_ms=None))
    assert user() == {
        "total_calls": 3,
        "successful_calls": 1,
        "failed_calls": 2,
        "success_rate": 1 / 3 * 100,
        "total_tokens": 30,
        "total_cost": 0.02,
        "avg_response_time": 300.0,
    }


def test_a_call_without_time_counts_in_all_time_figures_only() -> None:
    write({**EMPTY, "cost": Decimal("1.5")}, row())
    assert user()["total_calls"] == 2
    assert top_users()[0]["total_calls"] == 2
    assert endpoints()[0]["total_calls"] == 2
    for dates in ({"start_date": date(2000, 1, 1)}, {"end_date": date(2100, 1, 1)}):
        assert user(1, **dates)["total_calls"] == 1
        assert top_users(**dates)[0]["total_calls"] == 1
        assert endpoints(**dates)[0]["total_calls"] == 1
        assert [day["total_calls"] for day in daily(**dates)] == [1]


# ── ranges ──────────────────────────────────────────────────────────────────────────────────────


def test_days_reach_back_exactly_so_many_times_24_hours() -> None:
    write(
        at("2026-02-08 15:30:19"),
        at("2026-02-08 15:30:20"),
        at("2026-02-10 00:00:00"),
        at("2026-03-10 15:30:20"),
        at("2026-03-10 15:30:21"),
    )
    # The first date is partial, those without calls are absent.
    expected = [("2026-02-08", 1), ("2026-02-10", 1), ("2026-03-10", 1)]
    assert [(day["date"], day["total_calls"]) for day in daily()] == expected
    assert [(day["date"], day["cost"]) for day in cost_trend(30)] == [
        (day, 0.01) for day, _calls in expected
    ]
    assert [day["date"] for day in daily(days=29)] == ["2026-02-10", "2026-03-10"]


def test_ranges_are_closed_on_both_sides_and_cut_to_the_second() -> None:
    write(*(at(f"2026-03-10 12:00:0{second}") for second in range(5)))
    start = datetime(2026, 3, 10, 12, 0, 1, 900_000)
    end = datetime(2026, 3, 10, 12, 0, 3, 100_000)
    assert user(1, start, end)["total_calls"] == 3
    assert user(1, start, start)["total_calls"] == 1
    assert user(1, end, start)["total_calls"] == 0
    assert top_users(10, start, end)[0]["total_calls"] == 3
    assert daily(start_date=start, end_date=end)[0]["total_calls"] == 3
    assert endpoints(start_date=start)[0]["total_calls"] == 4


def test_a_bare_end_date_means_through_the_end_of_that_local_day() -> None:
    write(
        at("2026-03-09 15:59:59"),
        at("2026-03-09 16:00:00"),
        at("2026-03-10 15:59:59"),
        at("2026-03-10 16:00:00"),
    )
    tenth = date(2026, 3, 10)
    with in_zones(Zones("Asia/Taipei", "UTC")):
        assert user(1, tenth, tenth)["total_calls"] == 2
        assert user(1, None, tenth)["total_calls"] == 3
        assert user(1, "2026-03-10", "2026-03-10")["total_calls"] == 2
        assert daily(start_date=tenth, end_date=tenth) == daily(start_date=tenth)[:1]
        # By the clock it is midnight and no more.
        assert user(1, tenth, "2026-03-10T00:00:00+08:00")["total_calls"] == 1


def test_naive_times_are_in_the_zone_of_the_column() -> None:
    write(at("2026-03-10 12:00:00"))
    with in_zones(Zones("UTC", "Asia/Taipei")):
        noon = datetime(2026, 3, 10, 12, 0)
        assert user(1, noon, noon)["total_calls"] == 1
        assert user(1, noon.replace(tzinfo=UTC), None)["total_calls"] == 0
        assert user(1, noon.replace(hour=4, tzinfo=UTC), None)["total_calls"] == 1


@pytest.mark.parametrize(
    ("zones", "times", "days"),
    [
        # 23 and 25 hours long.
        (
            Zones("America/New_York"),
            ["2024-03-10 04:59:59", "2024-03-10 05:00:00", "2024-03-11 03:59:59"],
            ["2024-03-09", "2024-03-10", "2024-03-10"],
        ),
        (
            Zones("America/New_York"),
            ["2024-11-03 04:00:00", "2024-11-04 04:59:59", "2024-11-04 05:00:00"],
            ["2024-11-03", "2024-11-03", "2024-11-04"],
        ),
        # Midnight is skipped, then comes twice.
        (
            Zones("America/Sao_Paulo"),
            ["2018-11-04 02:59:59", "2018-11-04 03:00:00"],
            ["2018-11-03", "2018-11-04"],
        ),
        (
            Zones("America/Sao_Paulo"),
            ["2018-02-18 01:59:59", "2018-02-18 02:00:00", "2018-02-18 03:00:00"],
            ["2018-02-17", "2018-02-17", "2018-02-18"],
        ),
        # Half hours, of which daylight saving is one.
        (
            Zones("Australia/Lord_Howe"),
            ["2024-04-05 12:59:59", "2024-04-05 13:00:00", "2024-04-07 13:29:59"],
            ["2024-04-05", "2024-04-06", "2024-04-07"],
        ),
        (
            Zones("Asia/Kolkata", "Europe/Berlin"),
            ["2024-03-30 19:29:59", "2024-03-30 19:30:00", "2024-03-31 20:30:00"],
            ["2024-03-30", "2024-03-31", "2024-04-01"],
        ),
    ],
)
def test_a_day_is_a_local_day(zones: Zones, times: list[str], days: list[str]) -> None:
    write(*map(at, times))
    with in_zones(zones):
        found = daily(start_date=date(2018, 1, 1))
        assert [day["date"] for day in found for _call in range(day["total_calls"])] == days


@pytest.mark.parametrize("days", [0, -1, 3661, 1.0, "30", True, None])
def test_days_have_bounds(days: Any) -> None:
    for function in (daily, cost_trend):
        with pytest.raises(ValueError, match="days"):
            function(days)
    assert daily(1) == daily(3660) == []


@pytest.mark.parametrize("limit", [0, -1, 1001, 2.0, "10", True, None])
def test_the_limit_has_bounds(limit: Any) -> None:
    with pytest.raises(ValueError, match="limit"):
        top_users(limit)
    assert top_users(1) == top_users(1000) == []


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-02-30", "", "0999-01-01", date.max, datetime.min, date(1, 1, 1)]
)
def test_a_moment_that_cannot_be_used_is_a_value_error(moment: Any) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|year"):
        user(1, moment)
    with pytest.raises(ValueError, match=r"ISO 8601|year"):
        daily(end_date=moment)


def test_a_range_of_a_thousand_years_is_no_more_work() -> None:
    write(row())
    assert len(daily(start_date=date(1001, 1, 1), end_date=date(9998, 12, 31))) == 1


# ── order ───────────────────────────────────────────────────────────────────────────────────────


def test_top_users_are_ranked_by_cost_ties_by_id() -> None:
    write(
        row(user_id=3, cost="0.0100"),
        row(user_id=2, cost="0.0100"),
        row(user_id=4, cost="0.0050"),
        row(user_id=4, cost="0.0051"),
        row(user_id=1, cost=None),
    )
    assert [ranked["user_id"] for ranked in top_users()] == [4, 2, 3, 1]
    assert [ranked["user_id"] for ranked in top_users(limit=2)] == [4, 2]


def test_endpoints_are_ranked_by_calls_ties_by_name() -> None:
    write(*(row(api_endpoint=name) for name in ("/b", "/c", "/c", "/a", "/B")))
    assert [found["endpoint"] for found in endpoints()] == ["/c", "/B", "/a", "/b"]


# ── endpoints and currencies ────────────────────────────────────────────────────────────────────


def test_endpoints_are_told_apart_by_case_and_accents_but_not_by_trailing_blanks() -> None:
    names = ["/straße", "/strasse", "/Strasse", "/strasse  ", "/café", "/cafe", " /cafe"]
    write(*(row(api_endpoint=name) for name in names))
    assert {found["endpoint"]: found["total_calls"] for found in endpoints()} == {
        "/straße": 1,
        "/strasse": 2,
        "/Strasse": 1,
        "/café": 1,
        "/cafe": 1,
        " /cafe": 1,
    }


def test_several_currencies_stand_beside_the_plain_sum() -> None:
    write(
        row(cost="0.0100", prompt_price_unit="USD"),
        row(cost="0.0200", prompt_price_unit="RMB", user_id=2, api_endpoint="/b"),
        row(cost="0.0300", prompt_price_unit="USD ", user_id=2, api_endpoint="/b"),
        row(cost="0.0400", prompt_price_unit=None, user_id=2),
        row(cost="0.0500", prompt_price_unit="", user_id=2),
    )
    assert "costs" not in user(1)
    both = user(2)
    assert both["total_cost"] == 0.14
    assert both["costs"] == {"RMB": 0.02, "USD": 0.03, "none": 0.09}
    first, second = top_users()
    assert first["costs"] == both["costs"]
    # The range is mixed, though this user is not.
    assert (second["total_cost"], second["costs"]) == (0.01, {"USD": 0.01})
    assert daily()[0]["costs"] == {"RMB": 0.02, "USD": 0.04, "none": 0.09}
    assert cost_trend() == [{"date": "2026-03-10", "cost": 0.15, "costs": daily()[0]["costs"]}]
    assert [found["costs"] for found in endpoints()] == [
        {"USD": 0.01, "none": 0.09},
        {"RMB": 0.02, "USD": 0.03},
    ]


@pytest.mark.parametrize("cost", [None, "0.0000"])
def test_a_call_without_cost_makes_nothing_mixed(cost: str | None) -> None:
    write(row(), row(prompt_price_unit="RMB", cost=cost), row(prompt_price_unit=None, cost=cost))
    assert "costs" not in user()
    assert "costs" not in top_users()[0]


def test_a_currency_narrows_everything() -> None:
    write(
        row(cost="0.0100"),
        row(cost="0.0200", prompt_price_unit="usd"),
        row(cost="0.0300", prompt_price_unit=None),
        row(cost="0.0400", prompt_price_unit=" "),
    )
    for currency, calls, cost in (("USD", 1, 0.01), ("usd ", 1, 0.02), ("none", 2, 0.07)):
        [day], [spent] = daily(currency=currency), cost_trend(currency=currency)
        [ranked], [found] = top_users(currency=currency), endpoints(currency=currency)
        for result in (user(currency=currency), day, ranked, found):
            assert (result["total_calls"], result["total_cost"]) == (calls, cost)
            assert "costs" not in result
        assert spent["cost"] == cost
    assert user(currency="EUR")["total_calls"] == 0


def test_money_is_summed_exactly() -> None:
    write(*(row(cost="0.1000") for _call in range(3)), row(cost="999999.9999", user_id=2))
    assert user()["total_cost"] == 0.3
    assert daily()[0]["total_cost"] == 1000000.2999


def test_the_success_rate_is_not_rounded() -> None:
    write(row(), row(), row(success=False))
    assert user()["success_rate"] == 2 / 3 * 100


# ── statements ──────────────────────────────────────────────────────────────────────────────────


def test_the_work_is_the_same_for_one_call_and_for_many(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    write(*(at(f"2026-03-{1 + n % 9:02} 01:00:00", user_id=1 + n % 5) for n in range(50)))
    since = datetime(2026, 3, 10) - timedelta(days=9)
    for function, arguments in (
        (user, {"user_id": 1}),
        (user, {"user_id": 1, "start_date": since}),
        (daily, {}),
        (cost_trend, {}),
        (top_users, {}),
        (top_users, {"start_date": since}),
        (endpoints, {}),
    ):
        # What is asked once in each process, or once an hour.
        function(**arguments)
        # The state of the rollups, and one statement for the answer.
        with django_assert_max_num_queries(3):
            function(**arguments)
