"""Transactions that the database may ask to have again."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

from stats.db.errors import is_deadlock

Result = TypeVar("Result")
REPEATS = 3
# How long a request that writes waits for rows and tables that others hold, in seconds.
LONGEST_WAIT = 5


def repeated(write: Callable[[], Result]) -> Result:
    """What `write` returns, a whole transaction that is begun anew when it died in a deadlock.

    A cluster says the same when another node was first, at the COMMIT too.
    Raises the `OperationalError` of the last attempt.
    """
    for _attempt in range(REPEATS):
        try:
            return write()
        except OperationalError as error:
            if not is_deadlock(error):
                raise
    return write()
