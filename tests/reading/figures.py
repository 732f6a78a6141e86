"""Reads figures from texts: the number, and its precision."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DASH = "—"
CENT, FINEST = Decimal("0.01"), Decimal("0.0001")
BLANKS = "\u2007\u2008\u2009\u202f\u00a0 "
UNITS = {
    "": 1,
    "%": 1,
    "M": 10**6,
    "B": 10**9,
    "萬": 10**4,
    "億": 10**8,
    "ms": 1,
    "毫秒": 1,
    "s": 1000,
    "秒": 1000,
}
_NUMBER = re.compile(r"(?P<sign>[+−]?)(?P<number>\d{1,3}(?:,\d{3})*(?:\.\d+)?)(?P<unit>\D*)")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ENGLISH_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CHINESE_DAYS = "一二三四五六日"


@dataclass(frozen=True)
class Figure:
    """A number, and the value of its last digit."""

    value: Decimal
    step: Decimal
    unit: str

    def shows(self, exact: Any) -> bool:
        """True if `exact`, rounded half up to that digit, is this number."""
        rounded = (Decimal(exact) / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step
        return rounded == self.value


def figure(text: str, language: str = "en") -> Figure:
    """The number in a text; blanks do not count."""
    plain = "".join(letter for letter in text if letter not in BLANKS)
    found = _NUMBER.fullmatch(plain)
    assert found, f"{text!r} is no number"
    size = UNITS[found["unit"]]
    is_foreign = (
        found["unit"] in ("M", "B", "s", "ms")
        if language != "en"
        else found["unit"] in "萬億秒毫秒"
    )
    assert not found["unit"] or not is_foreign, f"{text!r} in {language}"
    decimals = len(found["number"].partition(".")[2])
    value = Decimal(found["number"].replace(",", "")) * size
    return Figure(
        -value if found["sign"] == "−" else value, Decimal(size).scaleb(-decimals), found["unit"]
    )


def count(text: str, exact: int, language: str) -> None:
    """An exact number of calls, users and the like."""
    read = figure(text, language)
    assert (read.value, read.step) == (Decimal(exact), Decimal(1)), f"{text!r} for {exact}"


def tokens(text: str, exact: int, language: str) -> None:
    """A number of tokens. Large ones are rounded to two digits or more; hovering shows the rest."""
    read = figure(text, language)
    assert read.shows(exact), f"{text!r} for {exact}"
    assert read.unit in ("", "M", "B", "萬", "億")
    assert read.step == 1 or read.step * 9 <= abs(exact), f"{text!r} is too coarse for {exact}"


def percent(text: str, exact: float | None, language: str, *, with_sign: bool = True) -> None:
    """A share or a rate, to a tenth. Only exactly 100 is written 100 %."""
    if exact is None:
        assert text == DASH, f"{text!r} for nothing"
        return
    read = figure(text, language)
    assert not with_sign or read.unit == "%", f"{text!r} is no percentage"
    if 99.9 < exact < 100:
        exact = 99.9
    assert read.shows(exact), f"{text!r} for {exact}"
    assert read.step <= Decimal("0.1") or exact in (0, 100), f"{text!r} is too coarse for {exact}"


def change(text: str, exact: float | None, language: str) -> None:
    """A signed change in percent, to three digits or a tenth."""
    if exact is None:
        assert text == DASH, f"{text!r} for nothing"
        return
    read = figure(text, language)
    assert (read.unit, read.shows(exact)) == ("%", True), f"{text!r} for {exact}"
    assert read.step <= (Decimal(1) if abs(exact) >= 1 or not exact else Decimal("0.1")), text
    assert ("+" in text, "−" in text) == (read.value > 0 or exact > 0, read.value < 0), text


def duration(text: str, exact: float | None, language: str, error: float = 0) -> None:
    """A response time (ms). `error` is the relative error of percentiles."""
    if exact is None:
        assert text == DASH, f"{text!r} for nothing"
        return
    read = figure(text, language)
    assert read.unit in ("s", "ms", "秒", "毫秒"), f"{text!r} has no unit"
    assert read.step <= 100, f"{text!r} is too coarse"
    if error:
        off = abs(read.value - Decimal(exact))
        assert off <= read.step / 2 + Decimal(exact) * Decimal(error), f"{text!r} for {exact}"
    else:
        assert read.shows(exact), f"{text!r} for {exact}"


def amount(text: str, exact: Decimal | None, language: str) -> None:
    """Money without its currency: two decimals from 1 up, else four."""
    step = amount_of_column(text, exact, language)
    if step:
        assert step == (CENT if exact and abs(exact) >= 1 else FINEST), f"{text!r} for {exact}"


def amount_of_column(text: str, exact: Decimal | None, language: str) -> Decimal | None:
    """Money in a column. Returns the value of its last digit; None if blank, a dash or 0."""
    if not exact:
        assert text.strip(BLANKS) == (DASH if exact is None else "0"), f"{text!r} for {exact}"
        return None
    read = figure(text.strip(BLANKS), language)
    assert (read.unit, read.shows(exact)) == ("", True), f"{text!r} for {exact}"
    return read.step


def check_precision(shown: Iterable[tuple[Decimal | None, Decimal | None]]) -> None:
    """Check that a column has one precision: two decimals, or four if its smallest amount would
    otherwise have one digit. A step of None is a hidden amount."""
    amounts = [(step, abs(exact)) for step, exact in shown if exact]
    if amounts:
        is_small = min(exact for _step, exact in amounts) < CENT * 10
        steps = {step for step, _exact in amounts if step}
        assert steps <= {FINEST if is_small else CENT}, f"steps of {steps}, is_small: {is_small}"


def signed(text: str, exact: Decimal | int) -> None:
    """A difference shows its sign, unless it is 0."""
    signs = "+" * (exact > 0) + "−" * (exact < 0)
    assert "".join(letter for letter in text if letter in "+−") == signs, f"{text!r} for {exact}"


def money(text: str, currency: str, exact: Decimal, language: str) -> None:
    """USD 12.34."""
    written, blank, rest = text.partition("\u00a0" if "\u00a0" in text else " ")
    if currency == "none":
        name = {"en": "no currency", "zh-hant": "無幣別"}[language]
        assert text.startswith(name), text
        rest = text.removeprefix(name)
    else:
        assert written + blank.strip() == currency, f"{text!r} in {currency}"
    amount(rest, exact, language)


def exact_amount(text: str, exact: Decimal) -> None:
    """The amount on hover, with four decimals."""
    read = figure(text.split(" ")[-1].split("\u00a0")[-1])
    assert (read.value, read.step) == (exact, FINEST), f"{text!r} for {exact}"


def day(text: str, language: str) -> tuple[int, int]:
    """Month and day: Tue 24 Nov, 24 Nov, 11月24日 週二."""
    if language == "en":
        found = re.search(r"(\d{1,2}) ([A-Z][a-z]{2})", text)
        assert found, f"{text!r} is no day"
        return MONTHS.index(found[2]) + 1, int(found[1])
    found = re.search(r"(\d{1,2})月(\d{1,2})日", text)
    assert found, f"{text!r} is no day"
    return int(found[1]), int(found[2])


def weekday(text: str, exact: date, language: str) -> None:
    """A day with its weekday."""
    assert day(text, language) == (exact.month, exact.day), f"{text!r} for {exact}"
    names = ENGLISH_DAYS if language == "en" else CHINESE_DAYS
    assert names[exact.weekday()] in text, f"{text!r} for {exact:%A}"


def days(first: date, last: date, language: str) -> str:
    """The text of a range of days."""
    if language == "en":
        if first.month == last.month:
            return f"{first.day}–{last.day} {MONTHS[last.month - 1]}"
        return f"{first.day} {MONTHS[first.month - 1]}–{last.day} {MONTHS[last.month - 1]}"
    if first.month == last.month:
        return f"{first.month}月{first.day}日至{last.day}日"
    return f"{first.month}月{first.day}日至{last.month}月{last.day}日"
