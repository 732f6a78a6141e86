"""Transactions that are repeated after a deadlock."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

from stats.db.errors import is_deadlock

Result = TypeVar("Result")
REPEATS = 3
# Seconds that a writing request waits for the locks of others.
LONGEST_WAIT = 5


def repeated(write: Callable[[], Result]) -> Result:
    """Run `write`, a whole transaction, again after a deadlock; returns its result.

    A cluster reports a deadlock if another node was first, also at the COMMIT.
    Raises the `OperationalError` of the last attempt.
    """
    for _attempt in range(REPEATS):
        try:
            return write()
        except OperationalError as error:
            if not is_deadlock(error):
                raise
    return write()
