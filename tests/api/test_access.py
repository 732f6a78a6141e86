"""Who gets what from each address: no address can be forgotten."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from stats.accounts import roles
from stats.api.urls import urlpatterns
from stats.models import APIKey, APIUsageStats
from tests.api.conftest import JOB, OTHER_USER, USER, Service
from tests.api.test_errors import fails_with

# Name of the address and method → what is posted; of every address there is, see below.
READS: dict[str, dict[str, int]] = {
    "calls": {},
    "call": {"call_id": 1},
    "user_statistics": {"user_id": USER},
    "daily_statistics": {},
    "top_users": {},
    "cost_trend": {},
    "budgets": {},
    "endpoint_statistics": {},
}
WRITES: dict[str, tuple[str, dict[str, int], Any]] = {
    "calls": ("post", {}, {"user_id": USER, "api_endpoint": "/chat-messages"}),
    "batch": ("post", {}, [{"user_id": USER, "api_endpoint": "/chat-messages"}]),
    "user": ("put", {"user_id": OTHER_USER}, {"name": "Renamed"}),
    "job": ("put", {"job_id": JOB}, {"name": "Renamed"}),
}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PUBLIC = {"schema", "documentation", "no_calls"}


def reads(client: Client, **more: Any) -> dict[str, int]:
    return {
        name: client.get(reverse(f"api:{name}", kwargs=arguments), **more).status_code
        for name, arguments in READS.items()
    }


def writes(client: Client, **more: Any) -> dict[str, int]:
    return {
        name: getattr(client, method)(
            reverse(f"api:{name}", kwargs=arguments),
            content,
            content_type="application/json",
            **more,
        ).status_code
        for name, (method, arguments, content) in WRITES.items()
    }


def all_are(status: int, answers: dict[str, int]) -> bool:
    return set(answers.values()) == {status}


@pytest.fixture(autouse=True)
def call(people: None) -> APIUsageStats:
    return APIUsageStats.objects.create(pk=1, user_id=USER, api_endpoint="/chat-messages")


@pytest.fixture
def signed_in(client: Client) -> Callable[..., Client]:
    def sign_in(group: str = "", **fields: Any) -> Client:
        user = User.objects.create_user("somebody", **fields)
        if group:
            user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return client

    return sign_in


def test_no_address_is_forgotten() -> None:
    forgotten = {pattern.name for pattern in urlpatterns} ^ (READS.keys() | WRITES.keys() | PUBLIC)
    assert not forgotten, "READS, WRITES or PUBLIC has each address, and no other"


def test_a_key_with_both_scopes(service: Service) -> None:
    assert all_are(200, reads(service.client, headers=service.headers({})))
    assert writes(service.client, headers=service.headers({})) == {
        "calls": 201,
        "batch": 201,
        "user": 200,
        "job": 200,
    }


def test_a_key_that_may_record_reads_nothing(new_service: Callable[..., Service]) -> None:
    service = new_service(may_record=True, may_read=False)
    assert all_are(403, reads(service.client, headers=service.headers({})))
    assert not set(writes(service.client, headers=service.headers({})).values()) - {200, 201}


def test_a_key_that_may_read_writes_nothing(new_service: Callable[..., Service]) -> None:
    service = new_service(may_record=False, may_read=True)
    assert all_are(200, reads(service.client, headers=service.headers({})))
    assert all_are(403, writes(service.client, headers=service.headers({})))
    assert APIUsageStats.objects.count() == 1


def test_the_missing_scope_is_named(new_service: Callable[..., Service]) -> None:
    service = new_service(may_record=False)
    assert "read" in service.get("calls/").json()["detail"]
    assert "record" in service.post("calls/", {}).json()["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked": True},
        {"expiry_date": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=["revoked", "expired"],
)
def test_a_key_that_is_over(new_service: Callable[..., Service], fields: dict[str, Any]) -> None:
    service = new_service(may_record=True, may_read=True, **fields)
    assert all_are(401, reads(service.client, headers=service.headers({})))
    assert all_are(401, writes(service.client, headers=service.headers({})))


@pytest.mark.parametrize(
    "authorization",
    [
        "Api-Key",
        "Api-Key ",
        "Api-Key abc",
        "Api-Key abcdefgh.0123456789abcdef0123456789abcdef",
        "Api-Key abcdefgh." + "a" * 5000,
        "Api-Key \0.\0",
        "Api-Key ÿÿ.ÿÿ",
        "Bearer abcdefgh.0123456789abcdef0123456789abcdef",
        "Basic dXNlcjpwYXNzd29yZA==",
    ],
)
def test_what_is_no_key(client: Client, authorization: str) -> None:
    headers = {"Authorization": authorization}
    assert all_are(401, reads(client, headers=headers))
    assert all_are(401, writes(client, headers=headers))


def test_a_key_with_another_secret(service: Service) -> None:
    prefix, _dot, secret = service.key.partition(".")
    forged = Service(service.client, f"{prefix}.{secret[::-1]}")
    assert forged.get("calls/").status_code == 401


def test_secrets_are_compared_in_constant_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append(one == other)
        return constant_time_compare(one, other)

    monkeypatch.setattr("rest_framework_api_key.crypto.constant_time_compare", compare)
    forged = Service(service.client, service.key + "x")
    assert [forged.get("calls/").status_code, service.get("calls/").status_code] == [401, 200]
    assert compared == [False, True]


@pytest.mark.parametrize("name", ["api_key", "key", "Authorization", "Api-Key"])
def test_a_key_in_the_address_is_none(service: Service, name: str) -> None:
    for value in (service.key, f"Api-Key {service.key}"):
        assert all_are(401, reads(service.client, data={name: value}))


def test_nobody_is_asked_for_a_key(client: Client) -> None:
    assert all_are(401, reads(client))
    assert all_are(401, writes(client))
    answer = client.get(reverse("api:calls"))
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert set(answer.json()) == {"detail"}


def test_no_answer_repeats_the_key(new_service: Callable[..., Service]) -> None:
    service = new_service(revoked=True)
    answer = service.get("calls/")
    assert service.key not in answer.content.decode() + str(answer.headers)


@pytest.mark.parametrize("error", [OperationalError(2006, "gone"), RuntimeError("a mistake")])
def test_no_log_and_no_error_holds_the_key(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    caplog.set_level(logging.DEBUG)
    service.client.raise_request_exception = False
    refused: list[Any] = [{}, b"{", [5]]
    told = str([service.post("calls/", content).content for content in refused])
    forged = Service(service.client, service.key + "x")
    told += str(forged.get("calls/").content)
    monkeypatch.setattr("stats.accounts.keys.usable", fails_with(error))
    answer = service.get("calls/")
    assert answer.status_code in {500, 503}
    secret = service.key.partition(".")[2]
    assert caplog.text
    assert secret not in caplog.text + told + answer.content.decode()


@pytest.mark.parametrize("group", [roles.ADMINISTRATORS, roles.ANALYSTS])
def test_a_session_of_a_role_reads_and_writes_nothing(
    signed_in: Callable[..., Client], group: str
) -> None:
    client = signed_in(group, is_staff=True)
    assert all_are(200, reads(client))
    assert all_are(403, writes(client))


def test_a_superuser_reads(signed_in: Callable[..., Client]) -> None:
    client = signed_in(is_staff=True, is_superuser=True)
    assert all_are(200, reads(client))
    assert all_are(403, writes(client))


@pytest.mark.parametrize("is_staff", [True, False], ids=["other staff", "plain user"])
def test_a_session_without_a_role_gets_nothing(
    signed_in: Callable[..., Client], is_staff: bool
) -> None:
    client = signed_in(is_staff=is_staff)
    assert all_are(403, reads(client))
    assert all_are(403, writes(client))


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("token", ["", "a" * 32], ids=["forged", "own page"])
def test_a_session_never_writes(db: None, content_type: str, token: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("somebody", is_superuser=True))
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    answer = client.post(
        reverse("api:calls"),
        b'{"user_id": 7, "api_endpoint": "/x"}',
        content_type=content_type,
        headers={"X-CSRFToken": token},
    )
    assert (answer.status_code, answer.json().keys()) == (403, {"detail"})
    assert ("API key" in answer.json()["detail"]) == bool(token)


@pytest.mark.parametrize("name", sorted(PUBLIC - {"no_calls"}))
def test_the_documents_are_for_anybody(client: Client, name: str) -> None:
    assert client.get(reverse(f"api:{name}")).status_code == 200


class TestLastUsed:
    @pytest.fixture(autouse=True)
    def stopped_clock(self) -> Iterator[None]:
        with time_machine.travel(NOW, tick=False):
            yield

    def test_is_noted(self, service: Service) -> None:
        service.get("calls/")
        assert APIKey.objects.get().last_used_at == NOW

    @pytest.mark.parametrize(("seconds", "is_written"), [(59, False), (60, True)])
    def test_is_written_once_a_minute(
        self, service: Service, seconds: int, is_written: bool
    ) -> None:
        before = NOW - timedelta(seconds=seconds)
        APIKey.objects.update(last_used_at=before)
        service.get("calls/")
        assert APIKey.objects.get().last_used_at == (NOW if is_written else before)

    def test_is_not_noted_of_a_key_that_is_over(self, new_service: Callable[..., Service]) -> None:
        new_service(revoked=True).get("calls/")
        assert APIKey.objects.get().last_used_at is None

    def test_is_outside_of_what_is_recorded(self, service: Service) -> None:
        """A call that is refused does not take it back."""
        service.post("calls/", {})
        assert APIKey.objects.get().last_used_at == NOW
