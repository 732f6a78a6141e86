"""An adopted table may have triggers: the call that comes back is the one that is stored."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stats.ingest import recording
from stats.models import APIUsageStats, EndUser

pytestmark = pytest.mark.database("server")

NOW = datetime(2026, 3, 10, 15, 30, 20, tzinfo=UTC)
CALL = {"user_id": 7, "api_endpoint": "/Chat", "total_tokens": 3, "cost": "0.25", "success": None}
THEIRS = (
    "CREATE TRIGGER theirs BEFORE INSERT ON dt_api_usage_stats FOR EACH ROW SET "
    "NEW.cost = NEW.cost + 1, NEW.api_endpoint = LOWER(NEW.api_endpoint), NEW.success = 0, "
    "NEW.created_at = NEW.created_at - INTERVAL 1 DAY"
)


@pytest.fixture
def adopted(transactional_db: None, settings: Any) -> None:
    settings.ADOPTED = True
    EndUser.objects.create(pk=7, name="Ann")


@pytest.fixture
def trigger(adopted: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(THEIRS)
        yield
        cursor.execute("DROP TRIGGER theirs")


def recorded() -> tuple[APIUsageStats, list[str]]:
    """A call, and the statements that named the table."""
    recording.record_call(CALL, NOW)
    with CaptureQueriesContext(connection) as queries:
        call = recording.record_call(CALL, NOW)
    return call, [query["sql"] for query in queries if "dt_api_usage_stats" in query["sql"]]


def test_what_a_trigger_makes_of_a_call_comes_back(trigger: None) -> None:
    call, statements = recorded()
    assert (call.cost, call.api_endpoint, call.success) == (Decimal("1.25"), "/chat", False)
    assert call.created_at == NOW.replace(day=9)
    assert call.to_dict() == APIUsageStats.objects.get(pk=call.pk).to_dict()
    # MySQL has no RETURNING, and reads the row.
    assert len(statements) == (1 if connection.features.can_return_columns_from_insert else 2)


def test_a_call_that_is_written_again_after_a_deadlock_is_changed_once(trigger: None) -> None:
    new = recording.check_call(CALL, NOW)
    stored = [recording.write_call(new)[1] for _attempt in range(2)]
    assert [call.cost for call in stored] == [Decimal("1.25")] * 2


def test_without_a_trigger_it_is_what_was_posted(adopted: None) -> None:
    call, statements = recorded()
    assert (call.cost, call.api_endpoint, call.success) == (Decimal("0.25"), "/Chat", True)
    assert call.created_at == NOW
    assert call.to_dict() == APIUsageStats.objects.get(pk=call.pk).to_dict()
    assert len(statements) == (1 if connection.features.can_return_columns_from_insert else 2)


def test_a_trigger_that_is_made_later_is_noticed_at_once(
    adopted: None, request: pytest.FixtureRequest
) -> None:
    assert recorded()[0].cost == Decimal("0.25")
    request.getfixturevalue("trigger")
    assert recorded()[0].cost == Decimal("1.25")
