"""Database errors that a repetition does not mend, by their number.

All others may pass: a lock, a restarting server, a full disk, a missing right or table.
"""

import re
from dataclasses import dataclass

from django.db import DatabaseError

# MariaDB, MySQL: all ids are used.
NO_MORE_IDS = {167, 1467}
DUPLICATE = {1022, 1062, 1586}
# A row breaks a rule of the table: NOT NULL, lengths, ranges, characters, CHECK, foreign keys,
# triggers, generated columns, partitions, views, JSON.
LASTING = DUPLICATE | NO_MORE_IDS | {
    1048, 1216, 1264, 1265, 1292, 1364, 1365, 1366, 1369, 1406, 1411, 1426, 1442, 1452, 1526, 1644,
    1690, 1748, 1906, 3105, 3140, 3157, 3819, 3988, 4025,
}  # fmt: skip
# SQLite; it checks foreign keys at the COMMIT.
LASTING_NAMES = {f"SQLITE_CONSTRAINT_{name}" for name in ("CHECK", "NOTNULL", "TRIGGER", "UNIQUE")}
SIGNAL = 1644
NO_FIELD = "non_field_errors"
_COLUMN = re.compile(r"(?:[Cc]olumn|Field) [`']?(?:`?\w+`?\.`?\w+`?\.`?)?(\w+)[`']")
_CONSTRAINT = re.compile(r"(?:CONSTRAINT|[Cc]heck constraint|for key) [`']([^`']+)[`']")
# SQLite: "UNIQUE constraint failed: table.column".
_FAILED = re.compile(r"constraint failed: (.+)")
_PRIMARY = re.compile(r"for key '(?:\w+\.)?PRIMARY'")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the database refuses a row, and the field, if it is one field."""

    field: str
    sentence: str


def refusal(error: DatabaseError) -> Refusal | None:
    """Why the database refuses a row for good; None if a repetition may succeed."""
    number = error.args[0] if error.args else None
    name = getattr(error.__cause__, "sqlite_errorname", "")
    if number not in LASTING and name not in LASTING_NAMES:
        return None
    message = str(error.args[-1])
    if number in NO_MORE_IDS or (number in DUPLICATE and _PRIMARY.search(message)):
        return Refusal(
            NO_FIELD, "No id is left for a call: the owner of the table has to widen id."
        )
    if number == SIGNAL:
        return Refusal(NO_FIELD, f"The database refuses it: {message}.")
    if constraint := _CONSTRAINT.search(message) or _FAILED.search(message):
        return Refusal(NO_FIELD, f"The database refuses it by the constraint {constraint[1]}.")
    if column := _COLUMN.search(message):
        return Refusal(column[1], "The database's column does not take this value.")
    return Refusal(NO_FIELD, f"The database refuses it: {message}.")
