import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.ingest import validation
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.usage import Usage
from stats.ingest.validation import NewCall, parse_call
from tests.usage_objects import Given, as_sent, expected, usage_objects

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 29, 12, 0, 30, 987_654, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
CALL = {"user_id": 7, "api_endpoint": "/chat-messages"}


def parsed(**given: Any) -> NewCall:
    return parse_call({**CALL, **given}, TAIPEI, NOW)


def bad_fields(given: object) -> set[str]:
    with pytest.raises(InvalidFieldsError) as caught:
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
        # An unknown time is not 0 ms.
        response_time_ms=None,
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
    assert bad_fields({**CALL, "metadata": {}, "cost": 1, "total_tokens": 1}) == {
        "cost",
        "total_tokens",
    }
    assert bad_fields({**CALL, "usage": {}, "metadata": {}}) == {"usage"}
    assert bad_fields({**CALL, "usage": {}, "cost": 1}) == {"cost"}
    assert bad_fields({**CALL, "response_cost": 1}) == {"response_cost"}


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


OPTIONAL = [column.name for column in validation.COLUMNS if not column.required]
FORMS: list[dict[str, Any]] = [
    {},
    {"prompt_tokens": 3, "cost": "0.5"},
    {"metadata": {"usage": {"total_price": "0.5"}}},
    {"usage": {"input_tokens": 3, "output_tokens": 4}},
]


@pytest.mark.parametrize("form", FORMS)
def test_a_null_is_as_a_missing_key_in_every_form(form: dict[str, Any]) -> None:
    """Clients that are generated from the schema send null for whatever was not set."""
    nulls = dict.fromkeys([*OPTIONAL, "created_at", "metadata", "usage", "response_cost"])
    assert parsed(**{**nulls, **form}) == parsed(**form)
    assert parsed(**{**nulls, **form}).success is True


def test_a_null_is_not_what_is_required_and_makes_no_key_known() -> None:
    assert bad_fields(dict.fromkeys(["user_id", "api_endpoint"])) == {"user_id", "api_endpoint"}
    assert bad_fields({**CALL, "costs": None}) == {"costs"}


def test_the_total_is_the_sum_where_it_is_not_given() -> None:
    assert parsed(prompt_tokens=100, completion_tokens="50").total_tokens == 150
    assert parsed(prompt_tokens=100, total_tokens=None).total_tokens == 100
    assert parsed(prompt_tokens=100, total_tokens=0).total_tokens == 0
    too_many = {"prompt_tokens": 2**31 - 1, "completion_tokens": 1}
    assert bad_fields({**CALL, **too_many}) == {"total_tokens"}
    assert parsed(**too_many, total_tokens=1).total_tokens == 1


def test_the_time_is_what_dify_tells_where_none_is_given() -> None:
    usage = {"total_price": "1", "latency": 0.7682376249867957}
    assert parsed(metadata={"usage": usage}).response_time_ms == 768
    assert parsed(metadata={"usage": usage}, response_time_ms=0).response_time_ms == 0
    assert parsed(metadata={"usage": usage}, response_time_ms=None).response_time_ms == 768
    assert parsed(usage=usage).response_time_ms == 768
    assert parsed(metadata={}).response_time_ms is None


@pytest.mark.parametrize(
    ("latency", "milliseconds"),
    [
        (0.7682376249867957, 768),
        (Decimal("0.0005"), 1),
        ("1.2344", 1234),
        (0, 0),
        (Decimal("1E-999999999"), 0),
        (2_147_483, 2_147_483_000),
        (2_147_484, None),
        (Decimal("1E+999999"), None),
        (-1, None),
        ("soon", None),
        (math.nan, None),
        (True, None),
        ({}, None),
        (None, None),
    ],
)
def test_latency_is_in_seconds_and_refuses_no_call(
    latency: object, milliseconds: int | None
) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_price": 1, "latency": latency}
    call = parsed(usage=usage)
    assert call.response_time_ms == milliseconds
    is_lost = latency is not None and milliseconds is None
    assert call.warnings == (("usage-not-understood",) if is_lost else ())
    assert call.unknown_keys == (("latency",) if is_lost else ())
    assert parsed(usage=usage, response_time_ms=5).warnings == ()


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
        ({"metadata": {"retriever_resources": [], "annotation_reply": None}}, {"no-usage"}),
        ({"success": False}, set()),
        ({"success": None}, {"no-usage"}),
        ({"total_tokens": 1}, {"unpriced"}),
        ({"total_tokens": 1, "success": False}, {"unpriced"}),
        ({"total_tokens": 1, "prompt_unit_price": "0.5"}, set()),
        ({"total_tokens": 1, "cost": 0}, {"unpriced"}),
        ({"cost": "0.0001"}, set()),
        ({"cost": "0.00005"}, set()),
        # Rounded away, so that nothing is left.
        ({"cost": "0.00001"}, {"no-usage", "cost-rounded-away"}),
        ({"cost": "0.0000135", "total_tokens": 9}, {"cost-rounded-away"}),
        ({"metadata": {"usage": {"total_tokens": 10}}}, {"unpriced"}),
        (
            {"metadata": {"usage": {"total_tokens": 9, "total_price": "1e-9"}}},
            {"cost-rounded-away"},
        ),
        (
            {"metadata": {"usage": {"total_tokens": 9, "prompt_price": "1e-9"}}},
            {"cost-rounded-away"},
        ),
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
        ({"metadata": {"usage": {"tokens": 5}}}, {"no-usage", "usage-not-understood"}),
        ({"metadata": {"tokens": 5}, "success": False}, {"usage-not-understood"}),
        ({"usage": {"tokens": 5}}, {"no-usage", "usage-not-understood"}),
        ({"usage": {"tokens": None}}, {"no-usage"}),
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
    assert call.given_cost is not None
    is_lost = bool(call.given_cost and not call.cost)
    assert ("cost-rounded-away" in call.warnings) == is_lost
    return Usage(
        call.prompt_tokens,
        call.completion_tokens,
        call.total_tokens,
        call.prompt_unit_price,
        call.prompt_price_unit,
        call.cost,
        given_cost=call.given_cost,
        unknown_keys=call.unknown_keys,
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
    except InvalidFieldsError as error:
        named = {path.split(".")[0] for path in error.errors}
        assert named <= set(given)
