"""Every method at every address is answered as HTTP says: no 500, and a 405 that names others."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from stats.api.urls import urlpatterns
from stats.models import APIUsageStats, EndUser, TranslationJob
from tests.api.conftest import JOB, USER, Service
from tests.api.test_access import READS, WRITES

pytestmark = pytest.mark.once

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
DOCUMENTS = {"schema", "documentation"}
ARGUMENTS = {"call_id": 1, "user_id": USER, "job_id": JOB}
ADDRESSES = {
    str(pattern.name): {name: ARGUMENTS[name] for name in pattern.pattern.converters}
    for pattern in urlpatterns
    if pattern.name != "no_calls"
}


def allowed(name: str) -> set[str]:
    """The methods that an address has."""
    reads = {"GET", "HEAD"} if name in READS or name in DOCUMENTS else set()
    writes = {WRITES[name][0].upper()} if name in WRITES else set()
    return {"OPTIONS"} | reads | writes


def address(name: str, ending: str = "/") -> str:
    return reverse(f"api:{name}", kwargs=ADDRESSES[name]).rstrip("/") + ending


@pytest.mark.parametrize("ending", ["/", ""], ids=["slash", "no slash"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_method(service: Service, name: str, method: str, ending: str) -> None:
    headers = service.headers({})
    answer = service.client.generic(method, address(name, ending), headers=headers)
    if method not in allowed(name):
        assert answer.status_code == 405
    elif method in {"POST", "PUT"}:
        # Nothing was sent.
        assert answer.status_code == 415
    elif name == "call" and method != "OPTIONS":
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200
    assert set(answer["Allow"].split(", ")) == allowed(name)


@pytest.mark.parametrize("name", ADDRESSES)
def test_anybody_may_ask_for_the_methods(client: Client, db: None, name: str) -> None:
    answer = client.options(address(name))
    assert (answer.status_code, answer.content) == (200, b"")
    assert set(answer["Allow"].split(", ")) == allowed(name)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("accepted", ["text/html", "application/json", "image/png"])
@pytest.mark.parametrize("name", [*ADDRESSES, "no_calls"])
def test_whatever_is_accepted(service: Service, name: str, method: str, accepted: str) -> None:
    path = "/api/v1/nothing/" if name == "no_calls" else address(name)
    answer = service.client.generic(method, path, headers=service.headers({"Accept": accepted}))
    assert answer.status_code in {200, 404, 405, 406, 415}


@pytest.mark.parametrize("name", ["user", "job"])
def test_adopted_nothing_is_left_of_people(service: Service, settings: Any, name: str) -> None:
    settings.ADOPTED = True
    answer = service.client.options(address(name), headers=service.headers({}))
    assert (answer.status_code, answer["Allow"]) == (200, "OPTIONS")


def all_addresses() -> list[str]:
    """One of each pattern outside the admin, and some that there are not."""
    found = {re.sub(r"<[^>]+>", "7", route) for route in _routes(get_resolver().url_patterns)}
    return sorted(f"/{route}" for route in found if not route.startswith(("admin/", "^")))


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def test_all_addresses_are_tried() -> None:
    assert {"/api/v1/calls/", "/api/v1/users/7/", "/api/v1/docs/", "/healthz"} <= {*all_addresses()}


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
@pytest.mark.parametrize("path", all_addresses())
def test_is_answered_as_http_says(service: Service, path: str, accept: str) -> None:
    client = Client(raise_request_exception=False)
    headers = service.headers({"Accept": accept})
    answers = {method: client.generic(method, path, headers=headers) for method in METHODS}
    assert {method for method, answer in answers.items() if answer.status_code >= 500} == set()
    for method, answer in answers.items():
        if answer.status_code == 405:
            assert method not in {name.strip() for name in answer["Allow"].split(",")}
    assert answers["HEAD"].status_code == answers["GET"].status_code
    assert answers["HEAD"].content == b""


def test_nothing_is_written(service: Service) -> None:
    before = [model.objects.count() for model in (APIUsageStats, EndUser, TranslationJob)]
    for path in all_addresses():
        for method in METHODS:
            service.client.generic(method, path, headers=service.headers({}))
    assert before == [model.objects.count() for model in (APIUsageStats, EndUser, TranslationJob)]
