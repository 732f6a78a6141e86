"""The OpenAPI document is valid, complete, and true: what is answered and posted fits it."""

import json
from typing import Any, cast

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from stats.api import parameters
from stats.api.schema import COMPONENTS, EXAMPLE
from stats.models import APIUsageStats
from stats.query.filters import CallFilterSet
from tests.api.conftest import JOB, USER, Service
from tests.api.test_access import READS, WRITES

OPERATIONS = {
    "record_calls",
    "list_calls",
    "read_call",
    "put_user",
    "put_job",
    "get_user_statistics",
    "get_daily_statistics",
    "get_top_users",
    "get_cost_trend",
    "get_endpoint_statistics",
}


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    return cast(dict[str, Any], client.get("/api/v1/schema/").json())


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


def errors_against(name: str, content: Any) -> list[str]:
    """What jsonschema has against the content as one of our components."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": COMPONENTS}}
    return [error.message for error in Draft202012Validator(schema).iter_errors(content)]


def test_is_valid(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_names_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    assert operations(document).keys() == OPERATIONS
    assert len(OPERATIONS) == len(READS) + len(WRITES)


def test_every_operation_documents_its_errors(document: dict[str, Any]) -> None:
    common = {"400", "401", "403", "406", "429", "503"}
    for name, operation in operations(document).items():
        expected = set(common)
        if "requestBody" in operation:
            expected |= {"409", "413", "415"}
            assert operation["requestBody"]["required"] is True
            assert operation["security"] == [{"apiKey": []}]
        if name == "record_calls":
            expected |= {"422"}
        if name.startswith("put_"):
            expected |= {"405"}
        if name in {"read_call", "put_user", "put_job", "get_user_statistics"}:
            expected |= {"404"}
        found = operation["responses"].keys() - {"200", "201"}
        assert found == expected, name
        for response in operation["responses"].values():
            assert "X-Request-ID" in response["headers"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    for name in COMPONENTS:
        assert name in schemas
    references = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references <= schemas.keys()


def test_every_filter_is_documented(document: dict[str, Any]) -> None:
    documented = {p["name"] for p in operations(document)["list_calls"]["parameters"]}
    paging = {parameter.name for parameter in parameters.PAGING}
    assert documented == CallFilterSet.base_filters.keys() | paging
    assert parameters.FILTERS.keys() == CallFilterSet.base_filters.keys() | {"group"}


def test_the_limits_of_posts_are_those_of_the_columns(document: dict[str, Any]) -> None:
    columns = document["components"]["schemas"]["CallInColumns"]
    assert columns["required"] == ["user_id", "api_endpoint"]
    assert columns["properties"]["api_endpoint"]["maxLength"] == 200
    metadata = document["components"]["schemas"]["CallWithMetadata"]
    assert metadata["required"] == ["user_id", "api_endpoint", "metadata"]
    assert metadata["properties"].keys() & columns["properties"].keys() == {
        "user_id",
        "job_id",
        "api_endpoint",
        "response_time_ms",
        "success",
        "error_message",
        "created_at",
    }


FULL = {
    "user_id": USER,
    "job_id": JOB,
    "api_endpoint": "/x",
    "prompt_tokens": "12",
    "cost": "0.5",
    "prompt_unit_price": 0.000001,
    "success": None,
    "error_message": None,
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    "content",
    [
        {"user_id": USER, "api_endpoint": "/x"},
        FULL,
        EXAMPLE | {"user_id": USER},
        {"user_id": USER, "api_endpoint": "/x", "metadata": None, "success": None},
        {"user_id": USER, "api_endpoint": "/x", "usage": {"input_tokens": 3}, "response_cost": 1},
        {
            "user_id": USER,
            "api_endpoint": "/x",
            "success": False,
            "created_at": None,
            "metadata": {"usage": {"total_price": "0E-7", "total_tokens": None, "latency": 1.5}},
        },
    ],
)
def test_what_is_accepted_fits(service: Service, content: dict[str, Any]) -> None:
    assert errors_against("NewCall", content) == []
    answer = service.post("calls/", content)
    assert answer.status_code == 201
    assert errors_against("Call", answer.json()) == []
    assert errors_against("Call", service.get(f"calls/{answer.json()['id']}/").json()) == []


@pytest.mark.parametrize(
    "content",
    [
        {},
        5,
        FULL | {"metadata": {}},
        FULL | {"id": 1},
        FULL | {"user_id": None},
        FULL | {"api_endpoint": ""},
        FULL | {"success": "true"},
        FULL | {"total_tokens": 1.5},
        FULL | {"total_tokens": -1},
        {"user_id": USER, "api_endpoint": "/x", "metadata": {"usage": 5}},
        {"user_id": USER, "api_endpoint": "/x", "usage": 5},
        FULL | {"usage": {}},
    ],
)
def test_what_is_refused_does_not_fit(service: Service, content: Any) -> None:
    assert errors_against("NewCall", content)
    answer = service.post("calls/", content)
    assert answer.status_code == 400
    assert errors_against("FieldErrors", answer.json()) == []
    answer = service.post("calls/", [content])
    assert errors_against("BatchErrors", answer.json()) == []


@pytest.mark.parametrize(
    ("path", "component"),
    [
        ("calls/", "Page"),
        (f"statistics/users/{USER}/", "UserStatistics"),
        ("statistics/daily/", "DailyStatistics"),
        ("statistics/top-users/", "TopUsers"),
        ("statistics/cost-trend/", "CostTrend"),
        ("statistics/endpoints/", "EndpointStatistics"),
    ],
)
def test_what_is_read_fits(service: Service, path: str, component: str) -> None:
    for currency in ("USD", "RMB", None):
        APIUsageStats.objects.create(
            user_id=USER, api_endpoint="/x", cost=1, prompt_price_unit=currency
        )
    content = service.get(path).json()
    assert errors_against(component, content) == []
    assert content


def test_people_fit(service: Service) -> None:
    user, job = service.put("users/100/", {"name": "x"}), service.put("jobs/100/", {"name": "x"})
    assert errors_against("User", user.json()) == errors_against("Job", job.json()) == []


def test_can_be_had_as_yaml(client: Client) -> None:
    answer = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert answer.content.startswith(b"openapi: 3.")


class TestDocumentation:
    def test_has_nothing_inline(self, client: Client) -> None:
        page = client.get("/api/v1/docs/").content.decode()
        assert "<style" not in page
        assert "style=" not in page
        assert "<script>" not in page

    def test_comes_from_here_alone(self, client: Client) -> None:
        page = client.get("/api/v1/docs/").content.decode()
        assert "http" not in page.replace("http-equiv", "")

    def test_is_under_the_policy_of_all_pages(self, client: Client) -> None:
        policy = client.get("/api/v1/docs/")["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy

    def test_its_script_names_the_schema(self, client: Client) -> None:
        script = client.get("/api/v1/docs/?script=")
        assert script["Content-Type"] == "application/javascript"
        assert b"/api/v1/schema/" in script.content.replace(b"\\u002D", b"-")


def test_the_limit_is_that_of_the_specification() -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 10 * 1024 * 1024
