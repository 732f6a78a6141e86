"""JSON → Python with numbers exactly as written."""

import json
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any

import msgspec

# Without traps a number that not even a Decimal can hold becomes an infinity, which the rules for
# its field then refuse by name.
_exactly = Context(MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
# A number of any column is shorter.
MOST_DIGITS = 100
_decoder = msgspec.json.Decoder(float_hook=_exactly.create_decimal)


class NotJSONError(ValueError):
    """What cannot be read as JSON, and why, in a sentence's second half."""


def decode(text: bytes) -> object:
    """JSON → Python, where numbers are int or Decimal; of equal keys the last one counts.

    Raises `NotJSONError` for what is no JSON, not UTF-8 or nested too deep.
    """
    try:
        return _decoded(text)
    except RecursionError:
        raise NotJSONError("it is nested too deep") from None
    except UnicodeDecodeError:
        raise NotJSONError("it is not UTF-8") from None
    except UnicodeEncodeError:
        raise NotJSONError("a key has a lone surrogate") from None
    except (msgspec.DecodeError, json.JSONDecodeError) as error:
        raise NotJSONError(str(error)) from None


def _decoded(text: bytes) -> object:
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError:
        # An integer longer than Python reads: msgspec does not tell where. As a Decimal it comes
        # as far as the rules for its field.
        return json.loads(
            text.decode(),
            parse_int=_whole,
            parse_float=_exactly.create_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_members,
        )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """No answer can name a key that is no text: a lone surrogate raises `UnicodeEncodeError`."""
    for key, _value in pairs:
        key.encode()
    return dict(pairs)


def _refuse_constant(name: str) -> None:
    raise NotJSONError(f"{name} is no JSON")


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= MOST_DIGITS else _exactly.create_decimal(digits)
