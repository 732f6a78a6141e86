"""The OpenAPI document is valid, complete, and true: what is answered and posted fits it."""

import json
from typing import Any, cast

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from stats.api import parameters, schema
from stats.api.schema import COMPONENTS
from stats.ingest.validation import EXAMPLE_CALL
from stats.models import APIUsageStats
from stats.query.filters import CallFilterSet
from tests.api.conftest import JOB, USER, Service
from tests.api.test_access import READS, WRITES

pytestmark = pytest.mark.once

OPERATIONS = {
    "record_call",
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
    "list_budgets",
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
    component = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": COMPONENTS}}
    return [error.message for error in Draft202012Validator(component).iter_errors(content)]


def test_is_valid(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_names_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    forgotten = operations(document).keys() ^ OPERATIONS
    assert not forgotten, "OPERATIONS has each operation: clients call it by this name"
    assert len(OPERATIONS) == len(READS) + len(WRITES)


def test_every_operation_documents_its_errors(document: dict[str, Any]) -> None:
    common = {"400", "401", "403", "406", "429", "503"}
    for name, operation in operations(document).items():
        expected = set(common)
        if "requestBody" in operation:
            expected |= {"409", "413", "415"}
            assert operation["requestBody"]["required"] is True
            assert operation["security"] == [{"apiKey": []}]
        if name.startswith("record_"):
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
    missing = references - schemas.keys()
    assert not missing, "COMPONENTS of stats/api/schema.py has each that is referred to"


def test_every_filter_is_documented(document: dict[str, Any]) -> None:
    documented = {p["name"] for p in operations(document)["list_calls"]["parameters"]}
    assert documented == CallFilterSet.base_filters.keys() | parameters.PAGING.keys()


def test_the_limits_of_posts_are_those_of_the_columns(document: dict[str, Any]) -> None:
    call = document["components"]["schemas"]["NewCall"]
    assert call["required"] == ["user_id", "api_endpoint"]
    assert call["properties"]["api_endpoint"]["maxLength"] == 200
    assert call["properties"].keys() - call["then"]["properties"].keys() == {
        "user_id",
        "job_id",
        "api_endpoint",
        "metadata",
        "response_time_ms",
        "success",
        "error_message",
        "created_at",
    }
    with_usage = call["else"]
    assert call["then"]["properties"].keys() - with_usage["then"]["properties"].keys() == {
        "usage",
        "response_cost",
    }


def test_one_call_and_many_are_no_union(document: dict[str, Any]) -> None:
    """Nor are the forms of a call: a generator takes the wrong one, and drops what it lacks."""
    one, many = (operations(document)[name] for name in ("record_call", "record_calls"))
    for operation, given, answered in ((one, "NewCall", "Call"), (many, "NewCalls", "Created")):
        for content, name in (
            (operation["requestBody"]["content"], given),
            (operation["responses"]["201"]["content"], answered),
        ):
            assert content["application/json"]["schema"] == schema.ref(name)
    assert not {"oneOf", "anyOf", "allOf"} & COMPONENTS["NewCall"].keys()
    assert COMPONENTS["NewCalls"]["items"] == schema.ref("NewCall")


def test_every_operation_has_a_summary_and_a_tag_that_is_told(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    for operation in operations(document).values():
        assert operation["summary"]
        assert set(operation["tags"]) <= tags


def test_each_address_stands_there_once(document: dict[str, Any]) -> None:
    assert not [path for path in document["paths"] if path.endswith("/")]


def test_the_examples_are_taken(service: Service, minimal: dict[str, Any]) -> None:
    examples = [EXAMPLE_CALL | {"user_id": USER}] + [
        minimal | {"created_at": moment} for moment in schema.CREATED_AT["examples"]
    ]
    assert len(examples) == 2
    for example in examples:
        assert errors_against("NewCall", example) == []
        assert service.post("calls/", example).status_code == 201


EMPTY = ["", " "]
# Of `created_at` its format says that it is not empty.
NEW_CALL_TEXTS = COMPONENTS["NewCall"]["properties"].keys() - {"created_at"}


@pytest.mark.parametrize("text", EMPTY)
@pytest.mark.parametrize("name", sorted({*NEW_CALL_TEXTS, "name"}))
def test_an_empty_text_fits_where_it_is_taken(service: Service, text: str, name: str) -> None:
    if name == "name":
        fits = not errors_against("NamedUser", {name: text})
        answer = service.put("users/100/", {name: text})
    else:
        call = {"user_id": USER, "api_endpoint": "/x", name: text}
        fits = not errors_against("NewCall", call)
        answer = service.post("calls/", call)
    assert fits == (answer.status_code == 201)


def test_no_parameter_may_be_empty(service: Service, document: dict[str, Any]) -> None:
    for parameter in operations(document)["list_calls"]["parameters"]:
        query = {parameter["name"]: ""}
        assert list(Draft202012Validator(parameter["schema"]).iter_errors([""])), parameter["name"]
        assert service.get("calls/", query).status_code == 400


@pytest.mark.parametrize(
    "field", ["prompt_tokens", "response_time_ms", "cost", "prompt_unit_price"]
)
def test_digits_are_taken_though_the_document_wants_numbers(
    service: Service, minimal: dict[str, Any], field: str
) -> None:
    """Of a union, generated clients make a type into which each number has to be put."""
    answer = service.post("calls/", minimal | {field: "5"})
    assert (answer.status_code, answer.json()[field]) == (201, 5)


FULL = {
    "user_id": USER,
    "job_id": JOB,
    "api_endpoint": "/x",
    "prompt_tokens": 12,
    "cost": 0.5,
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
        EXAMPLE_CALL | {"user_id": USER},
        {"user_id": USER, "api_endpoint": "/x", "metadata": None, "success": None},
        {"user_id": USER, "api_endpoint": "/x", "usage": {"input_tokens": 3}, "response_cost": 1},
        {
            "user_id": USER,
            "api_endpoint": "/x",
            "usage": {"cost": 1},
            "metadata": None,
            "cost": None,
        },
        {"user_id": USER, "api_endpoint": "/x", "metadata": {"usage": None}, "usage": None},
        FULL | {"usage": None, "response_cost": None, "metadata": None},
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
        FULL | {"response_cost": 1},
        {"user_id": USER, "api_endpoint": "/x", "response_cost": 1},
        {"user_id": USER, "api_endpoint": "/x", "usage": None, "response_cost": 1},
        {
            "user_id": USER,
            "api_endpoint": "/x",
            "usage": {"prompt_tokens": 1},
            "response_cost": 1e6,
        },
        {"user_id": USER, "api_endpoint": "/x", "metadata": {}, "usage": {}},
        {"user_id": USER, "api_endpoint": "/x", "metadata": {}, "response_cost": 1},
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


@pytest.mark.parametrize("accepted", ["application/vnd.oai.openapi", "application/yaml"])
def test_can_be_had_as_yaml(client: Client, accepted: str) -> None:
    answer = client.get("/api/v1/schema/", headers={"Accept": accepted})
    assert answer.content.startswith(b"openapi: 3.")


@pytest.mark.parametrize(
    "accepted", ["application/vnd.oai.openapi+json", "application/json", "*/*"]
)
def test_can_be_had_as_json(client: Client, accepted: str) -> None:
    answer = client.get("/api/v1/schema/", headers={"Accept": accepted})
    assert answer.json()["openapi"].startswith("3.")


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
