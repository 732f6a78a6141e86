import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from stats.ingest.columns import InvalidFieldsError
from stats.ingest.usage import Usage, parse_metadata
from tests.usage_objects import Given, as_sent, expected, sound_usage_objects, usage_objects

pytestmark = pytest.mark.once

PAYLOADS = Path(__file__).parents[1] / "data" / "dify"
NOTHING_USED = Usage(0, 0, 0, Decimal(0), "USD", Decimal(0))
USED = {
    "blocking-chat-message": Usage(
        *(1033, 128, 1161, Decimal("0.001"), "USD", Decimal("0.0013")),
        given_cost=Decimal("0.0012890"),
    ),
    "streaming-message-end-chat": Usage(0, 0, 10, Decimal(0), "USD", Decimal(0)),
    "unpriced-model": Usage(1027, 118, 1145, Decimal(0), "USD", Decimal(0)),
    "empty-metadata": NOTHING_USED,
    # It has no metadata at all.
    "workflow-finished": NOTHING_USED,
}


def usage_of(**usage: Any) -> Usage:
    return parse_metadata({"usage": usage})


def bad_fields(metadata: object) -> set[str]:
    with pytest.raises(InvalidFieldsError) as caught:
        parse_metadata(metadata)
    assert all(message.endswith(".") for message in caught.value.errors.values())
    return set(caught.value.errors)


@pytest.mark.parametrize("path", sorted(PAYLOADS.iterdir()), ids=lambda path: path.stem)
def test_a_response_as_dify_documents_it(path: Path) -> None:
    assert parse_metadata(json.loads(path.read_text()).get("metadata")) == USED[path.stem]


@pytest.mark.parametrize("metadata", [None, {}, {"usage": None}, {"usage": {}}])
def test_no_usage_is_zeros(metadata: object) -> None:
    assert parse_metadata(metadata) == NOTHING_USED


@pytest.mark.parametrize("value", ["", "{}", [], [{}], 0, True])
def test_metadata_and_usage_are_objects(value: object) -> None:
    assert bad_fields(value) == {"metadata"}
    assert bad_fields({"usage": value}) == {"metadata.usage"}


def test_the_total_is_taken_as_given_else_summed() -> None:
    assert usage_of(prompt_tokens=3, completion_tokens="4").total_tokens == 7
    assert usage_of(prompt_tokens=3, completion_tokens=4, total_tokens=2).total_tokens == 2
    assert usage_of(prompt_tokens=3, completion_tokens=4, total_tokens=None).total_tokens == 7


def test_the_total_price_comes_before_the_parts() -> None:
    parts = {"prompt_price": "0.10", "completion_price": "0.02"}
    assert usage_of(**parts).cost == Decimal("0.1200")
    assert usage_of(**parts, total_price="0").cost == 0
    assert usage_of(**parts, total_price=None).cost == Decimal("0.1200")
    assert usage_of(prompt_price="rubbish", total_price="0.5").cost == Decimal("0.5000")


def test_parts_of_the_price_are_rounded_once_together() -> None:
    # Each alone would be rounded away.
    assert usage_of(prompt_price="0.00003", completion_price="0.00003").cost == Decimal("0.0001")
    just_below_half = {
        "prompt_price": "0.00004" + "9" * 55,
        "completion_price": "0." + "9" * 50 + "e-60",
    }
    assert usage_of(**just_below_half).cost == 0


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        ("0.00005", "0.0001"),
        ("0.00004999999999999999999999999999999999999999", "0.0000"),
        ("999999.99994", "999999.9999"),
        ("0E-7", "0.0000"),
        ("1.5E-3", "0.0015"),
        (0.00005, "0.0001"),
        (1e-7, "0.0000"),
        # A float is what it prints as, not 2.67499999…
        (2.67495, "2.6750"),
        (Decimal("1E-999999999"), "0.0000"),
        ("1e-9999", "0.0000"),
        (7, "7.0000"),
    ],
)
def test_money_is_rounded_half_up_to_the_column(price: object, cost: str) -> None:
    assert str(usage_of(total_price=price).cost) == cost


@pytest.mark.parametrize("price", ["999999.99995", 10**6, 1e300, "1E+9999", 10**100])
def test_a_cost_beyond_the_column_is_an_error(price: object) -> None:
    assert bad_fields({"usage": {"total_price": price}}) == {"metadata.usage.total_price"}


def test_an_integer_too_long_to_be_printed_is_an_error() -> None:
    usage = {"prompt_tokens": 10**5000, "total_price": 10**5000}
    assert bad_fields({"usage": usage}) == {
        "metadata.usage.prompt_tokens",
        "metadata.usage.total_price",
    }


def test_parts_that_fit_alone_but_not_together_are_an_error() -> None:
    usage = {"prompt_price": "999999.9999", "completion_price": "0.00005"}
    assert bad_fields({"usage": usage}) == {"metadata.usage.completion_price"}


def test_a_unit_price_beyond_the_column_is_left_out() -> None:
    assert usage_of(prompt_unit_price="150").prompt_unit_price is None
    assert usage_of(prompt_unit_price="99.999999995").prompt_unit_price is None
    largest = usage_of(prompt_unit_price="99.999999994").prompt_unit_price
    assert largest == Decimal("99.99999999")
    assert bad_fields({"usage": {"prompt_unit_price": "-150"}}) == {
        "metadata.usage.prompt_unit_price"
    }


def test_the_currency_is_not_difys_multiplier() -> None:
    assert usage_of(prompt_price_unit="0.001").currency == "USD"
    assert usage_of(prompt_price_unit="0.001", currency=" RMB ").currency == "RMB"


def test_every_bad_field_is_named_at_once() -> None:
    usage = {
        "prompt_tokens": 2**31 - 1,
        "completion_tokens": 1,
        "prompt_unit_price": True,
        "total_price": "NaN",
        "currency": 5,
        "latency": "irrelevant",
    }
    assert bad_fields({"usage": usage}) == {
        "metadata.usage.total_tokens",
        "metadata.usage.prompt_unit_price",
        "metadata.usage.total_price",
        "metadata.usage.currency",
    }


def parsed(usage: dict[str, Given]) -> Usage | set[str]:
    try:
        return parse_metadata({"usage": as_sent(usage)})
    except InvalidFieldsError as error:
        return {path.removeprefix("metadata.usage.") for path in error.errors}


@given(sound_usage_objects)
@settings(max_examples=400)
def test_a_sound_usage_object_means_what_the_oracle_says(usage: dict[str, Given]) -> None:
    assert parsed(usage) == expected(usage)


@given(usage_objects)
@settings(max_examples=400)
def test_any_usage_object_is_understood_or_its_bad_fields_are_named(
    usage: dict[str, Given],
) -> None:
    assert parsed(usage) == expected(usage)
