"""Reads a usage object by the table of `stats.ingest.shapes`; knows no Django.

A price is a string with up to seven decimals, a string in scientific notation, or a number. A null
key counts as missing, an unknown key is ignored. An object without a shape gives zeros and its
keys.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from stats.core.money import DEFAULT_CURRENCY
from stats.ingest import columns
from stats.ingest.columns import EXACT, InvalidFieldsError
from stats.ingest.shapes import (
    COST,
    COST_KEYS,
    IN_KEYS,
    NO_USAGE_KEYS,
    OUT_KEYS,
    RESPONSE_COST,
    WRAPPERS,
    Keys,
    Shape,
    shape_of,
)

Value = TypeVar("Value")
ZERO = Decimal(0)
NO_PRICE: Decimal | None = ZERO
NO_COST = ZERO, ZERO
TOO_LARGE = "The sum does not fit the column."
# How many unknown keys are reported, and how many characters of each.
MOST_KEYS = 10
KEY_LENGTH = 40
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(slots=True)
class Usage:
    """The tokens of a call, the price of one token, and the cost, both in `currency`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    # None if the price is too large for its column: the call is stored without it.
    prompt_unit_price: Decimal | None
    currency: str
    cost: Decimal
    # The cost before rounding.
    given_cost: Decimal = ZERO
    # Some keys that were not understood, safe for a header.
    unknown_keys: Keys = ()
    # The duration as given, which few calls need.
    seconds: object = field(default=None, compare=False)


NO_USAGE_AT_ALL = Usage(0, 0, 0, ZERO, DEFAULT_CURRENCY, ZERO)


def usage_of(given: Mapping[str, object]) -> Usage | None:
    """The usage of a posted call; None if it has neither `metadata` nor `usage`. Raises
    `InvalidFieldsError`, naming every bad field."""
    if (metadata := given.get("metadata")) is not None:
        return parse_metadata(metadata)
    if given.get("usage") is not None:
        # As in metadata, LiteLLM's cost may stand beside `usage`.
        return parse_metadata({name: given.get(name) for name in ("usage", RESPONSE_COST)}, "")
    return None


def parse_metadata(metadata: object, path: str = "metadata.") -> Usage:
    """The usage in `metadata`, which may itself be the usage object; without any, zeros.

    `path` is the prefix of field names. Raises `InvalidFieldsError`, naming every bad field.
    """
    around = _mapping(path[:-1], metadata)
    if (within := around.get("usage")) is None:
        return _read(around, path)
    usage, usage_path = _mapping(f"{path}usage", within), f"{path}usage."
    # LiteLLM's cost stands beside the usage object.
    if around.get(RESPONSE_COST) is not None and usage.get(RESPONSE_COST) is None:
        return _read({**usage, RESPONSE_COST: around[RESPONSE_COST]}, usage_path, path)
    found = _read(usage, usage_path)
    if not found.given_cost:
        found.unknown_keys += tuple(key for key in COST_KEYS if around.get(key))
    return found


def _mapping(path: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidFieldsError({path: "An object is needed."})
    return value


def _read(given: Mapping[str, object], path: str, cost_path: str | None = None) -> Usage:
    shape = shape_of(given)
    if shape is None:
        return _read_within(given, path)
    if "cost" in shape.cost and isinstance(given.get("cost"), Mapping):
        # Perplexity's cost is an object of amounts.
        return _read({**given, "cost": None}, path, cost_path)
    return _UsageReader(given, shape, path, cost_path).read()


def _read_within(given: Mapping[str, object], path: str) -> Usage:
    """Reads an answer that has the usage object under a key of its own, one level deep."""
    for wrapper in WRAPPERS:
        if given.get(wrapper) is not None:
            within = _mapping(path + wrapper, given[wrapper])
            if given.get(RESPONSE_COST) is not None:
                within = {RESPONSE_COST: given[RESPONSE_COST], **within}
            if shape := shape_of(within):
                return _UsageReader(within, shape, f"{path}{wrapper}.", path).read()
            given = within
            break
    return replace(NO_USAGE_AT_ALL, unknown_keys=_keys_of(given))


def _keys_of(given: Mapping[str, object], understood: Keys = ()) -> Keys:
    known = NO_USAGE_KEYS.union(understood)
    return _safe_keys(key for key, value in given.items() if value is not None and key not in known)


def _safe_keys(keys: Iterable[object]) -> Keys:
    """A few keys, shortened, in ASCII, without characters that end a header or a word in it."""
    return tuple(_UNSAFE.sub("?", str(key)[:KEY_LENGTH]) or "?" for key in islice(keys, MOST_KEYS))


class _UsageReader:
    """Reads one usage object, collecting the errors of all its fields."""

    __slots__ = ("cost_path", "errors", "given", "path", "shape")

    def __init__(
        self, given: Mapping[str, object], shape: Shape, path: str, cost_path: str | None
    ) -> None:
        self.given = given
        self.shape = shape
        self.path = path
        # The path of a cost beside the usage object.
        self.cost_path = cost_path
        self.errors: dict[str, str] = {}

    def read(self) -> Usage:
        shape = self.shape
        tokens_in, tokens_out = self._tokens(shape.tokens_in), self._tokens(shape.tokens_out)
        total = self._first(shape.total, columns.count, None)
        if total is None:
            total = self._sum(tokens_in, tokens_out)
        cost, given_cost = self._cost()
        is_all_read = tokens_in and tokens_out and cost and total <= tokens_in + tokens_out
        usage = Usage(
            tokens_in,
            tokens_out,
            total,
            self._first(shape.unit_price, _unit_price_if_it_fits, NO_PRICE),
            self._first(shape.currency, columns.currency, "") or DEFAULT_CURRENCY,
            cost,
            given_cost,
            () if is_all_read else self._unread(tokens_in, tokens_out, total, given_cost),
            self.given.get(shape.seconds) if shape.seconds else None,
        )
        if self.errors:
            raise InvalidFieldsError(self.errors)
        if not shape.tokens_in:
            usage.unknown_keys = _keys_of(self.given, shape.cost)
        return usage

    def _first(self, keys: Keys, parse: Callable[[object], Value], default: Value) -> Value:
        """The parsed value of the first key that is present."""
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

    def _cost(self) -> tuple[Decimal, Decimal]:
        """The cost, rounded and as given."""
        costs = self._first(self.shape.cost, columns.cost_and_given, None)
        if costs is not None:
            return costs
        is_bad = any(self.given.get(key) is not None for key in self.shape.cost)
        return NO_COST if is_bad or not self.shape.cost_parts else self._sum_of_parts()

    def _sum_of_parts(self) -> tuple[Decimal, Decimal]:
        total = ZERO
        for key in self.shape.cost_parts:
            _rounded, part = self._first((key,), columns.cost_and_given, NO_COST)
            total = EXACT.add(total, part)
        try:
            return columns.cost_and_given(total)
        except ValueError as error:
            first, *_others, last = self.shape.cost_parts
            self.errors[self._path(last)] = f"With {first}: {error}"
            return NO_COST

    def _unread(self, tokens_in: int, tokens_out: int, total: int, cost: Decimal) -> Keys:
        """What got into no column: tokens and costs as another shape names them, and whatever makes
        the total larger than tokens in and out."""
        shape, given = self.shape, self.given
        costs = () if cost else [key for key in COST if key not in shape.cost and given.get(key)]
        has_more = total > tokens_in + tokens_out
        if tokens_in and tokens_out and not has_more:
            return _safe_keys(costs) if costs else ()
        others = set().union(costs, () if tokens_in else IN_KEYS, () if tokens_out else OUT_KEYS)
        read = {key for keys in (*shape.tokens_in, *shape.tokens_out, shape.total) for key in keys}
        return _safe_keys(
            key
            for key, value in given.items()
            if value
            and key not in read
            and (key in others or (has_more and "token" in str(key).lower()))
        )


def _unit_price_if_it_fits(value: object) -> Decimal | None:
    try:
        return columns.unit_price(value)
    except columns.DoesNotFitError:
        return None
