"""Figures read back from the page: what number a text tells, and how finely."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DASH = "—"
CENT, FINEST = Decimal("0.01"), Decimal("0.0001")
# Of percentiles: that of the histogram, and what is rounded beyond it.
ERROR_OF_PERCENTILES = 0.026
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
    """A number, and what its last digit is worth."""

    value: Decimal
    step: Decimal
    unit: str

    def tells(self, exact: Any) -> bool:
        """Whether this is the exact number, rounded half up to that digit."""
        rounded = (Decimal(exact) / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step
        return rounded == self.value


def figure(text: str, language: str = "en") -> Figure:
    """The number in a text, whose blanks are but for its looks."""
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
    """A number of calls, users and the like, to the last one."""
    read = figure(text, language)
    assert (read.value, read.step) == (Decimal(exact), Decimal(1)), f"{text!r} for {exact}"


def tokens(text: str, exact: int, language: str) -> None:
    """Large numbers are cut to two digits or more; hovering tells the rest."""
    read = figure(text, language)
    assert read.tells(exact), f"{text!r} for {exact}"
    assert read.unit in ("", "M", "B", "萬", "億")
    assert read.step == 1 or read.step * 9 <= abs(exact), f"{text!r} is too coarse for {exact}"


def percent(text: str, exact: float | None, language: str, *, with_sign: bool = True) -> None:
    """A share or a rate, to a tenth; only what is whole is called 100 %."""
    if exact is None:
        assert text == DASH, f"{text!r} for nothing"
        return
    read = figure(text, language)
    assert not with_sign or read.unit == "%", f"{text!r} is no percentage"
    if 99.9 < exact < 100:
        exact = 99.9
    assert read.tells(exact), f"{text!r} for {exact}"
    assert read.step <= Decimal("0.1") or exact in (0, 100), f"{text!r} is too coarse for {exact}"


def change(text: str, exact: float | None, language: str) -> None:
    """A change in percent, signed, to three digits of a hundred or a tenth."""
    if exact is None:
        assert text == DASH, f"{text!r} for nothing"
        return
    read = figure(text, language)
    assert (read.unit, read.tells(exact)) == ("%", True), f"{text!r} for {exact}"
    assert read.step <= (Decimal(1) if abs(exact) >= 1 or not exact else Decimal("0.1")), text
    assert ("+" in text, "−" in text) == (read.value > 0 or exact > 0, read.value < 0), text


def duration(text: str, exact: float | None, language: str, error: float = 0) -> None:
    """A response time (ms); `error` is that of percentiles, relative."""
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
        assert read.tells(exact), f"{text!r} for {exact}"


def amount(text: str, exact: Decimal | None, language: str) -> None:
    """Money by itself, without its currency: cents from 1 up, else all decimals of the column."""
    step = amount_of_column(text, exact, language)
    if step:
        assert step == (CENT if exact and abs(exact) >= 1 else FINEST), f"{text!r} for {exact}"


def amount_of_column(text: str, exact: Decimal | None, language: str) -> Decimal | None:
    """Money in a column, and what its last digit is worth; None for nothing, a dash or 0."""
    if not exact:
        assert text.strip(BLANKS) == (DASH if exact is None else "0"), f"{text!r} for {exact}"
        return None
    read = figure(text.strip(BLANKS), language)
    assert (read.unit, read.tells(exact)) == ("", True), f"{text!r} for {exact}"
    return read.step


def check_precision(told: Iterable[tuple[Decimal | None, Decimal | None]]) -> None:
    """One precision in a column of steps and exact amounts: cents, or all decimals where its
    smallest amount would have one digit left. A step of None is of what is not seen."""
    amounts = [(step, abs(exact)) for step, exact in told if exact]
    if amounts:
        is_small = min(exact for _step, exact in amounts) < CENT * 10
        steps = {step for step, _exact in amounts if step}
        assert steps <= {FINEST if is_small else CENT}, f"steps of {steps}, is_small: {is_small}"


def signed(text: str, exact: Decimal | int) -> None:
    """A difference has its sign, if it is one."""
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
    """What hovering tells: all decimals of the column."""
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


def days(first: date, last: date, language: str, *, with_year: bool = False) -> str:
    """A range of days, of one year, as it is written."""
    if language == "en":
        year = f" {last.year}" if with_year else ""
        start = "" if first.month == last.month else f" {MONTHS[first.month - 1]}"
        return f"{first.day}{start}–{last.day} {MONTHS[last.month - 1]}{year}"
    year = f"{first.year}年" if with_year else ""
    month = "" if first.month == last.month else f"{last.month}月"
    return f"{year}{first.month}月{first.day}日至{month}{last.day}日"


def code(currency: str) -> str:
    """The currency's name in the API."""
    return "none" if currency in ("no currency", "無幣別") else currency
