"""JSON → Python without rounding numbers."""

import json
import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any

import msgspec

# Without traps, a number too large for a Decimal becomes infinity. The field's rules refuse that
# and name the field.
_exactly = Context(MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
# No column holds a number this long.
MOST_DIGITS = 100
_SURROGATE = re.compile(rb"\\u[dD]")
_decoder = msgspec.json.Decoder(float_hook=_exactly.create_decimal)


class NotJSONError(ValueError):
    """The text is not JSON. The message is the reason, as the second half of a sentence."""


def decode(text: bytes) -> object:
    """JSON → Python, with int or Decimal for numbers. The last of equal keys counts.

    Raises `NotJSONError` if the text is not JSON, not UTF-8, or nested too deep.
    """
    try:
        return _decoded(text)
    except RecursionError:
        raise NotJSONError("it is nested too deep") from None
    except UnicodeDecodeError:
        raise NotJSONError("it is not UTF-8") from None
    except UnicodeEncodeError:
        raise NotJSONError("a key has a lone surrogate") from None
    except json.JSONDecodeError as error:
        raise NotJSONError(str(error)) from None


def _decoded(text: bytes) -> object:
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        # An integer may be longer than Python reads (ValidationError), or a text may have a lone
        # surrogate, and msgspec does not say which one. So they reach the rules of their fields.
        if not isinstance(error, msgspec.ValidationError) and not _SURROGATE.search(text):
            raise NotJSONError(str(error)) from None
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
