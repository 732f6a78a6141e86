"""Figures as people read them, in both languages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from stats.core import formatting, sentences

pytestmark = pytest.mark.once

THIN = formatting.THIN_BLANK
TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 24, 7, 42, tzinfo=UTC)


@pytest.fixture(params=["en"], autouse=True)
def language(request: pytest.FixtureRequest) -> Iterator[None]:
    with translation.override(request.param):
        yield


chinese = pytest.mark.parametrize("language", ["zh-hant"], indirect=True)


def test_names_are_listed_with_a_comma() -> None:
    assert formatting.listed(["Ann", "Bob", "Cat"]) == "Ann, Bob, Cat"


@chinese
def test_names_are_listed_with_the_comma_of_chinese_lists() -> None:
    assert formatting.listed(["Ann", "Bob", "Cat"]) == "Ann、Bob、Cat"
    sentence = sentences.Sentence(
        "Closed months were adjusted: %(months)s.", {"months": ["a", "b"]}
    )
    kept = sentences.stored([sentence])
    assert sentences.text_of(kept).endswith("a、b。")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("0.0001", "0.0001"),
        ("0.9999", "0.9999"),
        ("1", "1.00"),
        ("1.005", "1.01"),
        ("-0.5", "−0.5000"),
        ("1234567.891", "1,234,567.89"),
    ],
)
def test_an_amount_has_two_decimals_from_1_up_and_four_below(value: str, text: str) -> None:
    assert formatting.amount(Decimal(value)) == text


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (["5.73", "0.9588", "-0.5993", "0"], ["5.73", "0.96", "−0.60", "0"]),
        (["5.73", "0.0999"], ["5.7300", "0.0999"]),
        (["1234.5", None, "0.0001"], ["1,234.5000", "0.0001"]),
        ([None, "0"], ["0"]),
    ],
)
def test_a_column_of_amounts_has_one_precision(column: list[str | None], texts: list[str]) -> None:
    amounts = [None if text is None else Decimal(text) for text in column]
    places = formatting.places_of(amounts)
    assert [formatting.amount(one, places) for one in amounts if one is not None] == texts


@pytest.mark.parametrize(
    ("value", "text"), [("0.5993", "+0.60"), ("-0.5993", "−0.60"), ("0", "0"), ("33.7", "+33.70")]
)
def test_a_difference_has_its_sign(value: str, text: str) -> None:
    assert formatting.signed_amount(Decimal(value), 2) == text


@pytest.mark.parametrize(
    ("text", "in_line"),
    [
        ("12.34", "12.34\u2007\u2007"),
        ("0.1234", "0.1234"),
        ("0", "0\u2008\u2007\u2007\u2007\u2007"),
    ],
)
def test_points_stand_in_line(text: str, in_line: str) -> None:
    assert formatting.in_line(text, 4) == in_line


def test_money_names_its_currency() -> None:
    assert formatting.money("USD", Decimal("270.61")) == "USD\xa0270.61"
    assert formatting.money("none", Decimal(1)) == "no currency\xa01.00"
    assert formatting.exact_money("USD", Decimal("270.6149")) == "USD 270.6149"


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (0, "0"),
        (99_999, "99,999"),
        (320_000, f"0.32{THIN}M"),
        (67_460_000, f"67.5{THIN}M"),
        (1_234_000_000, f"1.2{THIN}B"),
    ],
)
def test_tokens_are_short(tokens: int, text: str) -> None:
    assert str(formatting.quantity(tokens)) == text


@chinese
@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (9_999, "9,999"),
        (320_000, f"32.0{THIN}萬"),
        (67_460_000, f"6,746{THIN}萬"),
        (123_456_789, f"1.2{THIN}億"),
    ],
)
def test_tokens_in_myriads(tokens: int, text: str) -> None:
    assert str(formatting.quantity(tokens)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0"), (98.64, "98.6"), (99.96, "99.9"), (99.9999, "99.9"), (100, "100")],
)
def test_only_what_is_whole_is_100_percent(value: float, text: str) -> None:
    assert formatting.percent(value) == f"{text}{THIN}%"


@pytest.mark.parametrize(
    ("value", "text"), [(26.4, "+26"), (-4.6, "−5"), (0.44, "+0.4"), (0, "0"), (-100, "−100")]
)
def test_a_change_has_its_sign(value: float, text: str) -> None:
    assert formatting.percent_change(value) == f"{text}{THIN}%"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, f"0.0{THIN}s"), (45, f"45{THIN}ms"), (640, f"0.6{THIN}s"), (10_700, f"10.7{THIN}s")],
)
def test_durations(ms: float, text: str) -> None:
    assert str(formatting.duration(ms)) == text


RANGES = [
    (date(2026, 11, 1), date(2026, 11, 24), "1–24 Nov 2026", "2026年11月1日至24日"),
    (date(2026, 10, 28), date(2026, 11, 3), "28 Oct–3 Nov 2026", "2026年10月28日至11月3日"),
    (date(2025, 12, 1), date(2026, 1, 3), "1 Dec 2025–3 Jan 2026", "2025年12月1日至2026年1月3日"),
    (date(2026, 11, 24), date(2026, 11, 24), "24 Nov 2026", "2026年11月24日"),
]


@pytest.mark.parametrize(("first", "last", "english", "in_chinese"), RANGES)
def test_ranges_of_days(first: date, last: date, english: str, in_chinese: str) -> None:
    assert formatting.days(first, last, with_year=True) == english
    with translation.override("zh-hant"):
        assert formatting.days(first, last, with_year=True) == in_chinese


@pytest.mark.parametrize(
    ("first", "last", "english", "in_chinese"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026", "2026年2月"),
        (date(2026, 7, 1), date(2026, 9, 30), "July–September 2026", "2026年7月至9月"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026", "2026年"),
    ],
)
def test_months(first: date, last: date, english: str, in_chinese: str) -> None:
    assert formatting.months(first, last) == english
    with translation.override("zh-hant"):
        assert formatting.months(first, last) == in_chinese


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=2), f"2{THIN}min ago"),
        (timedelta(hours=23), f"23{THIN}h ago"),
        (timedelta(hours=25), "23 Nov 14:42"),
        (timedelta(days=400), "20 Oct 2025 15:42"),
    ],
)
def test_how_long_ago(age: timedelta, text: str, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    assert formatting.ago(NOW - age, NOW) == text
