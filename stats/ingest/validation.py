"""The rules for a call as it is posted, in one table; knows no Django.

`record_api_call`, `POST calls/` (one or many) and the OpenAPI document all read `COLUMNS`.
A call comes in one of two forms: with `metadata` it gives the arguments of `record_api_call`,
without it the columns themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from stats.core.money import COST_MAX, DEFAULT_CURRENCY, UNIT_PRICE_MAX
from stats.ingest import columns, dify

NO_USAGE = "no-usage"
UNIT_PRICE_DROPPED = "unit-price-dropped"
MESSAGE_CUT = "message-cut"

# A string of digits is taken as well. The document does not say so: of a union, generators make a
# type of its own, into which each number has to be put.
COUNT_SCHEMA = {"type": "integer", "minimum": 0, "maximum": columns.INT_MAX}
MONEY_SCHEMA = {"type": "number", "minimum": 0}
ID_SCHEMA = {"type": "integer", "minimum": 1, "maximum": columns.BIGINT_MAX}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as callers may give it."""

    name: str
    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    default: Any = None
    nullable: bool = True
    required: bool = False
    is_argument: bool = False


USER_ID = Column(
    "user_id", columns.identifier, ID_SCHEMA, nullable=False, required=True, is_argument=True
)
JOB_ID = Column("job_id", columns.identifier, ID_SCHEMA, is_argument=True)
API_ENDPOINT = Column(
    "api_endpoint",
    columns.endpoint,
    # Not of blanks alone.
    {"type": "string", "minLength": 1, "maxLength": columns.ENDPOINT_LENGTH, "pattern": r"\S"},
    nullable=False,
    required=True,
    is_argument=True,
)
RESPONSE_TIME_MS = Column(
    "response_time_ms", columns.count, COUNT_SCHEMA, default=0, is_argument=True
)
SUCCESS = Column("success", columns.boolean, {"type": "boolean"}, default=True, is_argument=True)
ERROR_MESSAGE = Column("error_message", columns.error_message, {"type": "string"}, is_argument=True)

# In the order of the table; id is the database's and created_at needs the clock.
COLUMNS = (
    USER_ID,
    JOB_ID,
    API_ENDPOINT,
    Column("prompt_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column("completion_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column("total_tokens", columns.count, COUNT_SCHEMA, default=0),
    Column(
        "prompt_unit_price",
        columns.unit_price,
        {**MONEY_SCHEMA, "maximum": float(UNIT_PRICE_MAX)},
        default=Decimal(0),
    ),
    Column(
        "prompt_price_unit",
        columns.currency,
        {"type": "string", "maxLength": columns.CURRENCY_LENGTH},
        default=DEFAULT_CURRENCY,
    ),
    Column(
        "cost",
        columns.cost,
        {**MONEY_SCHEMA, "maximum": float(COST_MAX)},
        default=Decimal(0),
    ),
    RESPONSE_TIME_MS,
    SUCCESS,
    ERROR_MESSAGE,
)
ARGUMENTS = tuple(column for column in COLUMNS if column.is_argument)
COLUMN_KEYS = {column.name for column in COLUMNS} | {"created_at"}
ARGUMENT_KEYS = {column.name for column in ARGUMENTS} | {"metadata", "created_at"}


@dataclass(slots=True)
class NewCall:
    """The columns of a call to be written; `created_at` is aware, None only where given as null."""

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


class InvalidCallError(ValueError):
    """What is wrong with a call: `errors` maps each bad field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def parse_call(given: object, naive_zone: tzinfo, now: datetime) -> NewCall:
    """A call in either form → the row to write.

    `now` (aware) is the call's time where it gives none; a naive one is read in `naive_zone`.
    Raises `InvalidCallError`, naming every bad field.
    """
    if not isinstance(given, Mapping):
        raise InvalidCallError({"non_field_errors": "An object is needed."})
    return _CallReader(given, naive_zone, now).read()


def may_be_null(column: Column, has_metadata: bool) -> bool:
    """Whether null may be given: in the form of the arguments, success is true or false."""
    return column.nullable and not (has_metadata and column is SUCCESS)


class _CallReader:
    """Reads one call, collecting the errors of all its fields."""

    def __init__(self, given: Mapping[str, Any], naive_zone: tzinfo, now: datetime) -> None:
        self.given = given
        self.naive_zone = naive_zone
        self.now = now
        self.has_metadata = "metadata" in given
        self.errors: dict[str, str] = {}
        self.warnings: list[str] = []

    def read(self) -> NewCall:
        self._refuse_foreign_keys()
        values = self._values()
        if self.has_metadata:
            values |= self._metadata()
        values["error_message"] = self._message(values["error_message"])
        created_at = self._created_at()
        if self.errors:
            raise InvalidCallError(self.errors)
        call = NewCall(**values, created_at=created_at)
        if call.success and not (_tokens(call) or call.cost):
            self.warnings.append(NO_USAGE)
        call.warnings = tuple(self.warnings)
        return call

    def _refuse_foreign_keys(self) -> None:
        allowed = ARGUMENT_KEYS if self.has_metadata else COLUMN_KEYS
        if self.given.keys() <= allowed:
            return
        for key in self.given.keys() - allowed:
            self.errors[str(key)] = (
                "Together with metadata this is not allowed: metadata decides."
                if key in COLUMN_KEYS
                else "There is no such field."
            )

    def _values(self) -> dict[str, Any]:
        """By column. Of ten thousand calls this runs for each field: no call more than needed."""
        given, values = self.given, {}
        for column in ARGUMENTS if self.has_metadata else COLUMNS:
            name = column.name
            value = given.get(name)
            if value is None:
                values[name] = self._nothing(column)
                continue
            try:
                values[name] = column.parse(value)
            except ValueError as error:
                self.errors[name] = str(error)
                values[name] = column.default
        return values

    def _nothing(self, column: Column) -> Any:
        """Null is stored where the form gives columns; else it is the same as missing."""
        if column.name not in self.given:
            if column.required:
                self.errors[column.name] = "This field is required."
            return column.default
        if not may_be_null(column, self.has_metadata):
            self.errors[column.name] = "This may not be null."
        return column.default if self.has_metadata else None

    def _metadata(self) -> dict[str, Any]:
        try:
            usage = dify.parse_metadata(self.given["metadata"])
        except dify.InvalidUsageError as error:
            self.errors |= error.errors
            usage = dify.parse_metadata(None)
        if usage.prompt_unit_price is None:
            self.warnings.append(UNIT_PRICE_DROPPED)
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
            "prompt_unit_price": usage.prompt_unit_price,
            "prompt_price_unit": usage.currency,
            "cost": usage.cost,
        }

    def _message(self, parsed: tuple[str, bool] | None) -> str | None:
        if parsed is None:
            return None
        message, is_cut = parsed
        if is_cut:
            self.warnings.append(MESSAGE_CUT)
        return message

    def _created_at(self) -> datetime | None:
        value = self.given.get("created_at")
        if value is None:
            is_null_column = "created_at" in self.given and not self.has_metadata
            return None if is_null_column else self.now.replace(microsecond=0)
        try:
            return columns.moment(value, self.naive_zone, self.now)
        except ValueError as error:
            self.errors["created_at"] = str(error)
            return None


def _tokens(call: NewCall) -> int:
    return call.prompt_tokens or call.completion_tokens or call.total_tokens or 0
