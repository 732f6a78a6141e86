"""schemathesis reads the OpenAPI document and tries whatever it allows, and what it does not:
no 5xx, no status that is not documented, no answer that breaks its schema."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Service

# Of each operation, of those that fit the document and of those that do not.
EXAMPLES = 40
OPERATIONS = [
    ("post", "calls"),
    ("post", "calls/batch"),
    ("get", "calls"),
    ("get", "calls/{call_id}"),
    ("put", "users/{user_id}"),
    ("put", "jobs/{job_id}"),
    ("get", "statistics/users/{user_id}"),
    ("get", "statistics/daily"),
    ("get", "statistics/top-users"),
    ("get", "statistics/cost-trend"),
    ("get", "statistics/endpoints"),
    ("get", "budgets"),
]
# What does not fit is refused before any database is asked.
MODES = [
    GenerationMode.POSITIVE,
    pytest.param(GenerationMode.NEGATIVE, marks=pytest.mark.once),
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def document(db: None) -> Iterator[Any]:
    """As Django's own test client does, requests leave the connection open: the test's
    transaction is on it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_is_answered_as_documented(
    document: Any, service: Service, method: str, path: str, mode: GenerationMode
) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=document[f"/api/v1/{path}"][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        # An array is taken there, too, and documented at calls/batch alone.
        assume(path != "calls" or not isinstance(case.body, list))
        case.call_and_validate(headers=service.headers({}), checks=CHECKS)

    check()


def test_no_operation_is_forgotten(document: Any) -> None:
    found = {(result.ok().method, result.ok().path) for result in document.get_all_operations()}
    assert found == {(method, f"/api/v1/{path}") for method, path in OPERATIONS}
