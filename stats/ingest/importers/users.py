"""The user of a row: a number, or a name that a CSV maps to one."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from stats.ingest import columns

_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)
# A longer list is not for people to fill in.
MOST_NAMES = 100_000
NOBODY = "The row names no user. The CSV of --users may have a line with an empty name for such."


class Users:
    """User ids by name in the source, and the names without one.

    `as_written` gives the spelling of a name in the CSV of --users.
    """

    def __init__(self, numbers: Mapping[str, int], as_written: Callable[[str], str]) -> None:
        self.numbers = numbers
        self.as_written = as_written
        self.unknown: dict[str, None] = {}

    def number(self, given: object) -> int:
        """The user's id in this ledger. Raises `ValueError`."""
        name = _name(given)
        for written in (name, self.as_written(name)) if self.numbers else ():
            if written in self.numbers:
                return self.numbers[written]
        if _DIGITS.fullmatch(name):
            return columns.identifier(int(name))
        if len(self.unknown) < MOST_NAMES:
            self.unknown[name] = None
        if not name:
            raise ValueError(NOBODY)
        raise ValueError("The user is no number, and has none in the CSV of --users.")


def _name(given: object) -> str:
    if given is None:
        return ""
    if type(given) is int or (type(given) is Decimal and given.is_finite()):
        return str(given)
    return columns.line(given, 500)
