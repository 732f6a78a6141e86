"""Figures within words: what a sentence of a page tells, in each language."""

import re
from decimal import Decimal
from typing import Any

from tests.reading import figures
from tests.reading.figures import code
from tests.reading.headings import COMMAS, LANGUAGES

UP, DOWN = (
    ("more", "higher", "slower", "多", "高", "慢"),
    ("less", "lower", "faster", "少", "低", "快"),
)
AS_BEFORE = ("unchanged", "與前期相同")
# Of English and of Traditional Chinese.
Patterns = tuple[str, str]
BY_COUNT: Patterns = (
    r"(?P<size>[+−].+?)(, (?P<percent>[+−].+))?",
    r"(?P<size>[+−].+?)(（(?P<percent>[+−].+)）)?",
)
BY_COST: Patterns = (
    r"(?P<size>.+?) (?P<word>more|less) than (?P<days>.+?)(, (?P<percent>[+−].+))?",
    r"比 (?P<days>.+) (?P<word>多|少) (?P<size>.+?)(（(?P<percent>.+)）)?",
)
BY_POINTS: Patterns = (
    r"(?P<size>.+) points (?P<word>higher|lower)",
    r"(?P<word>高|低) (?P<size>.+) 個百分點",
)
BY_TIME: Patterns = (r"(?P<size>.+) (?P<word>slower|faster)", r"(?P<word>慢|快) (?P<size>.+)")


def read(text: str, patterns: Patterns, language: str) -> dict[str, str]:
    """The parts of a sentence."""
    pattern = patterns[LANGUAGES.index(language)]
    found = re.fullmatch(pattern, text)
    assert found, f"{text!r} is not {pattern!r}"
    return {name: value or "" for name, value in found.groupdict().items()}


def direction(word: str) -> int:
    assert (word in UP) != (word in DOWN)
    return 1 if word in UP else -1


def more_or_less(text: str, now: Any, before: Any, language: str, kind: str = "count") -> None:
    """+2,079, +16 %."""
    if now == before:
        assert text in AS_BEFORE
        return
    found = read(text, BY_COUNT, language)
    check_size = {"count": figures.count, "tokens": figures.tokens, "amount": figures.amount}[kind]
    check_size(found["size"], now - before, language)  # type: ignore[operator]
    figures.signed(found["size"], now - before)
    check_percent(found["percent"], now, before, language)


def check_percent(text: str, now: Any, before: Any, language: str) -> None:
    """By how many percent, where there was something."""
    if before:
        figures.change(text, (float(now) - float(before)) / float(before) * 100, language)
    else:
        assert text == ""


def cost_changed(
    text: str, currency: str, now: Decimal, before: Decimal, days: str, language: str
) -> None:
    """USD 55.32 more than 1–24 Oct until 14:42, +26 %."""
    found = read(text, BY_COST, language)
    figures.money(found["size"], currency, abs(now - before), language)
    assert found["days"] == days
    assert direction(found["word"]) == (1 if now > before else -1)
    check_percent(found["percent"], now, before, language)


def costs(text: str, exact: dict[str, Decimal], language: str) -> None:
    """USD 2.13, RMB 7.00."""
    pieces = text.split(COMMAS[LANGUAGES.index(language)]) if text else []
    assert len(pieces) == len(exact), text
    for piece in pieces:
        currency = code(re.split("[\u00a0 ](?=[\\d−])", piece)[0])
        figures.money(piece, currency, exact[currency], language)
