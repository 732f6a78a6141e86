"""Dify's `metadata.usage` → a frozen record; knows no Django.

Keys and their meaning: Dify's API reference, "Usage". Prices are strings with up to seven
decimals or in scientific notation, in some versions numbers; any key can be missing or null,
which is the same; unknown keys come with new versions and are ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import TypeVar

from stats.core.money import DEFAULT_CURRENCY
from stats.ingest import columns

Value = TypeVar("Value")
# Far more digits than the default context's 28; what lies beyond is cut, since rounding it up could
# lift a sum to the half that the column's rounding then rounds up again.
EXACT = Context(prec=100, rounding=ROUND_DOWN)
NO_PRICE: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call used: tokens, the price of one unit, the cost in `currency`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    # None where Dify's price is too large for its column: a call is worth more than its unit price.
    prompt_unit_price: Decimal | None
    currency: str
    cost: Decimal


class InvalidUsageError(ValueError):
    """What is wrong with the metadata: `errors` maps the path of each bad field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in errors.items()))
        self.errors = errors


def parse_metadata(metadata: object) -> Usage:
    """The usage in Dify's `metadata`; without any, zeros.

    Raises `InvalidUsageError`, naming every bad field.
    """
    usage = _mapping("metadata.usage", _mapping("metadata", metadata).get("usage"))
    return _UsageReader(usage).read()


def _mapping(path: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidUsageError({path: "An object is needed."})
    return value


class _UsageReader:
    """Reads one usage object, collecting the errors of all its fields."""

    def __init__(self, usage: Mapping[str, object]) -> None:
        self.given = usage
        self.errors: dict[str, str] = {}

    def read(self) -> Usage:
        prompt = self._field("prompt_tokens", columns.count, 0)
        completion = self._field("completion_tokens", columns.count, 0)
        usage = Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=self._field("total_tokens", columns.count, prompt + completion),
            prompt_unit_price=self._field("prompt_unit_price", _unit_price_if_it_fits, NO_PRICE),
            currency=self._field("currency", columns.currency, "") or DEFAULT_CURRENCY,
            cost=self._cost(),
        )
        if usage.total_tokens > columns.INT_MAX:
            sentence = "The sum does not fit the column."
            self.errors.setdefault("metadata.usage.total_tokens", sentence)
        if self.errors:
            raise InvalidUsageError(self.errors)
        return usage

    def _field(self, key: str, parse: Callable[[object], Value], default: Value) -> Value:
        value = self.given.get(key)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.errors[f"metadata.usage.{key}"] = str(error)
            return default

    def _cost(self) -> Decimal:
        if self.given.get("total_price") is not None:
            return self._field("total_price", columns.cost, Decimal(0))
        return self._sum_of_prices()

    def _sum_of_prices(self) -> Decimal:
        prompt = self._field("prompt_price", _price, Decimal(0))
        completion = self._field("completion_price", _price, Decimal(0))
        try:
            return columns.cost(EXACT.add(prompt, completion))
        except ValueError as error:
            self.errors["metadata.usage.completion_price"] = f"With prompt_price: {error}"
            return Decimal(0)


def _price(value: object) -> Decimal:
    """A part of the cost: checked like a cost, but rounded only once, after the sum."""
    columns.cost(value)
    return columns.decimal(value)


def _unit_price_if_it_fits(value: object) -> Decimal | None:
    try:
        return columns.unit_price(value)
    except columns.DoesNotFitError:
        return None
