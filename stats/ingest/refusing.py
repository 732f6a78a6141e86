"""What the database refuses for good, told as what is wrong with a call."""

from collections.abc import Callable, Sequence

from django.db import DatabaseError, transaction

from stats.db.lasting import refusal
from stats.ingest.validation import NewCall

Write = Callable[[NewCall], object]


def refused(error: DatabaseError) -> dict[str, str]:
    """The errors by field; none where the database may take the call another time."""
    found = refusal(error)
    return {found.field: found.sentence} if found else {}


def refused_of(new_calls: Sequence[NewCall], write: Write) -> dict[int, dict[str, str]]:
    """Per index of calls of which some were refused, the errors: each is tried, and none stays."""
    found = {}
    with transaction.atomic():
        for index, new in enumerate(new_calls):
            if told := _refused_alone(new, write):
                found[index] = told
        transaction.set_rollback(True)
    return found


def _refused_alone(new: NewCall, write: Write) -> dict[str, str]:
    try:
        with transaction.atomic():
            write(new)
    except DatabaseError as error:
        if told := refused(error):
            return told
        raise
    return {}
