"""Idempotency-Key: a repeat is answered as the first time and writes nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, OperationalError
from pytest_django import Settings

from stats.accounts import keys
from stats.db import errors
from stats.ingest import idempotency
from stats.models import APIKey, APIUsageStats, IdempotencyRecord
from tests.api.conftest import Service

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
REPEATABLE = {"Idempotency-Key": "order-66"}


@pytest.fixture(params=["one", "many"])
def content(request: pytest.FixtureRequest, minimal: dict[str, Any]) -> Any:
    call = minimal | {"error_message": "過熱 \U0001f525"}
    return call if request.param == "one" else [call, minimal]


def all_that_matters(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    passing = ("X-Request-ID", "Idempotency-Replayed", "RateLimit-")
    headers = {name: value for name, value in answer.items() if not name.startswith(passing)}
    return answer.status_code, answer.content, headers


def test_a_repeat_is_answered_alike_and_writes_nothing(service: Service, content: Any) -> None:
    first = service.post("calls/", content, **REPEATABLE)
    written = list(APIUsageStats.objects.values())
    again = service.post("calls/", content, **REPEATABLE)
    assert first.status_code == 201
    assert "Usage-Warnings" in first
    assert all_that_matters(again) == all_that_matters(first)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert list(APIUsageStats.objects.values()) == written != []


def test_a_repeat_asks_for_nothing_but_the_answer(
    service: Service, content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the rules: what was true of a call then need not be true now."""
    service.post("calls/", content, **REPEATABLE)
    APIUsageStats.objects.all().delete()
    monkeypatch.setattr("stats.ingest.recording.check_call", fails_with(AssertionError()))
    monkeypatch.setattr("stats.ingest.recording.check_calls", fails_with(AssertionError()))
    assert service.post("calls/", content, **REPEATABLE).status_code == 201


def test_without_a_key_all_is_written(service: Service, minimal: dict[str, Any]) -> None:
    for _time in range(2):
        assert service.post("calls/", minimal).status_code == 201
    assert APIUsageStats.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("change", [b" ", b"\n"])
def test_another_body_under_the_same_key(service: Service, content: Any, change: bytes) -> None:
    """Of its bytes, so a blank suffices."""
    service.post("calls/", content, **REPEATABLE)
    count = APIUsageStats.objects.count()
    answer = service.post("calls/", msgspec.json.encode(content) + change, **REPEATABLE)
    assert (answer.status_code, answer.json().keys()) == (422, {"detail"})
    assert APIUsageStats.objects.count() == count


def test_a_key_with_case(service: Service, minimal: dict[str, Any]) -> None:
    service.post("calls/", minimal, **REPEATABLE)
    answer = service.post("calls/", minimal | {"cost": 1}, **{"Idempotency-Key": "ORDER-66"})
    assert answer.status_code == 201
    assert APIUsageStats.objects.count() == 2


def test_the_memory_belongs_to_the_service(
    service: Service, new_service: Callable[..., Service], minimal: dict[str, Any]
) -> None:
    """A key that replaces another repeats its requests; another service knows nothing of them."""
    first = service.post("calls/", minimal, **REPEATABLE)
    APIKey.objects.update(revoked=True)
    rotated = new_service(may_record=True)
    again = rotated.post("calls/", minimal, **REPEATABLE)
    assert again.content == first.content
    _key, secret = keys.create("Translator", ["record"], None, NOW)
    stranger = Service(service.client, secret)
    other = stranger.post("calls/", minimal | {"cost": 2}, **REPEATABLE)
    assert (other.status_code, other.json()["cost"]) == (201, 2.0)


def test_a_revoked_key_learns_no_answer(service: Service, minimal: dict[str, Any]) -> None:
    service.post("calls/", minimal, **REPEATABLE)
    APIKey.objects.update(revoked=True)
    assert service.post("calls/", minimal, **REPEATABLE).status_code == 401


@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\tb", "a\x7fb", "naïve", "鍵"])
@pytest.mark.parametrize("many", [False, True])
def test_a_key_that_is_none(
    service: Service, minimal: dict[str, Any], key: str, many: bool
) -> None:
    answer = service.post("calls/", [minimal] if many else minimal, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json().keys()) == (400, {"Idempotency-Key"})
    assert not APIUsageStats.objects.exists()


@pytest.mark.parametrize("key", ["x", "x" * 200, '"8e03978e-40d5"', "two words", " padded "])
def test_a_key_that_is_one(service: Service, minimal: dict[str, Any], key: str) -> None:
    assert service.post("calls/", minimal, **{"Idempotency-Key": key}).status_code == 201
    assert IdempotencyRecord.objects.get().key == key.strip()


@pytest.mark.parametrize(
    ("bad", "status"),
    [({"cost": -1}, 400), ({"user_id": 999}, 400), (b"{", 400), ([{}] * 10_001, 413)],
)
def test_what_is_refused_is_not_remembered(
    service: Service, minimal: dict[str, Any], bad: Any, status: int
) -> None:
    """The key is free for the request put right."""
    content = minimal | bad if isinstance(bad, dict) else bad
    assert service.post("calls/", content, **REPEATABLE).status_code == status
    assert not IdempotencyRecord.objects.exists()
    assert service.post("calls/", minimal, **REPEATABLE).status_code == 201


def fails_with(*errors: Exception, then: Any = None) -> Any:
    """Raises these one after the other, the last of them for ever unless something comes then."""
    waiting = list(errors)

    def fail(*arguments: Any, **named: Any) -> Any:
        if waiting:
            raise waiting.pop(0) if then or len(waiting) > 1 else waiting[0]
        return then(*arguments, **named)

    return fail


def fails_at_updates(save: Any) -> Any:
    """A model's `save` that inserts and then fails."""

    def save_once(record: Any, **options: Any) -> None:
        if "update_fields" in options:
            raise OperationalError(2013, "lost")
        save(record, **options)

    return save_once


DEADLOCK = OperationalError(errors.DEADLOCK, "Deadlock found when trying to get lock")


@pytest.mark.parametrize("headers", [{}, REPEATABLE], ids=["without a key", "with a key"])
@pytest.mark.parametrize(("deadlocks", "status"), [(3, 201), (4, 503)])
def test_deadlocks_are_sat_out_three_times(
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    deadlocks: int,
    status: int,
) -> None:
    from stats.ingest.recording import write_calls

    fail = fails_with(*[DEADLOCK] * deadlocks, then=write_calls)
    monkeypatch.setattr("stats.ingest.recording.write_calls", fail)
    answer = service.post("calls/", [minimal], **headers)
    assert answer.status_code == status
    assert ("Retry-After" in answer) == (status == 503)
    assert APIUsageStats.objects.count() == (1 if status == 201 else 0)
    assert IdempotencyRecord.objects.count() == (1 if headers and status == 201 else 0)


@pytest.mark.parametrize("error", [OperationalError(2013, "lost"), IntegrityError()])
def test_what_fails_leaves_the_key_free(
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("stats.ingest.recording.insert_calls", fails_with(error))
        answer = service.post("calls/", [minimal], **REPEATABLE)
    assert answer.status_code in {409, 503}
    assert not IdempotencyRecord.objects.exists()
    assert service.post("calls/", [minimal], **REPEATABLE).status_code == 201


def test_waiting_for_another_request_ends(
    service: Service, minimal: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    timeout = OperationalError(errors.LOCK_WAIT_TIMEOUT, "Lock wait timeout exceeded")
    monkeypatch.setattr(IdempotencyRecord, "save", fails_with(timeout))
    answer = service.post("calls/", minimal, **REPEATABLE)
    assert (answer.status_code, answer.json().keys()) == (409, {"detail"})
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("body", [b"the same", b"another"])
def test_a_request_that_was_quicker(db: None, body: bytes) -> None:
    """Between the first look and the INSERT: the unique key tells."""
    quicker = idempotency.claim("translator", "k", b"the same")
    answer = idempotency.Answer({"created": 1}, {})
    idempotency.write_once(quicker, lambda: answer, NOW)
    slower = idempotency.claim("translator", "k", body)
    if body == b"the same":
        again = idempotency.write_once(slower, fails_with(AssertionError()), NOW)
        assert again == idempotency.Answer({"created": 1}, {}, is_repeat=True)
    else:
        with pytest.raises(idempotency.OtherBodyError):
            idempotency.write_once(slower, fails_with(AssertionError()), NOW)


class TestPurge:
    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[None]:
        with time_machine.travel(NOW, tick=False):
            yield

    def remember(self, age: timedelta, number: int = 0) -> None:
        IdempotencyRecord.objects.create(
            service="x", key=f"{age} {number}", body_hash="", answer="", created_at=NOW - age
        )

    def test_forgets_what_is_older(
        self, db: None, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.IDEMPOTENCY_KEEP_HOURS = 100
        for seconds in (-1, 0, 1, 1_000_000):
            self.remember(timedelta(hours=100, seconds=seconds))
        call_command("purge_idempotency_keys")
        ages = [NOW - moment for (moment,) in IdempotencyRecord.objects.values_list("created_at")]
        assert sorted(ages) == [timedelta(hours=100, seconds=seconds) for seconds in (-1, 0)]
        assert "2 idempotency keys removed" in capsys.readouterr().out

    def test_goes_on_until_all_is_done(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(idempotency, "PURGED_AT_ONCE", 2)
        for number in range(5):
            self.remember(timedelta(days=30), number)
        assert idempotency.purge(NOW) == 5


def test_calls_and_answer_are_one_transaction(
    service: Service, minimal: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is noted last takes the calls back when it fails."""
    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyRecord, "save", fails_at_updates(IdempotencyRecord.save))
        assert service.post("calls/", [minimal], **REPEATABLE).status_code == 503
    assert not APIUsageStats.objects.exists()
    assert not IdempotencyRecord.objects.exists()
