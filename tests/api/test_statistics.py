"""The statistics over HTTP are those of the model class, to the last digit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from stats.models import APIUsageStats
from tests.api.conftest import OTHER_USER, USER, Service

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PATHS = {
    "users": f"statistics/users/{USER}/",
    "daily": "statistics/daily/",
    "top-users": "statistics/top-users/",
    "cost-trend": "statistics/cost-trend/",
    "endpoints": "statistics/endpoints/",
}
WITH_DAYS = ("daily", "cost-trend")


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def calls(people: None) -> None:
    APIUsageStats.objects.bulk_create(
        APIUsageStats(
            user_id=(USER, OTHER_USER)[n % 2],
            api_endpoint=f"/endpoint-{n % 3}",
            total_tokens=n,
            cost=Decimal(n) / 7,
            prompt_price_unit=("USD", "RMB")[n % 5 == 0],
            response_time_ms=n * 100,
            success=(True, False, None)[n % 3],
            created_at=NOW - timedelta(hours=11 * n),
        )
        for n in range(80)
    )


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, ""),
        ({"currency": "RMB"}, "currency=RMB"),
        (
            {"start_date": "2026-03-01", "end_date": "2026-03-05"},
            "start_date=2026-03-01&end_date=2026-03-05",
        ),
        ({"start_date": "2026-03-05T10:00:00"}, "start_date=2026-03-05T10:00:00"),
        ({"end_date": "2026-03-05T10:00:00+08:00"}, "end_date=2026-03-05T10:00:00%2B08:00"),
    ],
)
def test_equal_to_the_class_methods(
    service: Service, arguments: dict[str, Any], query: str
) -> None:
    stats = APIUsageStats
    expected = {
        "users": stats.get_user_statistics(USER, **arguments),
        "daily": stats.get_daily_statistics(**arguments),
        "top-users": stats.get_top_users(**arguments),
        "cost-trend": stats.get_cost_trend(**arguments),
        "endpoints": stats.get_endpoint_statistics(**arguments),
    }
    assert {name: service.get(f"{path}?{query}").json() for name, path in PATHS.items()} == expected
    assert all(expected.values())


def test_days(service: Service) -> None:
    daily = service.get("statistics/daily/?days=3").json()
    assert daily == APIUsageStats.get_daily_statistics(3)
    trend = service.get("statistics/cost-trend/?days=3").json()
    assert trend == APIUsageStats.get_cost_trend(3)
    assert len(daily) == len(trend) == 4


def test_limit(service: Service) -> None:
    assert service.get("statistics/top-users/?limit=1").json() == APIUsageStats.get_top_users(1)


def test_several_currencies_are_told_apart(service: Service) -> None:
    assert service.get(PATHS["users"]).json()["costs"].keys() == {"RMB", "USD"}
    assert "costs" not in service.get(PATHS["users"] + "?currency=USD").json()


@pytest.mark.parametrize("number", [0, 2**63, 10**40])
def test_what_no_user_can_be(service: Service, number: int) -> None:
    answer = service.get(f"statistics/users/{number}/")
    assert (answer.status_code, answer.json().keys()) == (400, {"user_id"})


@pytest.mark.parametrize("number", [999, 2**31, 2**63 - 1])
def test_an_unknown_user_has_zeros(service: Service, number: int) -> None:
    answer = service.get(f"statistics/users/{number}/")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {0}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "query",
    [
        "start_date=yesterday",
        "start_date=2026-02-30",
        "start_date=2026-03-01&start_date=2026-03-01",
        "start_date=",
        "start_date=2026-03-01T10:00:00+08:00",  # its + is a blank in a query
        "end_date=0001-01-01",
        "end_date=9999-12-31",
        "end_date=9999-12-31T23:59:59-12:00",
        "end_date=1700000000",
        "end_date=%00",
        "currency=",
        "currency=" + "x" * 21,
        "currency=USD&currency=RMB",
        "user_id=7",
        "format=json",
        "nonsense=1",
    ],
)
def test_what_cannot_be_used_is_named(service: Service, name: str, query: str) -> None:
    answer = service.get(f"{PATHS[name]}?{query}")
    assert answer.status_code == 400
    assert answer.json().keys() == {query.partition("=")[0]}


@pytest.mark.parametrize("name", PATHS)
def test_an_end_before_the_start(service: Service, name: str) -> None:
    answer = service.get(PATHS[name] + "?start_date=2026-03-02&end_date=2026-03-01")
    assert (answer.status_code, answer.json().keys()) == (400, {"end_date"})


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("days", ["0", "3661", "-1", "1.5", "x", "", "9" * 50, "٣"])
def test_days_that_are_none(service: Service, name: str, days: str) -> None:
    answer = service.get(PATHS[name], {"days": days})
    assert (answer.status_code, answer.json().keys()) == (400, {"days"})


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.5", "x", ""])
def test_limits_that_are_none(service: Service, name: str, limit: str) -> None:
    answer = service.get(PATHS[name], {"limit": limit})
    assert (answer.status_code, answer.json().keys()) == (400, {"limit"})


@pytest.mark.parametrize("name", WITH_DAYS)
@pytest.mark.parametrize("bound", ["start_date", "end_date"])
def test_days_and_dates(service: Service, name: str, bound: str) -> None:
    answer = service.get(PATHS[name], {"days": "30", bound: "2026-03-01"})
    assert (answer.status_code, answer.json().keys()) == (400, {"days"})


@pytest.mark.parametrize("name", WITH_DAYS)
@pytest.mark.parametrize("days", [1, 3660])
def test_the_bounds_of_days(service: Service, name: str, days: int) -> None:
    assert service.get(PATHS[name], {"days": days}).status_code == 200


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"start_date": "1001-01-01"}, "start_date"),
        ({"start_date": "1999-12-31T23:59:59Z"}, "start_date"),
        ({"end_date": "2126-01-01"}, "end_date"),
        ({"end_date": "9998-12-31T00:00:00Z"}, "end_date"),
        ({"start_date": "2010-01-01", "end_date": "2020-01-09"}, "start_date"),
    ],
)
def test_times_that_are_too_far_or_too_long(
    service: Service, name: str, query: dict[str, str], wrong: str
) -> None:
    answer = service.get(PATHS[name], query)
    assert (answer.status_code, answer.json().keys()) == (400, {wrong})


@pytest.mark.parametrize("name", PATHS)
def test_the_longest_time(service: Service, name: str) -> None:
    query = {"start_date": "2010-01-01", "end_date": "2020-01-08"}
    assert service.get(PATHS[name], query).status_code == 200
