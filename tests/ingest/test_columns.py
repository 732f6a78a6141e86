from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.ingest import columns

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
PARSERS: list[Callable[[Any], Any]] = [
    columns.identifier,
    columns.count,
    columns.decimal,
    columns.cost,
    columns.unit_price,
    columns.endpoint,
    columns.currency,
    columns.error_message,
    columns.boolean,
]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(), st.integers(), max_size=2),
)


def moment(value: object, now: datetime = NOW) -> datetime:
    return columns.moment(value, TAIPEI, now)


def complaint(parse: Callable[[Any], Any], value: object) -> str | None:
    try:
        parse(value)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("parse", [*PARSERS, moment], ids=lambda parse: parse.__name__)
@given(anything)
def test_anything_is_a_value_or_a_sentence(parse: Callable[[Any], Any], value: object) -> None:
    sentence = complaint(parse, value)
    assert sentence is None or sentence.endswith(".")


@pytest.mark.parametrize("value", [1, 2**31, 2**63 - 1])
def test_an_identifier_may_be_bigint(value: int) -> None:
    assert columns.identifier(value) == value


@pytest.mark.parametrize("value", [0, -1, 2**63, 1.0, "1", True, Decimal(1)])
def test_an_identifier_is_a_whole_number_from_1(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        columns.identifier(value)


@pytest.mark.parametrize("value", [0, "0", "007", 2**31 - 1, str(2**31 - 1)])
def test_a_count_is_an_integer_or_digits(value: object) -> None:
    assert columns.count(value) == int(str(value))


@pytest.mark.parametrize(
    "value", [-1, "-1", "+1", "1.0", 1.0, "1_000", "１２", "", " 1", True, 2**31, "9" * 5000]
)
def test_what_is_no_count(value: object) -> None:
    with pytest.raises(ValueError, match="number"):
        columns.count(value)


def test_too_large_is_told_from_wrong() -> None:
    for parse, value in (
        (columns.count, 2**31),
        (columns.identifier, 2**63),
        (columns.cost, "999999.99995"),
        (columns.unit_price, "99.999999995"),
        (columns.endpoint, "/" * 201),
    ):
        with pytest.raises(columns.DoesNotFitError):
            parse(value)
    with pytest.raises(ValueError, match="negative") as caught:
        columns.unit_price("-1e9")
    assert not isinstance(caught.value, columns.DoesNotFitError)


@pytest.mark.parametrize(
    ("value", "stored"),
    [("0.00005", "0.0001"), ("0.000049", "0.0000"), ("999999.99994", "999999.9999")],
)
def test_cost_is_rounded_half_up_at_the_edges(value: str, stored: str) -> None:
    assert str(columns.cost(value)) == stored


@pytest.mark.parametrize(
    ("value", "stored"),
    [("0.000000005", "1E-8"), ("0.0000000049", "0E-8"), ("99.999999994", "99.99999999")],
)
def test_unit_price_is_rounded_half_up_at_the_edges(value: str, stored: str) -> None:
    assert str(columns.unit_price(value)) == stored


def test_texts_are_trimmed_and_measured_in_characters() -> None:
    assert columns.endpoint(" /straße ") == "/straße"
    assert columns.endpoint("字" * 200) == "字" * 200
    assert columns.currency("  ") == ""
    assert columns.currency(" 𠮷 ") == "𠮷"


@pytest.mark.parametrize("value", ["", " \t", "/a\0b", "/\ud800", "字" * 201, 5, None])
def test_what_is_no_endpoint(value: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        columns.endpoint(value)


@pytest.mark.parametrize("value", ["true", 1, 0, None, "yes"])
def test_success_is_a_boolean_and_nothing_else(value: object) -> None:
    with pytest.raises(ValueError, match="true or false"):
        columns.boolean(value)


def test_a_message_that_fits_is_kept_whole() -> None:
    for message in ("", " with blanks ", "x" * 65_535, "錯" * 21_845):
        assert columns.error_message(message) == (message, False)


@given(st.text(min_size=1), st.integers(0, 4))
def test_a_long_message_is_cut_at_a_character(text: str, shift: int) -> None:
    message = "x" * shift + text * (65_536 // len(text.encode()) + 1)
    kept, is_cut = columns.error_message(message)
    assert is_cut
    assert kept.endswith("…")
    assert message.startswith(kept.removesuffix("…"))
    # Not one character less than fits: the longest has four bytes.
    assert 65_535 - 4 < len(kept.encode()) <= 65_535


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-03-28T08:30:00+08:00", datetime(2026, 3, 28, 0, 30, tzinfo=UTC)),
        ("2026-03-28T08:30:00", datetime(2026, 3, 28, 0, 30, tzinfo=UTC)),
        ("2026-03-28 08:30", datetime(2026, 3, 28, 0, 30, tzinfo=UTC)),
        ("2026-03-28T08:30:00.999999Z", datetime(2026, 3, 28, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 28, 8, 30), datetime(2026, 3, 28, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_cut_and_a_naive_one_is_the_columns(value: object, instant: datetime) -> None:
    assert moment(value) == instant


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-28",
        "28.03.2026 08:30",
        "now",
        "",
        1705407629,
        "1000-12-31T00:00",
        "9999-01-01T00",
        "1999-12-31T23:59:59Z",
        "2026-03-28x08:30",
        "2026-03-28😀08:30",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_moment(value: object) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|before|future"):
        moment(value)


def test_a_moment_may_be_five_minutes_ahead() -> None:
    ahead = NOW + timedelta(minutes=5)
    assert moment(ahead) == ahead
    with pytest.raises(ValueError, match="future"):
        moment(ahead + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("endpoint", "normalized"),
    [
        ("/documents/4711/translate", "/documents/{id}/translate"),
        ("/jobs/0f8fad5b-d9cb-469f-a165-70867728950e", "/jobs/{id}"),
        ("/files/d41d8cd98f00b204e9800998ecf8427e?x=1", "/files/{id}?x=1"),
        ("/users/1/jobs/22", "/users/{id}/jobs/{id}"),
        ("/v1/chat-messages", "/v1/chat-messages"),
        ("/facade/beef", "/facade/beef"),
        ("POST /jobs/7:cancel", "POST /jobs/{id}:cancel"),
        ("/1" * 100, "/{id}" * 40),
    ],
)
def test_ids_in_a_path_can_be_left_out(endpoint: str, normalized: str) -> None:
    assert columns.without_ids(endpoint) == normalized
