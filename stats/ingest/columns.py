"""The values that each column of dt_api_usage_stats takes (spec §1); knows no Django.

Each function takes what a caller gave and returns what the column will hold. It raises `ValueError`
with a sentence for the caller.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

from stats.core.currencies import as_written
from stats.core.money import COST_MAX, COST_STEP, UNIT_PRICE_MAX, UNIT_PRICE_STEP
from stats.core.periods import EARLIEST, iso_datetime

INT_MAX = 2**31 - 1
BIGINT_MAX = 2**63 - 1
TEXT_BYTES = 65_535
ENDPOINT_LENGTH = 200
CURRENCY_LENGTH = 20
LONGEST_SECONDS = Decimal(INT_MAX // 1_000)
# Keeps all digits that a caller may give. Further ones are cut: rounding them up could lift a value
# to a half that the column's rounding lifts again.
EXACT = Context(prec=100, rounding=ROUND_DOWN)
# Clocks differ: the time of a call may be this far ahead.
CLOCK_TOLERANCE = timedelta(minutes=5)
# No period reaches an earlier time.
EARLIEST_MOMENT = datetime.combine(EARLIEST, time(), UTC)
TOO_WIDE = "This database holds no characters beyond U+FFFF, such as emoji, in this field."

_DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,60})?|\.\d{1,60})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ID_IN_PATH = re.compile(
    r"(?<=/)(?:[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,})"
    r"(?=[/?#:]|$)"
)


class InvalidFieldsError(ValueError):
    """What is wrong with what was given: `errors` maps each bad field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


class DoesNotFitError(ValueError):
    """A well-formed number that is too large for its column."""


def identifier(value: object) -> int:
    """The id of a user or a job: a whole number from 1."""
    if type(value) is not int or value < 1:
        raise ValueError("A whole number from 1 is needed.")
    if value > BIGINT_MAX:
        raise DoesNotFitError("The number is too large.")
    return value


def count(value: object) -> int:
    """Tokens or milliseconds: an integer from 0, or a string of digits."""
    if type(value) is str and _DIGITS.fullmatch(value):
        value = int(value)
    if type(value) is not int:
        raise ValueError("A whole number is needed, as an integer or a string of digits.")
    if value < 0:
        raise ValueError("A number from 0 is needed, not a negative one.")
    if value > INT_MAX:
        raise DoesNotFitError(f"The number does not fit the column: the largest is {INT_MAX}.")
    return value


def decimal(value: object) -> Decimal:
    """A finite decimal from 0, from a JSON number or a string, not rounded.

    A float, which only a Python caller can give, counts as the decimal that it prints as.
    """
    if type(value) is str or type(value) is float:
        text = value.strip() if type(value) is str else repr(value)
        if not _DECIMAL.fullmatch(text):
            raise ValueError("A decimal number is needed.")
        value = Decimal(text)
    elif type(value) is int:
        value = Decimal(value)
    elif type(value) is not Decimal or not value.is_finite():
        raise ValueError("A decimal number is needed.")
    if value < 0:
        raise ValueError("A number from 0 is needed, not a negative one.")
    return value


def cost(value: object) -> Decimal:
    """An amount of money in its currency, rounded half up to 4 decimals."""
    return cost_and_given(value)[0]


def cost_and_given(value: object) -> tuple[Decimal, Decimal]:
    """A cost, rounded and as given."""
    given = decimal(value)
    return _fit(given, COST_STEP, COST_MAX), given


def unit_price(value: object) -> Decimal:
    """A price of one unit of tokens, rounded half up to 8 decimals."""
    return _fit(decimal(value), UNIT_PRICE_STEP, UNIT_PRICE_MAX)


def _fit(value: Decimal, step: Decimal, largest: Decimal) -> Decimal:
    # `quantize` raises for an enormous number.
    if value > 2 * largest or (fitted := value.quantize(step, ROUND_HALF_UP)) > largest:
        raise DoesNotFitError(f"The number does not fit the column: the largest is {largest}.")
    return fitted


def milliseconds(seconds: object) -> int:
    """Whole milliseconds of decimal seconds, rounded half up."""
    given = decimal(seconds)
    # Multiplying an enormous number would raise.
    if given > LONGEST_SECONDS:
        raise DoesNotFitError(f"The number does not fit the column: {INT_MAX} ms is the longest.")
    return int(EXACT.multiply(given, 1_000).to_integral_value(ROUND_HALF_UP))


def endpoint(value: object) -> str:
    """An endpoint of 1 to 200 characters, stripped."""
    text = line(value, ENDPOINT_LENGTH)
    if not text:
        raise ValueError("This may not be empty.")
    return text


def without_ids(endpoint: str) -> str:
    """The endpoint with `{id}` for each part of its path that is a number, a UUID or long hex."""
    return _ID_IN_PATH.sub("{id}", endpoint)[:ENDPOINT_LENGTH]


def currency(value: object) -> str:
    """A currency of up to 20 characters, stripped; a code of ISO 4217 in capitals."""
    return as_written(line(value, CURRENCY_LENGTH))


def line(value: object, length: int) -> str:
    """A text of up to `length` characters, stripped."""
    text = _text(value).strip()
    if "\0" in text:
        raise ValueError("A NUL character is not allowed.")
    if len(text) > length:
        raise DoesNotFitError(f"At most {length} characters fit; these are {len(text)}.")
    return text


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("A string is needed.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("This is no valid Unicode text (a lone surrogate).") from None
    return value


def error_message(value: object) -> tuple[str, bool]:
    """The message, cut to 65,535 bytes (ending in `…`), and whether it was cut."""
    text = _text(value)
    encoded = text.encode()
    if len(encoded) <= TEXT_BYTES:
        return text, False
    ellipsis_bytes = "…".encode()
    kept = encoded[: TEXT_BYTES - len(ellipsis_bytes)].decode(errors="ignore")
    return kept + "…", True


def boolean(value: object) -> bool:
    """true or false."""
    if type(value) is not bool:
        raise ValueError("true or false is needed.")
    return value


def moment(value: object, naive_zone: tzinfo, now: datetime) -> datetime:
    """An ISO 8601 date and time, cut to the second, aware; a naive one is read in `naive_zone`.

    It lies between `EARLIEST_MOMENT` and `CLOCK_TOLERANCE` after `now`.
    """
    if type(value) is str and len(value) > 10:
        with suppress(ValueError):
            value = iso_datetime(value.strip())
    if not isinstance(value, datetime):
        raise ValueError("A date and time in ISO 8601 is needed, like 2026-11-24T08:30:00+08:00.")
    if value.tzinfo is None:
        value = value.replace(tzinfo=naive_zone)
    if value < EARLIEST_MOMENT:
        raise ValueError(f"This lies before {EARLIEST} (UTC): no call is that old.")
    if value > now + CLOCK_TOLERANCE:
        raise ValueError("This lies more than 5 minutes in the future.")
    return value.replace(microsecond=0) if value.microsecond else value
