"""A usage object → a frozen record, by the table of `stats.ingest.shapes`; knows no Django.

Prices are strings with up to seven decimals or in scientific notation, in some versions numbers;
any key can be missing or null, which is the same; unknown keys come with new versions and are
ignored. An object that no row of the table understands gives zeros, and its keys are told.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from itertools import islice
from typing import TypeVar

from stats.core.money import DEFAULT_CURRENCY
from stats.ingest import columns
from stats.ingest.shapes import (
    COUNT_KEYS,
    NO_USAGE_KEYS,
    RESPONSE_COST,
    WRAPPERS,
    Keys,
    Shape,
    shape_of,
)

Value = TypeVar("Value")
# Far more digits than the default context's 28; what lies beyond is cut, since rounding it up could
# lift a sum to the half that the column's rounding then rounds up again.
EXACT = Context(prec=100, rounding=ROUND_DOWN)
ZERO = Decimal(0)
NO_PRICE: Decimal | None = ZERO
# Seconds, whose milliseconds the column holds.
LONGEST = Decimal(columns.INT_MAX // 1_000)
TOO_LARGE = "The sum does not fit the column."
# So many keys are told, and so many characters of each.
MOST_KEYS = 10
KEY_LENGTH = 40
_NOT_TOLD = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(slots=True)
class Usage:
    """What one call used: tokens, the price of one unit, the cost in `currency`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    # None where the price is too large for its column: a call is worth more than its unit price.
    prompt_unit_price: Decimal | None
    currency: str
    cost: Decimal
    # Above 0, but 0 in the column.
    is_cost_rounded_away: bool = False
    # What was there and was not understood: some of the keys, as a header may carry them.
    unknown_keys: Keys = ()
    # How long the call took, as it was told: few ask, and reading it takes its time.
    seconds: object = field(default=None, compare=False)

    @property
    def response_time_ms(self) -> int | None:
        """None where the usage does not tell."""
        return None if self.seconds is None else _milliseconds_if_told(self.seconds)


NO_USAGE_AT_ALL = Usage(0, 0, 0, ZERO, DEFAULT_CURRENCY, ZERO)


class InvalidUsageError(ValueError):
    """What is wrong with the metadata: `errors` maps the path of each bad field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in errors.items()))
        self.errors = errors


def parse_metadata(metadata: object, path: str = "metadata.") -> Usage:
    """The usage in `metadata`, or that it is itself; without any, zeros. `path` begins its fields'.

    Raises `InvalidUsageError`, naming every bad field.
    """
    around = _mapping(path[:-1], metadata)
    if (within := around.get("usage")) is None:
        return _read(around, path)
    usage, usage_path = _mapping(f"{path}usage", within), f"{path}usage."
    # LiteLLM's cost stands beside the usage.
    if around.get(RESPONSE_COST) is not None and usage.get(RESPONSE_COST) is None:
        return _read({**usage, RESPONSE_COST: around[RESPONSE_COST]}, usage_path, path)
    return _read(usage, usage_path)


def _mapping(path: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidUsageError({path: "An object is needed."})
    return value


def _read(given: Mapping[str, object], path: str, cost_path: str | None = None) -> Usage:
    shape = shape_of(given)
    if shape is None:
        return _read_within(given, path)
    if "cost" in shape.cost and isinstance(given.get("cost"), Mapping):
        # Perplexity's is an object of amounts, not one.
        return _read({**given, "cost": None}, path, cost_path)
    return _UsageReader(given, shape, path, cost_path).read()


def _read_within(given: Mapping[str, object], path: str) -> Usage:
    """Of an answer that has the object under a key of its own; one level deep, and no further."""
    for wrapper in WRAPPERS:
        if given.get(wrapper) is not None:
            within = _mapping(path + wrapper, given[wrapper])
            if given.get(RESPONSE_COST) is not None:
                within = {RESPONSE_COST: given[RESPONSE_COST], **within}
            if shape := shape_of(within):
                return _UsageReader(within, shape, f"{path}{wrapper}.", path).read()
            return _not_understood(within)
    return _not_understood(given)


def _not_understood(given: Mapping[str, object]) -> Usage:
    return replace(NO_USAGE_AT_ALL, unknown_keys=_keys_there(given))


def _keys_there(given: Mapping[str, object], understood: Keys = ()) -> Keys:
    known = NO_USAGE_KEYS.union(understood)
    return _told_keys(key for key, value in given.items() if value is not None and key not in known)


def _told_keys(keys: Iterable[object]) -> Keys:
    """Safe wherever they are told: bounded, ASCII, without what ends a header or a word in it."""
    told = islice(keys, MOST_KEYS)
    return tuple(_NOT_TOLD.sub("?", str(key)[:KEY_LENGTH]) or "?" for key in told)


class _UsageReader:
    """Reads one usage object, collecting the errors of all its fields."""

    __slots__ = ("cost_path", "errors", "given", "is_cost_rounded_away", "path", "shape")

    def __init__(
        self, given: Mapping[str, object], shape: Shape, path: str, cost_path: str | None
    ) -> None:
        self.given = given
        self.shape = shape
        self.path = path
        # Where the cost beside the usage is.
        self.cost_path = cost_path
        self.errors: dict[str, str] = {}
        self.is_cost_rounded_away = False

    def read(self) -> Usage:
        shape = self.shape
        tokens_in, tokens_out = self._tokens(shape.tokens_in), self._tokens(shape.tokens_out)
        total = self._first(shape.total, columns.count, None)
        usage = Usage(
            tokens_in,
            tokens_out,
            self._sum(tokens_in, tokens_out) if total is None else total,
            self._first(shape.unit_price, _unit_price_if_it_fits, NO_PRICE),
            self._first(shape.currency, columns.currency, "") or DEFAULT_CURRENCY,
            self._cost(),
            self.is_cost_rounded_away,
            () if tokens_in or tokens_out else self._other_counts(),
            self.given.get(shape.seconds) if shape.seconds else None,
        )
        if self.errors:
            raise InvalidUsageError(self.errors)
        if not shape.tokens_in:
            usage.unknown_keys = _keys_there(self.given, shape.cost)
        return usage

    def _first(self, keys: Keys, parse: Callable[[object], Value], default: Value) -> Value:
        """What the first key that is there gives."""
        for key in keys:
            value = self.given.get(key)
            if value is not None:
                try:
                    return parse(value)
                except ValueError as error:
                    self.errors[self._path(key)] = str(error)
                    return default
        return default

    def _path(self, key: str) -> str:
        path = self.path if self.cost_path is None or key != RESPONSE_COST else self.cost_path
        return path + key

    def _tokens(self, groups: tuple[Keys, ...]) -> int:
        tokens = 0
        for keys in groups:
            tokens += self._first(keys, columns.count, 0)
        if tokens > columns.INT_MAX:
            self.errors.setdefault(self._path(groups[0][0]), TOO_LARGE)
        return tokens

    def _sum(self, tokens_in: int, tokens_out: int) -> int:
        total = tokens_in + tokens_out
        if total > columns.INT_MAX:
            key = self.shape.total[0] if self.shape.total else self.shape.tokens_out[0][0]
            self.errors.setdefault(self._path(key), TOO_LARGE)
        return total

    def _cost(self) -> Decimal:
        cost = self._first(self.shape.cost, columns.cost, None)
        if cost is None:
            is_bad = any(self.given.get(key) is not None for key in self.shape.cost)
            return ZERO if is_bad else self._sum_of_parts()
        if not cost:
            self.is_cost_rounded_away = self._first(self.shape.cost, is_above_zero, False)
        return cost

    def _sum_of_parts(self) -> Decimal:
        total = ZERO
        if not self.shape.cost_parts:
            return total
        for key in self.shape.cost_parts:
            total = EXACT.add(total, self._first((key,), _price, ZERO))
        try:
            cost = columns.cost(total)
        except ValueError as error:
            first, *_others, last = self.shape.cost_parts
            self.errors[self._path(last)] = f"With {first}: {error}"
            return ZERO
        self.is_cost_rounded_away = not cost and total > 0
        return cost

    def _other_counts(self) -> Keys:
        """Counts of other shapes: keys of two were mixed, and these are not in any column."""
        read = {key for keys in (*self.shape.tokens_in, *self.shape.tokens_out) for key in keys}
        others = COUNT_KEYS - read
        return _told_keys(key for key, value in self.given.items() if value and key in others)


def is_above_zero(value: object) -> bool:
    """Whether an amount is more than nothing, before it is rounded."""
    try:
        return columns.decimal(value) > 0
    except ValueError:
        return False


def _price(value: object) -> Decimal:
    """A part of the cost: checked like a cost, but rounded only once, after the sum."""
    columns.cost(value)
    return columns.decimal(value)


def _unit_price_if_it_fits(value: object) -> Decimal | None:
    try:
        return columns.unit_price(value)
    except columns.DoesNotFitError:
        return None


def _milliseconds_if_told(value: object) -> int | None:
    """Of seconds, rounded half up. A time that cannot be read is unknown, and refuses no call."""
    try:
        seconds = columns.decimal(value)
    except ValueError:
        return None
    # Compared first: multiplying an enormous number would raise.
    if seconds > LONGEST:
        return None
    return int(EXACT.multiply(seconds, 1_000).to_integral_value(ROUND_HALF_UP))
