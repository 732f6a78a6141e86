"""POST calls/: one call in either form."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection

from stats.models import APIUsageStats
from tests.api.conftest import JOB, USER, Service

DIFY = Path(__file__).parent.parent / "data" / "dify"
NOW = datetime(2026, 3, 10, 12, 0, 0, 700_000, tzinfo=UTC)

REAL = {
    "blocking-chat-message": {
        "prompt_tokens": 1033,
        "completion_tokens": 128,
        "total_tokens": 1161,
        "prompt_unit_price": 0.001,
        "prompt_price_unit": "USD",
        "cost": 0.0013,
    },
    "empty-metadata": {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 0,
        "prompt_unit_price": 0.0,
        "prompt_price_unit": "USD",
        "cost": 0.0,
    },
    "streaming-message-end-chat": {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 10,
        "prompt_unit_price": 0.0,
        "prompt_price_unit": "USD",
        "cost": 0.0,
    },
    "unpriced-model": {
        "prompt_tokens": 1027,
        "completion_tokens": 118,
        "total_tokens": 1145,
        "prompt_unit_price": 0.0,
        "prompt_price_unit": "USD",
        "cost": 0.0,
    },
}


def dify_response(name: str) -> dict[str, Any]:
    """One of Dify's answers as its documentation shows it."""
    content: dict[str, Any] = json.loads((DIFY / f"{name}.json").read_text())
    return content


def errors_of(service: Service, content: Any) -> dict[str, Any]:
    """The field errors of a call that is refused, after which nothing may be there."""
    answer = service.post("calls/", content)
    assert answer.status_code == 400, answer.content
    assert not APIUsageStats.objects.exists()
    errors: dict[str, Any] = answer.json()
    return errors


@pytest.mark.parametrize("name", REAL)
def test_what_dify_returns_is_recorded(
    service: Service, minimal: dict[str, Any], name: str
) -> None:
    metadata = dify_response(name)["metadata"]
    answer = service.post("calls/", minimal | {"metadata": metadata, "job_id": JOB})
    assert answer.status_code == 201
    assert answer.json().items() >= REAL[name].items()


def test_a_finished_workflow_has_no_usage(service: Service, minimal: dict[str, Any]) -> None:
    metadata = dify_response("workflow-finished").get("metadata")
    answer = service.post("calls/", minimal | {"metadata": metadata})
    assert answer.status_code == 201
    assert answer["Usage-Warnings"] == "no-usage"


@time_machine.travel(NOW, tick=False)
def test_the_answer_is_the_dictionary_form(service: Service, minimal: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 3, "total_price": 1.5, "currency": "EUR"}
    answer = service.post("calls/", minimal | {"metadata": {"usage": usage}})
    call = APIUsageStats.objects.get()
    assert answer.json() == {
        "id": call.pk,
        "user_id": USER,
        "job_id": None,
        "api_endpoint": "/chat-messages",
        "prompt_tokens": 3,
        "completion_tokens": 0,
        "total_tokens": 3,
        "prompt_unit_price": 0.0,
        "prompt_price_unit": "EUR",
        "cost": 1.5,
        "response_time_ms": None,
        "success": True,
        "error_message": None,
        "created_at": "2026-03-10T12:00:00+00:00",
    }
    assert answer["Location"] == f"/api/v1/calls/{call.pk}/"
    assert "Usage-Warnings" not in answer
    assert service.get(f"calls/{call.pk}/").json() == answer.json()


def test_the_offset_is_that_of_time_zone(
    service: Service, minimal: dict[str, Any], settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    content = minimal | {"created_at": "2026-01-31T23:00:00+02:00"}
    assert service.post("calls/", content).json()["created_at"] == "2026-02-01T02:30:00+05:30"


def test_a_post_asks_for_little(
    service: Service, minimal: dict[str, Any], django_assert_num_queries: Any
) -> None:
    """The key and the INSERT; users and jobs only where no foreign key looks after them."""
    service.post("calls/", minimal)  # The first of a process asks more.
    with django_assert_num_queries(2 if connection.vendor == "mysql" else 3):
        service.post("calls/", minimal | {"job_id": JOB})


class TestColumnForm:
    def test_takes_the_columns(self, service: Service, minimal: dict[str, Any]) -> None:
        columns = {
            "job_id": JOB,
            "prompt_tokens": "12",
            "completion_tokens": 3,
            "total_tokens": 99,
            "prompt_unit_price": "0.000000125",
            "prompt_price_unit": "EUR",
            "cost": "0.00005",
            "response_time_ms": 1,
            "success": False,
            "error_message": "no",
        }
        answer = service.post("calls/", minimal | columns)
        assert answer.status_code == 201
        call = APIUsageStats.objects.get()
        assert (call.prompt_tokens, call.total_tokens) == (12, 99)
        assert (call.prompt_unit_price, call.cost) == (Decimal("0.00000013"), Decimal("0.0001"))
        assert (call.success, call.error_message) == (False, "no")

    def test_gives_defaults(self, service: Service, minimal: dict[str, Any]) -> None:
        service.post("calls/", minimal)
        call = APIUsageStats.objects.get()
        assert (call.prompt_tokens, call.cost, call.success) == (0, Decimal(0), True)
        assert (call.prompt_price_unit, call.error_message) == ("USD", None)

    def test_takes_null_as_missing(self, service: Service, minimal: dict[str, Any]) -> None:
        """As clients that are generated from the schema send it for what was not set."""
        optional = [
            "job_id",
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "prompt_unit_price",
            "prompt_price_unit",
            "cost",
            "response_time_ms",
            "success",
            "error_message",
            "created_at",
            "metadata",
            "usage",
        ]
        with time_machine.travel(NOW, tick=False):
            for nulls in ({}, dict.fromkeys(optional)):
                answer = service.post("calls/", minimal | nulls)
                assert answer.status_code == 201, answer.content
        one, other = APIUsageStats.objects.values(*optional[:-2])
        assert one == other
        assert one["success"] is True
        assert one["created_at"] == NOW.replace(microsecond=0)
        assert (one["total_tokens"], one["cost"], one["response_time_ms"]) == (0, 0, None)

    def test_sums_up(self, service: Service, minimal: dict[str, Any]) -> None:
        content = minimal | {"prompt_tokens": 100, "completion_tokens": 50}
        answer = service.post("calls/", content)
        assert answer.json()["total_tokens"] == 150
        assert answer["Usage-Warnings"] == "unpriced"

    @pytest.mark.parametrize("field", ["user_id", "api_endpoint"])
    def test_refuses_other_nulls(
        self, service: Service, minimal: dict[str, Any], field: str
    ) -> None:
        assert errors_of(service, minimal | {field: None}).keys() == {field}

    def test_money_is_exact_from_the_text(self, service: Service) -> None:
        body = b'{"user_id": 7, "api_endpoint": "/x", "cost": 1.00004999999999999999999}'
        assert service.post("calls/", body).json()["cost"] == 1.0
        body = b'{"user_id": 7, "api_endpoint": "/x", "cost": 0.00005}'
        assert service.post("calls/", body).json()["cost"] == 0.0001


class TestRefused:
    def test_both_forms_at_once(self, service: Service, minimal: dict[str, Any]) -> None:
        errors = errors_of(service, minimal | {"metadata": {}, "cost": 1})
        assert errors.keys() == {"cost"}
        assert "metadata" in errors["cost"][0]

    @pytest.mark.parametrize("field", ["id", "costs", "usage", "", "user"])
    @pytest.mark.parametrize("form", [{}, {"metadata": None}], ids=["columns", "metadata"])
    def test_a_key_that_is_none(
        self, service: Service, minimal: dict[str, Any], field: str, form: dict[str, Any]
    ) -> None:
        assert errors_of(service, minimal | form | {field: 1}).keys() == {field}

    def test_every_bad_field_is_named(self, service: Service) -> None:
        content = {
            "user_id": True,
            "job_id": "x",
            "api_endpoint": " ",
            "metadata": {"usage": {"prompt_tokens": -1, "total_price": "NaN", "currency": 5}},
            "response_time_ms": 1.5,
            "success": "true",
            "created_at": "yesterday",
        }
        assert errors_of(service, content).keys() == {
            "user_id",
            "job_id",
            "api_endpoint",
            "metadata.usage.prompt_tokens",
            "metadata.usage.total_price",
            "metadata.usage.currency",
            "response_time_ms",
            "success",
            "created_at",
        }

    def test_each_error_is_a_list_of_sentences(
        self, service: Service, minimal: dict[str, Any]
    ) -> None:
        errors = errors_of(service, minimal | {"cost": -1})
        assert errors == {"cost": ["A number from 0 is needed, not a negative one."]}

    @pytest.mark.parametrize("field", ["user_id", "job_id"])
    @pytest.mark.parametrize("number", [999, 2**31, 2**63 - 1, 2**63, 10**40, 0, -1])
    def test_users_and_jobs_that_are_not_there(
        self, service: Service, minimal: dict[str, Any], field: str, number: int
    ) -> None:
        assert errors_of(service, minimal | {field: number}).keys() == {field}

    @pytest.mark.parametrize("content", ["text", 5, None, True, 1.5])
    def test_what_is_no_object(self, service: Service, content: Any) -> None:
        assert errors_of(service, content).keys() == {"non_field_errors"}

    @pytest.mark.parametrize(
        ("field", "number"),
        [
            ("cost", "1e6"),
            ("cost", "999999.99995"),
            ("cost", "1e999999999"),
            ("cost", "1e99999999999999999999999999"),
            ("cost", "-0.1"),
            ("cost", "9" * 4000),
            ("prompt_unit_price", "100"),
            ("prompt_tokens", "2147483648"),
            ("prompt_tokens", "1.0"),
            ("prompt_tokens", "-1"),
            ("prompt_tokens", '"-1"'),
            ("prompt_tokens", '"١٢"'),
            ("prompt_tokens", "true"),
            ("total_tokens", "[]"),
            ("response_time_ms", "1e3"),
            ("success", "1"),
            ("success", '"true"'),
        ],
    )
    def test_values_that_do_not_fit(self, service: Service, field: str, number: str) -> None:
        body = f'{{"user_id": 7, "api_endpoint": "/x", "{field}": {number}}}'
        assert errors_of(service, body.encode()).keys() == {field}


class TestTexts:
    @pytest.mark.parametrize("character", ["a", "聊", "𠮷", "ß"])
    def test_200_characters_fit(
        self, service: Service, minimal: dict[str, Any], character: str
    ) -> None:
        endpoint = character * 200
        answer = service.post("calls/", minimal | {"api_endpoint": endpoint})
        assert answer.status_code == 201
        assert APIUsageStats.objects.get().api_endpoint == endpoint

    @pytest.mark.parametrize("character", ["a", "𠮷"])
    def test_201_do_not(self, service: Service, minimal: dict[str, Any], character: str) -> None:
        errors = errors_of(service, minimal | {"api_endpoint": character * 201})
        assert errors.keys() == {"api_endpoint"}

    def test_blanks_around_are_trimmed(self, service: Service, minimal: dict[str, Any]) -> None:
        service.post(
            "calls/",
            minimal | {"api_endpoint": "\u3000 " + "a" * 200 + "\n", "prompt_price_unit": " EUR "},
        )
        call = APIUsageStats.objects.get()
        assert (call.api_endpoint, call.prompt_price_unit) == ("a" * 200, "EUR")

    def test_4_byte_characters_are_kept(self, service: Service, minimal: dict[str, Any]) -> None:
        message = "譯文 😀 𠮷"
        answer = service.post("calls/", minimal | {"error_message": message})
        assert answer.json()["error_message"] == message
        assert APIUsageStats.objects.get().error_message == message

    @pytest.mark.parametrize("field", ["api_endpoint", "prompt_price_unit"])
    def test_nul_is_refused(self, service: Service, minimal: dict[str, Any], field: str) -> None:
        assert errors_of(service, minimal | {field: "a\0b"}).keys() == {field}

    def test_sql_is_only_text(self, service: Service, minimal: dict[str, Any]) -> None:
        endpoint = "'; DROP TABLE dt_users; -- %s {} \\"
        answer = service.post("calls/", minimal | {"api_endpoint": endpoint})
        assert answer.json()["api_endpoint"] == endpoint

    def test_a_long_message_is_cut_and_said_so(
        self, service: Service, minimal: dict[str, Any]
    ) -> None:
        answer = service.post("calls/", minimal | {"error_message": "聊" * 30_000, "cost": 1})
        assert answer.status_code == 201
        assert answer["Usage-Warnings"] == "message-cut"
        stored = APIUsageStats.objects.get().error_message
        assert stored is not None
        assert stored.endswith("聊…")
        assert len(stored.encode()) <= 65_535


class TestWarnings:
    def test_several(self, service: Service, minimal: dict[str, Any]) -> None:
        content = minimal | {
            "metadata": {"usage": {"prompt_unit_price": 150}},
            "error_message": "x" * 70_000,
        }
        answer = service.post("calls/", content)
        assert answer["Usage-Warnings"] == "message-cut, no-usage, unit-price-dropped"
        assert APIUsageStats.objects.get().prompt_unit_price is None

    def test_what_was_not_understood_is_named(
        self, service: Service, minimal: dict[str, Any]
    ) -> None:
        usage = {"tokens": 5, "price": None, "model": "m"}
        for content in ({"metadata": {"usage": usage}}, {"metadata": usage}, {"usage": usage}):
            answer = service.post("calls/", minimal | content)
            assert answer.status_code == 201
            assert answer["Usage-Warnings"] == 'no-usage, usage-not-understood;keys="tokens model"'

    def test_hostile_keys_make_no_other_header(
        self, service: Service, minimal: dict[str, Any]
    ) -> None:
        hostile = ['a"b', "a\r\nSet-Cookie: x=1", "鍵", "", "a, b;c", "x" * 100_000]
        usage = dict.fromkeys([*hostile, *map(str, range(1000))], 1)
        answer = service.post("calls/", minimal | {"usage": usage})
        header = answer["Usage-Warnings"]
        assert "Set-Cookie" not in answer.headers
        codes, _quote, keys = header.partition('"')
        assert codes == "no-usage, usage-not-understood;keys="
        long = "x" * 40
        assert keys == f'a?b a??Set-Cookie??x?1 ? ? a??b?c {long} 0 1 2 3"'

    def test_a_failed_call_needs_no_usage(self, service: Service, minimal: dict[str, Any]) -> None:
        answer = service.post("calls/", minimal | {"success": False})
        assert "Usage-Warnings" not in answer


class TestCreatedAt:
    @pytest.fixture(autouse=True)
    def stopped_clock(self) -> Iterator[None]:
        with time_machine.travel(NOW, tick=False):
            yield

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("2026-01-31T10:00:00+08:00", datetime(2026, 1, 31, 2, tzinfo=UTC)),
            ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31t10:00:00z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-01-31t10:00:00.5+08:00", datetime(2026, 1, 31, 2, tzinfo=UTC)),
            ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
            ("2026-01-31T10:00:00.999", datetime(2026, 1, 31, 10, tzinfo=UTC)),
            ("2026-03-10T12:05:00Z", datetime(2026, 3, 10, 12, 5, tzinfo=UTC)),
        ],
    )
    def test_is_kept(
        self, service: Service, minimal: dict[str, Any], given: str, stored: datetime
    ) -> None:
        assert service.post("calls/", minimal | {"created_at": given}).status_code == 201
        assert APIUsageStats.objects.get().created_at == stored

    def test_naive_is_in_database_time_zone(
        self, service: Service, minimal: dict[str, Any], settings: Any
    ) -> None:
        settings.TIME_ZONE = "Asia/Taipei"
        content = minimal | {"created_at": "2026-01-31T10:00:00"}
        answer = service.post("calls/", content)
        assert answer.json()["created_at"] == "2026-01-31T18:00:00+08:00"

    @pytest.mark.parametrize(
        "given",
        [
            "2026-03-10T12:05:02Z",
            "2027-01-01T00:00:00Z",
            "2026-01-31",
            "31.1.2026 10:00",
            "0001-01-01T00:00:00Z",
            "1001-01-01T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2000-01-01T07:59:59+08:00",
            "2026-01-31😀10:00:00",
            "9999-12-31T23:59:59-12:00",
            1_700_000_000,
            True,
            "",
        ],
    )
    def test_is_refused(self, service: Service, minimal: dict[str, Any], given: Any) -> None:
        assert errors_of(service, minimal | {"created_at": given}).keys() == {"created_at"}

    def test_what_is_too_old_is_told_so(self, service: Service, minimal: dict[str, Any]) -> None:
        errors = errors_of(service, minimal | {"created_at": "1926-11-24T08:00:00Z"})
        assert "2000-01-01" in str(errors["created_at"])

    def test_missing_is_now(self, service: Service, minimal: dict[str, Any]) -> None:
        service.post("calls/", minimal)
        assert APIUsageStats.objects.get().created_at == NOW.replace(microsecond=0)

    def test_null_is_now_beside_metadata(self, service: Service, minimal: dict[str, Any]) -> None:
        service.post("calls/", minimal | {"metadata": None, "created_at": None})
        assert APIUsageStats.objects.get().created_at == NOW.replace(microsecond=0)


def test_negative_zero_is_zero(service: Service) -> None:
    body = b'{"user_id": 7, "api_endpoint": "/x", "cost": -0.0}'
    assert b"-0.0" not in service.post("calls/", body).content


def test_a_parameter_is_refused(service: Service, minimal: dict[str, Any]) -> None:
    answer = service.post("calls/?dry_run=1", minimal)
    assert (answer.status_code, answer.json().keys()) == (400, {"dry_run"})
    assert not APIUsageStats.objects.exists()
