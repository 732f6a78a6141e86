"""The text of a cursor: which way it leads, and the call that its page lies behind."""

import base64
import binascii
import json

NOT_OURS = "This is no cursor of ours."


def encoded(forward: bool, id: int, value: str | None) -> str:
    """The cursor of the calls after a call (`forward`) or before it, by id and another value."""
    return base64.urlsafe_b64encode(json.dumps([forward, id, value]).encode()).decode()


def decoded(cursor: str) -> tuple[bool, int, str | None]:
    """What was encoded. Raises `ValueError` for a cursor that is not ours."""
    try:
        forward, id, value = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise ValueError(NOT_OURS) from error
    is_ours = type(forward) is bool and type(id) is int and abs(id) < 2**63
    if not is_ours or not isinstance(value, str | None):
        raise ValueError(NOT_OURS)
    return forward, id, value
