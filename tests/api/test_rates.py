"""So many requests a minute for each key: 429 beyond, and every answer tells what is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from stats.models import APIUsageStats
from tests.api.conftest import Service
from tests.processes import manage
from tests.redis import private_redis

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 10, 12, 0, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def rate_headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name.startswith("RateLimit-")}


def told(limit: int, remaining: int, reset: int = 40) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(reset),
    }


def test_more_than_its_rate_is_too_many(
    new_service: Callable[..., Service],
    people: None,
    minimal: dict[str, Any],
    clock: time_machine.Traveller,
) -> None:
    service = new_service(may_record=True, rate=2)
    for remaining in (1, 0):
        answer = service.post("calls/", minimal)
        assert (answer.status_code, rate_headers(answer)) == (201, told(2, remaining))
    for _time in range(2):
        answer = service.post("calls/", minimal)
        assert (answer.status_code, answer.json().keys()) == (429, {"detail"})
        assert (answer["Retry-After"], rate_headers(answer)) == ("40", told(2, 0))
    assert APIUsageStats.objects.count() == 2
    clock.shift(int(answer["Retry-After"]))
    answer = service.post("calls/", minimal)
    assert (answer.status_code, rate_headers(answer)) == (201, told(2, 1, 60))


def test_a_key_without_a_rate_has_that_of_the_settings(
    service: Service, settings: Settings
) -> None:
    settings.API_RATE = 1
    assert [service.get("calls/").status_code for _time in range(2)] == [200, 429]


def test_each_key_has_its_own(new_service: Callable[..., Service]) -> None:
    """Also of one service, so that a key that replaces another starts afresh."""
    one, other = (new_service(may_read=True, rate=1) for _time in range(2))
    assert [one.get("calls/").status_code for _time in range(2)] == [200, 429]
    assert other.get("calls/").status_code == 200


@pytest.mark.parametrize("path", ["calls/", "statistics/daily/", "calls/999/"])
def test_every_answer_to_a_key_tells_its_rate(service: Service, path: str) -> None:
    assert len(rate_headers(service.get(path))) == 3


def test_what_is_refused_counts(new_service: Callable[..., Service], people: None) -> None:
    service = new_service(may_record=True, rate=1)
    assert [service.post("calls/", {}).status_code for _time in range(2)] == [400, 429]


def test_a_session_is_not_counted(db: None, client: Client, settings: Settings) -> None:
    settings.API_RATE = 1
    client.force_login(User.objects.create_user("somebody", is_superuser=True))
    answers = [client.get("/api/v1/calls/") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert rate_headers(answers[-1]) == {}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with private_redis(tmp_path_factory.mktemp("redis")) as url:
            yield url
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def on_redis(settings: Settings, redis_url: str) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}
    }


# At a fixed second, as the minute may end meanwhile.
COUNT = """
import time
time.time = lambda: 1_000_000_000.0
from stats.api.throttling import count_in_minute
print([count_in_minute("shared") for _time in range(250)][-1])
"""


class TestRedis:
    def test_counts_alike(self, on_redis: None, new_service: Callable[..., Service]) -> None:
        service = new_service(may_read=True, rate=2)
        statuses = [service.get("calls/").status_code for _time in range(4)]
        assert statuses == [200, 200, 429, 429]

    def test_processes_count_together(self, redis_url: str) -> None:
        def count(_process: int) -> int:
            return int(manage("shell", "-v0", "-c", COUNT, CACHE_URL=redis_url).stdout)

        with ThreadPoolExecutor(4) as pool:
            assert max(pool.map(count, range(4))) == 1_000

    def test_that_is_away_stops_nobody(
        self, service: Service, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.API_RATE = 1
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
            }
        }
        assert [service.get("calls/").status_code for _time in range(2)] == [200, 200]
        assert "does not count" in caplog.text
        assert service.key not in caplog.text
