"""The rules for a posted call, in one table; knows no Django.

`record_api_call`, `POST calls/` and the OpenAPI document read `COLUMNS`. A call comes in one of
three forms: with `metadata`, with a `usage` object, or with the columns themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from stats.core.money import COST_MAX, DEFAULT_CURRENCY, UNIT_PRICE_MAX
from stats.ingest import columns
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.shapes import LATENCY, RESPONSE_COST
from stats.ingest.usage import NO_USAGE_AT_ALL, TOO_LARGE, Usage, usage_of

# The codes of `Usage-Warnings`.
NO_USAGE = "no-usage"
USAGE_NOT_UNDERSTOOD = "usage-not-understood"
UNPRICED = "unpriced"
COST_ROUNDED_AWAY = "cost-rounded-away"
CURRENCY_UNKNOWN = "currency-unknown"
UNIT_PRICE_DROPPED = "unit-price-dropped"
MESSAGE_CUT = "message-cut"
CLOSED_MONTH = "closed-month"
WARNINGS = {
    NO_USAGE: "The call succeeded but has neither tokens nor a cost.",
    USAGE_NOT_UNDERSTOOD: "The usage object has no known shape, or something in it got into no "
    "column: `keys` has some of its keys.",
    UNPRICED: "There are tokens, but neither a cost nor a unit price.",
    COST_ROUNDED_AWAY: "The cost is above 0, but 0 in four decimals.",
    CURRENCY_UNKNOWN: "The currency is no code of ISO 4217, and no earlier call had it.",
    UNIT_PRICE_DROPPED: "The unit price does not fit its column and is stored as NULL.",
    MESSAGE_CUT: "The error message was cut to 65,535 bytes.",
    CLOSED_MONTH: "The month of the call is closed: the call becomes an adjustment.",
}

# A string of digits is accepted too. The document does not say so: generated clients would wrap
# each number in a union type.
COUNT_SCHEMA = {"type": "integer", "minimum": 0, "maximum": columns.INT_MAX}
MONEY_SCHEMA = {"type": "number", "minimum": 0}
COST_SCHEMA = {**MONEY_SCHEMA, "maximum": float(COST_MAX)}
UNIT_PRICE_SCHEMA = {**MONEY_SCHEMA, "maximum": float(UNIT_PRICE_MAX)}
ID_SCHEMA = {"type": "integer", "minimum": 1, "maximum": columns.BIGINT_MAX}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that callers may give. `is_argument`: an argument of `record_api_call`, too."""

    name: str
    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    default: Any = None
    required: bool = False
    is_argument: bool = False


# In the order of the table, without id and created_at.
COLUMNS = (
    Column("user_id", columns.identifier, ID_SCHEMA, required=True, is_argument=True),
    Column("job_id", columns.identifier, ID_SCHEMA, is_argument=True),
    Column(
        "api_endpoint",
        columns.endpoint,
        # The pattern refuses blanks alone.
        {"type": "string", "minLength": 1, "maxLength": columns.ENDPOINT_LENGTH, "pattern": r"\S"},
        required=True,
        is_argument=True,
    ),
    Column("prompt_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column("completion_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column("total_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column("prompt_unit_price", columns.unit_price, UNIT_PRICE_SCHEMA, default=Decimal(0)),
    Column(
        "prompt_price_unit",
        columns.currency,
        {"type": "string", "maxLength": columns.CURRENCY_LENGTH},
        default=DEFAULT_CURRENCY,
    ),
    Column("cost", columns.cost, COST_SCHEMA, default=Decimal(0)),
    # An unknown time is not 0 ms.
    Column("response_time_ms", columns.count, COUNT_SCHEMA, is_argument=True),
    Column("success", columns.boolean, {"type": "boolean"}, default=True, is_argument=True),
    Column("error_message", columns.error_message, {"type": "string"}, is_argument=True),
)
COLUMN_NAMES = (*(column.name for column in COLUMNS), "created_at")
ARGUMENTS = tuple(column for column in COLUMNS if column.is_argument)
COLUMN_KEYS = set(COLUMN_NAMES)
ARGUMENT_KEYS = {column.name for column in ARGUMENTS} | {"metadata", "created_at"}
USAGE_KEYS = ARGUMENT_KEYS - {"metadata"} | {"usage", RESPONSE_COST}
# The keys of each form, by the key that decides on the usage.
KEYS = {"metadata": ARGUMENT_KEYS, "usage": USAGE_KEYS, None: COLUMN_KEYS}
# Tuples are quicker to iterate over.
_COLUMNS, _ARGUMENTS = (
    tuple((column.name, column.parse, column.default, column.required) for column in group)
    for group in (COLUMNS, ARGUMENTS)
)
ALL_KEYS = COLUMN_KEYS | ARGUMENT_KEYS | USAGE_KEYS

EXAMPLE_CALL: dict[str, Any] = {
    "user_id": 1,
    "job_id": None,
    "api_endpoint": "/chat-messages",
    "metadata": {
        "usage": {
            "prompt_tokens": 1033,
            "prompt_unit_price": "0.001",
            "completion_tokens": 128,
            "total_tokens": 1161,
            "total_price": "0.0012890",
            "currency": "USD",
        }
    },
    "response_time_ms": 768,
}


@dataclass(slots=True)
class NewCall:
    """A row to write; `created_at` is aware."""

    user_id: int
    job_id: int | None
    api_endpoint: str
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    prompt_unit_price: Decimal | None
    prompt_price_unit: str | None
    cost: Decimal | None
    response_time_ms: int | None
    success: bool | None
    error_message: str | None
    created_at: datetime | None
    warnings: tuple[str, ...] = ()
    # Keys of the usage object that were not understood.
    unknown_keys: tuple[str, ...] = ()
    # The cost before rounding; None if the column's own was given and is not rounded to 0.
    given_cost: Decimal | None = field(default=None, compare=False)


def parse_call(given: object, naive_zone: tzinfo, now: datetime) -> NewCall:
    """The row of a call in any form. Raises `InvalidFieldsError`, naming every bad field.

    `now` (aware) is the default of `created_at`; a naive time is read in `naive_zone`.
    """
    if not isinstance(given, Mapping):
        raise InvalidFieldsError({"non_field_errors": "An object is needed."})
    return _CallReader(given, naive_zone, now).read()


class _CallReader:
    """Reads one call, collecting the errors of all its fields. A null counts as a missing key."""

    __slots__ = (
        *("decides", "errors", "given", "given_cost", "naive_zone", "now"),
        *("unknown_keys", "warnings"),
    )

    def __init__(self, given: Mapping[str, Any], naive_zone: tzinfo, now: datetime) -> None:
        self.given = given
        self.naive_zone = naive_zone
        self.now = now
        # The key of `KEYS`.
        self.decides: str | None = None
        if given.get("metadata") is not None:
            self.decides = "metadata"
        elif given.get("usage") is not None:
            self.decides = "usage"
        self.errors: dict[str, str] = {}
        self.warnings: list[str] = []
        self.unknown_keys: tuple[str, ...] = ()
        self.given_cost: Decimal | None = None

    def read(self) -> NewCall:
        self._refuse_foreign_keys()
        values = self._values()
        if self.decides:
            self._add_usage(values)
        else:
            self._complete(values)
        if values["error_message"]:
            values["error_message"], is_cut = values["error_message"]
            if is_cut:
                self.warnings.append(MESSAGE_CUT)
        created_at = self._created_at()
        if self.errors:
            raise InvalidFieldsError(self.errors)
        call = NewCall(**values, created_at=created_at, given_cost=self.given_cost)
        # Most calls have a cost and need no warning.
        if not call.cost:
            self._warn_of_cost(call)
        if self.warnings:
            call.warnings, call.unknown_keys = tuple(self.warnings), self.unknown_keys
        return call

    def _refuse_foreign_keys(self) -> None:
        allowed = KEYS[self.decides]
        if self.given.keys() <= allowed:
            return
        for key in self.given.keys() - allowed:
            if key not in ALL_KEYS:
                self.errors[str(key)] = "There is no such field."
            elif self.given[key] is not None:
                self.errors[key] = (
                    f"Together with {self.decides} this is not allowed: {self.decides} decides."
                    if self.decides
                    else "Without usage this is not allowed."
                )

    def _values(self) -> dict[str, Any]:
        """The value of each column. An array runs this 10,000 times: it calls no helper."""
        given, values = self.given, {}
        for name, parse, default, is_required in _ARGUMENTS if self.decides else _COLUMNS:
            value = given.get(name)
            if value is None:
                if is_required:
                    self.errors[name] = "This field is required."
                values[name] = default
                continue
            try:
                values[name] = parse(value)
            except ValueError as error:
                self.errors[name] = str(error)
                values[name] = default
        return values

    def _add_usage(self, values: dict[str, Any]) -> None:
        usage = self._usage()
        if usage.prompt_unit_price is None:
            self.warnings.append(UNIT_PRICE_DROPPED)
        self.unknown_keys = usage.unknown_keys
        self.given_cost = usage.given_cost
        values["prompt_tokens"] = usage.prompt_tokens
        values["completion_tokens"] = usage.completion_tokens
        values["total_tokens"] = usage.total_tokens
        values["prompt_unit_price"] = usage.prompt_unit_price
        values["prompt_price_unit"] = usage.currency
        values["cost"] = usage.cost
        if values["response_time_ms"] is None and usage.seconds is not None:
            values["response_time_ms"] = self._milliseconds(usage.seconds)
        if self.unknown_keys:
            self.warnings.append(USAGE_NOT_UNDERSTOOD)

    def _milliseconds(self, seconds: object) -> int | None:
        """None if the duration cannot be read, which refuses no call."""
        try:
            return columns.milliseconds(seconds)
        except ValueError:
            self.unknown_keys += (LATENCY,)
            return None

    def _usage(self) -> Usage:
        try:
            return usage_of(self.given) or NO_USAGE_AT_ALL
        except InvalidFieldsError as error:
            self.errors |= error.errors
            return NO_USAGE_AT_ALL

    def _complete(self, values: dict[str, Any]) -> None:
        """Derives what the given columns leave out."""
        if self.given.get("total_tokens") is None:
            total = values["prompt_tokens"] + values["completion_tokens"]
            values["total_tokens"] = total
            if total > columns.INT_MAX:
                self.errors.setdefault("total_tokens", TOO_LARGE)
        if not values["cost"] and self.given.get("cost") is not None and not self.errors:
            self.given_cost = columns.decimal(self.given["cost"])

    def _warn_of_cost(self, call: NewCall) -> None:
        if self.given_cost:
            self.warnings.append(COST_ROUNDED_AWAY)
        if not (call.prompt_tokens or call.completion_tokens or call.total_tokens):
            if call.success:
                self.warnings.append(NO_USAGE)
        elif not (self.given_cost or call.prompt_unit_price):
            self.warnings.append(UNPRICED)

    def _created_at(self) -> datetime | None:
        value = self.given.get("created_at")
        if value is None:
            return self.now.replace(microsecond=0)
        try:
            return columns.moment(value, self.naive_zone, self.now)
        except ValueError as error:
            self.errors["created_at"] = str(error)
            return None
