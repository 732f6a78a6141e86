"""What becomes of a POST of calls, whatever the address it came to."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from stats.ingest.columns import InvalidFieldsError
from stats.ingest.idempotency import Answer, OtherBodyError
from stats.ingest.posting import MOST_CALLS, TooManyPostedError, post
from stats.ingest.recording import InvalidBatchError
from stats.models import APIUsageStats, EndUser

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CALL = {"user_id": 7, "api_endpoint": "/x", "total_tokens": 3}


@pytest.fixture(autouse=True)
def user() -> None:
    EndUser.objects.create(pk=7, name="Ann")


def posted(content: Any, key: str | None = None, *, array_only: bool = False) -> Answer:
    body = msgspec.json.encode(content)
    return post(body, key, NOW, service="s", address="/calls/", array_only=array_only)


def test_one_call_is_found_at_its_address() -> None:
    created = posted(CALL)
    call = APIUsageStats.objects.get()
    assert created.content["id"] == call.pk
    assert created.headers == {
        "Location": f"/calls/{call.pk}/",
        "Usage-Warnings": "unpriced",
    }
    assert (created.is_repeat, call.created_at) == (False, NOW)


def test_a_repeat_says_so_and_writes_nothing() -> None:
    first, again = posted([CALL] * 2, "k"), posted([CALL] * 2, "k")
    assert first == Answer({"created": 2}, {"Usage-Warnings": "unpriced;calls=2"})
    assert again == replace(first, is_repeat=True)
    with pytest.raises(OtherBodyError):
        posted(CALL, "k")
    assert APIUsageStats.objects.count() == 2


def test_what_is_refused_writes_nothing() -> None:
    with pytest.raises(InvalidFieldsError) as one:
        posted({**CALL, "user_id": 8})
    assert one.value.errors == {"user_id": "There is no user 8."}
    with pytest.raises(InvalidBatchError) as many:
        posted([CALL, {**CALL, "cost": -1}], "k")
    assert many.value.errors.keys() == {1}
    with pytest.raises(InvalidFieldsError, match="An array is needed"):
        posted(CALL, array_only=True)
    with pytest.raises(TooManyPostedError, match="At most 10000 calls"):
        posted([CALL] * (MOST_CALLS + 1))
    assert not APIUsageStats.objects.exists()
