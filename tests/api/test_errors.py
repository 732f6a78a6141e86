"""Whatever goes wrong is said in JSON, with the status that tells a client what to do."""

from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import Client

from stats.models import APIUsageStats
from tests.api.conftest import Service


@pytest.mark.parametrize(
    "path", ["", "nothing/", "calls", "calls/x/", "calls/-1/", "statistics/", "statistics/users/x/"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_unknown_address(client: Client, path: str, method: str) -> None:
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


@pytest.mark.parametrize("method", ["delete", "patch", "put", "options", "trace"])
def test_a_method_that_is_none(service: Service, method: str) -> None:
    headers = service.headers({})
    answer = getattr(service.client, method)("/api/v1/calls/", headers=headers)
    assert (answer.status_code, answer.json().keys()) == (405, {"detail"})
    assert answer["Allow"] == "GET, HEAD, POST"


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


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("called", ["write_call", "write_calls"])
def test_without_a_database(
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    called: str,
) -> None:
    monkeypatch.setattr(f"stats.recording.{called}", fails_with(error(2006, "gone away")))
    answer = service.post("calls/", minimal if called == "write_call" else [minimal])
    assert (answer.status_code, answer.json().keys()) == (503, {"detail"})
    assert int(answer["Retry-After"]) > 0
    assert "gone away" not in answer.content.decode()


def test_without_a_database_no_key_is_known(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stats.keys.usable", fails_with(OperationalError()))
    answer = service.get("calls/")
    assert (answer.status_code, "Retry-After" in answer) == (503, True)


def test_a_user_who_vanishes_in_between(
    service: Service, minimal: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the INSERT; the constraint holds."""
    monkeypatch.setattr("stats.recording.insert_calls", fails_with(IntegrityError()))
    answer = service.post("calls/", [minimal])
    assert (answer.status_code, answer.json().keys()) == (409, {"detail"})
    assert int(answer["Retry-After"]) > 0
    assert not APIUsageStats.objects.exists()


def fails_with(error: Exception) -> Any:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise error

    return fail
