"""Every method on every address is answered as HTTP says: no 500, and a 405 that names others."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from stats.models import APIUsageStats, EndUser, TranslationJob
from tests.api.conftest import Service

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


def addresses() -> list[str]:
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
    assert {"/api/v1/calls/", "/api/v1/users/7/", "/api/v1/docs/", "/healthz"} <= {*addresses()}


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
@pytest.mark.parametrize("address", addresses())
def test_is_answered_as_http_says(service: Service, address: str, accept: str) -> None:
    client = Client(raise_request_exception=False)
    headers = service.headers({"Accept": accept})
    answers = {method: client.generic(method, address, headers=headers) for method in METHODS}
    assert {method for method, answer in answers.items() if answer.status_code >= 500} == set()
    for method, answer in answers.items():
        if answer.status_code == 405:
            assert method not in {name.strip() for name in answer["Allow"].split(",")}
    assert answers["HEAD"].status_code == answers["GET"].status_code
    assert answers["HEAD"].content == b""


def test_nothing_is_written(service: Service) -> None:
    before = [model.objects.count() for model in (APIUsageStats, EndUser, TranslationJob)]
    for address in addresses():
        for method in METHODS:
            service.client.generic(method, address, headers=service.headers({}))
    assert before == [model.objects.count() for model in (APIUsageStats, EndUser, TranslationJob)]
