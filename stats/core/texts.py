"""Characters beyond U+FFFF, which MariaDB and MySQL leave out of `utf8mb3`."""

import re

_WIDE = re.compile("[\U00010000-\U0010ffff]")


def is_narrow(value: object) -> bool:
    """Whether a utf8mb3 column holds this."""
    return not (isinstance(value, str) and _WIDE.search(value))


def narrowed(text: str) -> str:
    """The text with U+FFFD for each character that a utf8mb3 column does not hold."""
    return _WIDE.sub("\ufffd", text)
