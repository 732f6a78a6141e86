"""Whatever goes wrong is said in JSON, with the status that tells a client what to do."""

from contextlib import closing
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client

from stats.models import APIUsageStats, IdempotencyRecord
from tests.api.conftest import Service


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing/",
        "call",
        "calls//",
        "calls/x/",
        "statistics/",
        "statistics/users/x/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_unknown_address(client: Client, path: str, method: str) -> None:
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


@pytest.mark.parametrize("method", ["delete", "patch", "put", "trace"])
def test_a_method_that_is_none(service: Service, method: str) -> None:
    headers = service.headers({})
    answer = getattr(service.client, method)("/api/v1/calls/", headers=headers)
    assert (answer.status_code, answer.json().keys()) == (405, {"detail"})
    assert answer["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_a_head_without_a_body(service: Service) -> None:
    answer = service.client.head("/api/v1/calls/", headers=service.headers({}))
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("accepted", ["text/html", "application/xml", "image/*"])
def test_only_json_is_spoken(service: Service, accepted: str) -> None:
    answer = service.get("calls/", Accept=accepted)
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/json")


@pytest.mark.parametrize("path", ["calls/", "calls/999/", "nothing/", "schema/"])
def test_each_answer_has_a_request_id(service: Service, path: str) -> None:
    assert service.get(path)["X-Request-ID"]


NO_DATABASE = {
    "gone": OperationalError(2006, "gone away"),
    "closed": InterfaceError(0, "gone away"),
    "Galera: not one of a majority": OperationalError(1047, "WSREP: gone away"),
    "Galera: cannot commit": OperationalError(1180, "gone away during COMMIT"),
    "Galera: another node was first, each time": OperationalError(1213, "gone away"),
}


@pytest.mark.parametrize("error", NO_DATABASE.values(), ids=NO_DATABASE)
@pytest.mark.parametrize("called", ["write_call", "write_calls"])
def test_without_a_database(
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    called: str,
) -> None:
    monkeypatch.setattr(f"stats.ingest.recording.{called}", fails_with(error))
    answer = service.post("calls/", minimal if called == "write_call" else [minimal])
    assert (answer.status_code, answer.json().keys()) == (503, {"detail"})
    assert int(answer["Retry-After"]) > 0
    assert "gone away" not in answer.content.decode()


def test_without_a_database_no_key_is_known(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stats.accounts.keys.usable", fails_with(OperationalError()))
    answer = service.get("calls/")
    assert (answer.status_code, "Retry-After" in answer) == (503, True)


@pytest.mark.database("server")
@pytest.mark.parametrize("many", [False, True], ids=["one call", "array"])
def test_a_connection_lost_in_the_commit(
    transactional_db: None,
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    many: bool,
) -> None:
    """Written, but not committed: 503, nothing is there, and the same request can come again."""

    def saved_then_lost(record: IdempotencyRecord, **options: Any) -> None:
        save(record, **options)
        # The last statement of the transaction.
        if "update_fields" in options:
            with closing(connection.copy()) as other, other.cursor() as cursor:
                cursor.execute(f"KILL {connection.connection.thread_id()}")

    save = IdempotencyRecord.save
    content = [minimal] * 3 if many else minimal
    repeatable = {"Idempotency-Key": "lost"}
    with monkeypatch.context() as patched:
        patched.setattr(IdempotencyRecord, "save", saved_then_lost)
        answer = service.post("calls/", content, **repeatable)
    # What Django does when a request is over, but not in the tests.
    connection.close_if_unusable_or_obsolete()
    assert (answer.status_code, "Retry-After" in answer) == (503, True)
    assert not APIUsageStats.objects.exists()
    answer = service.post("calls/", content, **repeatable)
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, False)
    assert APIUsageStats.objects.count() == (3 if many else 1)


@pytest.mark.parametrize("called", ["insert_row", "insert_rows"])
def test_a_user_who_vanishes_in_between(
    service: Service, minimal: dict[str, Any], monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    """Between the check and the INSERT, or back after it; the constraint holds."""
    monkeypatch.setattr(f"stats.ingest.recording.{called}", fails_with(IntegrityError()))
    answer = service.post("calls/", minimal if called == "insert_row" else [minimal])
    assert (answer.status_code, answer.json().keys()) == (409, {"detail"})
    assert int(answer["Retry-After"]) > 0
    assert not APIUsageStats.objects.exists()


def fails_with(error: Exception) -> Any:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise error

    return fail
