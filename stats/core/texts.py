"""Characters beyond U+FFFF, which `utf8mb3` columns of MariaDB and MySQL cannot hold."""

import re

_WIDE = re.compile("[\U00010000-\U0010ffff]")


def is_narrow(value: object) -> bool:
    """True if a utf8mb3 column can hold the value."""
    return not (isinstance(value, str) and _WIDE.search(value))


def narrowed(text: str) -> str:
    """The text with U+FFFD for each character that a utf8mb3 column cannot hold."""
    return _WIDE.sub("\ufffd", text)
