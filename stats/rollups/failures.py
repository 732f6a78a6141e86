"""Failures alike but for numbers, UUIDs and the like count as one kind."""

import hashlib
import re

# In this order: what is a UUID is also hex, what is hex may also be a number.
_VARIABLE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\b0x[0-9a-f]+\b"
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"
    r"|\d+(?:[.,:]\d+)*",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s+")
# What of a message counts; the rest is detail.
MESSAGE_LENGTH = 500


def fingerprint(message: str) -> str:
    """The kind of a failure: 40 hex digits, alike for messages that differ in numbers only."""
    shape = _BLANKS.sub(" ", _VARIABLE.sub("#", message[:MESSAGE_LENGTH])).strip().casefold()
    return hashlib.sha1(shape.encode(errors="replace"), usedforsecurity=False).hexdigest()
