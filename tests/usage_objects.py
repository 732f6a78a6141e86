"""Usage objects as Dify might send them, sensible or absurd, each value with its meaning.

The meaning is drawn first and then written in many ways, so nothing here repeats the code that
reads it. Fractions do the rounding, since a decimal context might round earlier.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from stats.ingest.usage import Usage

INT_MAX = 2_147_483_647
COST_MAX = Decimal("999999.9999")
UNIT_PRICE_MAX = Decimal("99.99999999")


@dataclass(frozen=True)
class Given:
    """A value and its meaning: a number or text, None if it has none."""

    value: Any
    meaning: Any


NOTHING = [
    True,
    False,
    "",
    "-1",
    "-0.00000001",
    "1_000",
    "1,5",
    "0x10",
    "½",
    "١٢",
    "１２",
    "NaN",
    "sNaN",
    "nan",
    "Infinity",
    "-inf",
    "1e",
    "e5",
    "1 000",
    "1" * 5_000,
    -1,
    -0.5,
    math.nan,
    math.inf,
    -math.inf,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("-0.1"),
    [],
    [1],
    {},
    {"value": 1},
    b"1",
    1j,
]
nothing = st.sampled_from(NOTHING).map(lambda value: Given(value, None))
missing_or_null = st.sampled_from(["missing", None]).map(lambda value: Given(value, None))


def ways_to_write(number: Decimal) -> st.SearchStrategy[Given]:
    ways = [
        number,
        str(number),
        f"{number:f}",
        f"{number:E}",
        f"{number:e}",
        f"+{number:f}",
        f" {number} ",
        f"0{number:f}",
    ]
    return st.sampled_from(ways).map(lambda value: Given(value, number))


def as_decimal(value: float) -> Given:
    return Given(value, Decimal(repr(value)))


sound_prices = st.one_of(
    st.decimals(0, 2, places=5).flatmap(ways_to_write),
    st.decimals(0, 100, places=9).flatmap(ways_to_write),
    st.sampled_from(["0E-7", "1E-30", "0E+20", "99.999999994", "999999.99994"])
    .map(Decimal)
    .flatmap(ways_to_write),
    st.integers(0, 999_999).map(as_decimal),
    st.floats(0, 999_999).map(as_decimal),
)
absurd_prices = st.one_of(
    st.decimals(Decimal("99.99999998"), 100, places=10).flatmap(ways_to_write),
    st.decimals(Decimal("999999.9998"), 10**6, places=6).flatmap(ways_to_write),
    st.integers(0, 10**30).map(as_decimal),
    st.floats(0, allow_infinity=False).map(as_decimal),
    st.sampled_from(["1e-9999", "1E+999"]).map(lambda value: Given(value, Decimal(value))),
    nothing,
)
sound_counts = st.one_of(
    st.integers(0, 10**9).map(lambda value: Given(value, value)),
    st.integers(0, 10**9).map(lambda value: Given(f"{value:012}", value)),
)
absurd_counts = st.one_of(
    st.integers(INT_MAX - 2, INT_MAX + 2).map(lambda value: Given(value, value)),
    st.integers(0, 10**39).map(lambda value: Given(str(value), value)),
    st.sampled_from([1.0, 12.5, "1.0", "1e3", " 1", Decimal(1)]).map(lambda v: Given(v, None)),
    nothing,
)
# Three letters are a code and are stored in capitals.
CURRENCIES = {
    "USD": "USD",
    "RMB": "RMB",
    " eur ": "EUR",
    "Rmb": "RMB",
    "新台幣": "新台幣",
    "ßab": "ßab",
    "US d": "US d",
    "": "",
    "  ": "",
    "x" * 20: "x" * 20,
}
sound_currencies = st.sampled_from(list(CURRENCIES.items())).map(lambda pair: Given(*pair))
absurd_currencies = st.sampled_from(
    ["x" * 21, "U\0D", "\ud800", 1, True, ["USD"], b"USD", {}, math.nan]
).map(lambda value: Given(value, None))

SOUND = {
    "prompt_tokens": sound_counts,
    "completion_tokens": sound_counts,
    "total_tokens": sound_counts,
    "prompt_unit_price": sound_prices,
    "prompt_price": sound_prices,
    "completion_price": sound_prices,
    "total_price": sound_prices,
    "currency": sound_currencies,
}
ABSURD = {
    **dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), absurd_counts),
    **dict.fromkeys(
        ("prompt_unit_price", "prompt_price", "completion_price", "total_price"), absurd_prices
    ),
    "currency": absurd_currencies,
}
# Keys that are ignored: no value is wrong.
IGNORED = {"prompt_price_unit": nothing, "latency": nothing, "new in this version": nothing}

sound_usage_objects = st.fixed_dictionaries(
    {
        **{name: st.one_of(values, values, missing_or_null) for name, values in SOUND.items()},
        **IGNORED,
    }
)
usage_objects = st.fixed_dictionaries(
    {
        name: st.one_of(values, values, ABSURD[name], missing_or_null)
        for name, values in SOUND.items()
    }
)


def as_sent(usage: dict[str, Given]) -> dict[str, Any]:
    """The usage object as sent."""
    return {name: given.value for name, given in usage.items() if given.value != "missing"}


def rounded_half_up(number: Decimal, places: int) -> Decimal:
    units = math.floor(Fraction(number) * 10**places + Fraction(1, 2))
    return Decimal(units).scaleb(-places)


def expected(usage: dict[str, Given]) -> Usage | set[str]:
    """The result by spec §2: the usage, or the names of the bad fields."""
    return _Expectation(usage).result()


class _Expectation:
    def __init__(self, usage: dict[str, Given]) -> None:
        self.usage = usage
        self.bad: set[str] = set()

    def result(self) -> Usage | set[str]:
        prompt, completion = self.count("prompt_tokens"), self.count("completion_tokens")
        total = self.count("total_tokens", prompt + completion)
        if total > INT_MAX:
            self.bad.add("total_tokens")
        currency = self.meaning("currency", "") or "USD"
        cost = self.cost()
        exact = sum(Fraction(price) for price in self.prices())
        digits = Context(100, ROUND_DOWN)
        usage = Usage(
            *(prompt, completion, total, self.unit_price(), currency, cost),
            given_cost=digits.divide(exact.numerator, exact.denominator),
        )
        return self.bad or usage

    def is_there(self, name: str) -> bool:
        return self.usage[name].value not in ("missing", None)

    def meaning(self, name: str, otherwise: Any) -> Any:
        if not self.is_there(name):
            return otherwise
        meaning = self.usage[name].meaning
        if meaning is None:
            self.bad.add(name)
        return otherwise if meaning is None else meaning

    def count(self, name: str, otherwise: int = 0) -> int:
        count: int = self.meaning(name, otherwise)
        if count > INT_MAX and self.is_there(name):
            self.bad.add(name)
            return 0
        return count

    def unit_price(self) -> Decimal | None:
        price = rounded_half_up(self.meaning("prompt_unit_price", Decimal(0)), 8)
        return price if price <= UNIT_PRICE_MAX else None

    def cost(self) -> Decimal:
        if self.is_there("total_price"):
            return self.money("total_price", self.meaning("total_price", Decimal(0)))
        parts = [self.meaning(name, Decimal(0)) for name in ("prompt_price", "completion_price")]
        for name, part in zip(("prompt_price", "completion_price"), parts, strict=True):
            self.money(name, part)
        if self.bad & {"prompt_price", "completion_price"}:
            return Decimal(0)
        total = sum(Fraction(part) for part in parts)
        return self.money("completion_price", Decimal(math.floor(total * 10**70)).scaleb(-70))

    def prices(self) -> list[Decimal]:
        names = ["total_price"]
        if not self.is_there("total_price"):
            names = ["prompt_price", "completion_price"]
        return [self.meaning(name, Decimal(0)) for name in names]

    def money(self, name: str, amount: Decimal) -> Decimal:
        cost = rounded_half_up(amount, 4)
        if cost > COST_MAX:
            self.bad.add(name)
        return cost
