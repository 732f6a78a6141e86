from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.ingest import validation
from stats.ingest.dify import Usage
from stats.ingest.validation import InvalidCallError, NewCall, parse_call
from tests.usage_objects import Given, as_sent, expected, usage_objects

NOW = datetime(2026, 3, 29, 12, 0, 30, 987_654, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
CALL = {"user_id": 7, "api_endpoint": "/chat-messages"}


def parsed(**given: Any) -> NewCall:
    return parse_call({**CALL, **given}, TAIPEI, NOW)


def bad_fields(given: object) -> set[str]:
    with pytest.raises(InvalidCallError) as caught:
        parse_call(given, TAIPEI, NOW)
    assert all(message.endswith(".") for message in caught.value.errors.values())
    return set(caught.value.errors)


def test_the_least_a_call_can_be() -> None:
    assert parsed() == NewCall(
        user_id=7,
        job_id=None,
        api_endpoint="/chat-messages",
        prompt_tokens=0,
        completion_tokens=0,
        total_tokens=0,
        prompt_unit_price=Decimal(0),
        prompt_price_unit="USD",
        cost=Decimal(0),
        response_time_ms=0,
        success=True,
        error_message=None,
        created_at=NOW.replace(microsecond=0),
        warnings=("no-usage",),
    )


def test_the_same_call_in_both_forms() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_price": "0.01", "currency": "RMB"}
    columns = {
        "prompt_tokens": "5",
        "completion_tokens": 2,
        "total_tokens": 7,
        "cost": 0.01,
        "prompt_price_unit": "RMB",
    }
    assert parsed(metadata={"usage": usage}) == parsed(**columns)


@pytest.mark.parametrize("value", [None, [], "call", 5, True, [CALL]])
def test_a_call_is_an_object(value: object) -> None:
    assert bad_fields(value) == {"non_field_errors"}


def test_user_and_endpoint_are_required() -> None:
    assert bad_fields({}) == {"user_id", "api_endpoint"}
    assert bad_fields({"user_id": None, "api_endpoint": " "}) == {"user_id", "api_endpoint"}


def test_both_forms_at_once_are_an_error() -> None:
    assert bad_fields({**CALL, "metadata": None, "cost": 1, "total_tokens": 1}) == {
        "cost",
        "total_tokens",
    }


def test_unknown_keys_are_errors_at_the_top_and_ignored_in_the_usage() -> None:
    assert bad_fields({**CALL, "id": 1, "latency": 2}) == {"id", "latency"}
    assert parsed(metadata={"usage": {"latency": "x"}, "retriever_resources": []}).cost == 0


def test_every_bad_field_is_named_at_once() -> None:
    assert bad_fields(
        {
            "user_id": 1.5,
            "api_endpoint": "/" * 201,
            "job_id": "11",
            "metadata": {"usage": {"total_price": "-1", "prompt_tokens": True}},
            "response_time_ms": -1,
            "success": "yes",
            "error_message": 5,
            "created_at": "yesterday",
            "model": "x",
        }
    ) == {
        "user_id",
        "api_endpoint",
        "job_id",
        "metadata.usage.total_price",
        "metadata.usage.prompt_tokens",
        "response_time_ms",
        "success",
        "error_message",
        "created_at",
        "model",
    }


NULLABLE = [column.name for column in validation.COLUMNS if column.nullable]


@pytest.mark.parametrize("name", [*NULLABLE, "created_at"])
def test_a_null_column_is_stored_as_null(name: str) -> None:
    assert getattr(parsed(**{name: None}), name) is None


def test_null_arguments_beside_metadata_are_missing_ones() -> None:
    arguments = ("job_id", "response_time_ms", "error_message", "created_at")
    assert parsed(metadata={}, **dict.fromkeys(arguments)) == parsed(metadata={})
    assert bad_fields({**CALL, "metadata": {}, "success": None}) == {"success"}


def test_created_at_is_cut_and_naive_in_the_columns_zone() -> None:
    assert parsed(created_at="2026-03-29T08:00:00.9").created_at == datetime(
        2026, 3, 29, tzinfo=UTC
    )
    ahead = NOW + timedelta(minutes=5)
    assert parsed(metadata={}, created_at=ahead).created_at == ahead.replace(microsecond=0)
    too_far = (ahead + timedelta(seconds=1)).isoformat()
    assert bad_fields({**CALL, "created_at": too_far}) == {"created_at"}


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        ({}, {"no-usage"}),
        ({"metadata": None}, {"no-usage"}),
        ({"success": False}, set()),
        ({"success": None}, set()),
        ({"total_tokens": 1}, set()),
        ({"cost": "0.0001"}, set()),
        # Rounded away, so that nothing is left.
        ({"cost": "0.00001"}, {"no-usage"}),
        ({"metadata": {"usage": {"total_tokens": 10}}}, set()),
        (
            {"metadata": {"usage": {"prompt_unit_price": "150", "total_price": 1}}},
            {"unit-price-dropped"},
        ),
        ({"cost": 1, "error_message": "x" * 65_536}, {"message-cut"}),
        ({"cost": 1, "error_message": "x" * 65_535}, set()),
        (
            {"metadata": {"usage": {"prompt_unit_price": 150}}, "error_message": "錯" * 21_846},
            {"no-usage", "unit-price-dropped", "message-cut"},
        ),
    ],
)
def test_what_is_noteworthy(given: dict[str, Any], warnings: set[str]) -> None:
    assert set(parsed(**given).warnings) == warnings


def test_a_unit_price_too_large_is_dropped_from_metadata_alone() -> None:
    assert parsed(metadata={"usage": {"prompt_unit_price": 150}}).prompt_unit_price is None
    assert bad_fields({**CALL, "prompt_unit_price": 150}) == {"prompt_unit_price"}


@given(usage_objects)
def test_metadata_becomes_columns(usage: dict[str, Given]) -> None:
    meant = expected(usage)
    given = {**CALL, "metadata": {"usage": as_sent(usage)}}
    if isinstance(meant, set):
        assert bad_fields(given) == {f"metadata.usage.{name}" for name in meant}
    else:
        assert stored_usage(parse_call(given, TAIPEI, NOW)) == meant


def stored_usage(call: NewCall) -> Usage:
    assert call.prompt_tokens is not None
    assert call.completion_tokens is not None
    assert call.total_tokens is not None
    assert call.prompt_price_unit is not None
    assert call.cost is not None
    return Usage(
        call.prompt_tokens,
        call.completion_tokens,
        call.total_tokens,
        call.prompt_unit_price,
        call.prompt_price_unit,
        call.cost,
    )


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(), st.floats(), st.text()),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=4,
)
KEYS = sorted(validation.COLUMN_KEYS | validation.ARGUMENT_KEYS)


@given(st.dictionaries(st.sampled_from([*KEYS, "id", "new"]), json_values))
def test_any_json_is_a_call_or_an_error_that_names_its_fields(given: dict[str, Any]) -> None:
    try:
        parse_call({**CALL, **given}, TAIPEI, NOW)
    except InvalidCallError as error:
        named = {path.split(".")[0] for path in error.errors}
        assert named <= set(given)
