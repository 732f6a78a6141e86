"""What the database refuses for good is a 400 that names it, and nothing is written."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from stats.models import APIUsageStats
from tests.api.conftest import Service

BODY = {
    "mysql": "FOR EACH ROW IF NEW.api_endpoint = '/bad' THEN "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'closed for today'; END IF",
    "sqlite": "WHEN NEW.api_endpoint = '/bad' BEGIN SELECT RAISE(ABORT, 'closed for today'); END",
}


@pytest.fixture
def refusing(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER theirs BEFORE INSERT ON dt_api_usage_stats {BODY[connection.vendor]}"
        )
        yield
        cursor.execute("DROP TRIGGER theirs")


def test_of_one_call(refusing: None, service: Service, minimal: dict[str, Any]) -> None:
    answer = service.post("calls/", {**minimal, "api_endpoint": "/bad"})
    assert answer.status_code == 400
    assert "closed for today" in answer.json()["non_field_errors"][0]
    assert service.post("calls/", minimal).status_code == 201


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "once"}])
def test_of_many_calls_each_is_named(
    refusing: None, service: Service, minimal: dict[str, Any], key: dict[str, str]
) -> None:
    bad = {**minimal, "api_endpoint": "/bad"}
    answer = service.post("calls/", [minimal, bad, minimal, bad], **key)
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"1", "3"}
    assert not APIUsageStats.objects.exists()
    assert service.post("calls/", [minimal, minimal]).json() == {"created": 2}
