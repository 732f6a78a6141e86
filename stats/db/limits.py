"""The time limit for the SELECTs of a request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from math import inf
from time import monotonic
from typing import Any

from django.db import connection
from django.db.utils import OperationalError

from stats.db.dialects import dialect
from stats.db.errors import TooSlowError, is_too_slow

# How a statement that reads begins.
READS = ("SELECT", "(SELECT", "WITH")
# The deadline of the current request, in seconds of `monotonic`; None without a limit.
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Limit this connection's SELECTs to so many seconds in total; the earlier of nested limits
    applies. Raises `TooSlowError`.
    """
    outer = _deadline.get()
    deadline = monotonic() + seconds
    token = _deadline.set(deadline if outer is None else min(outer, deadline))
    try:
        with nullcontext() if outer is not None else _limited():
            yield
    except OperationalError as error:
        if not is_too_slow(error):
            raise
        raise TooSlowError from error
    finally:
        _deadline.reset(token)


@contextmanager
def _limited() -> Iterator[None]:
    try:
        with connection.execute_wrapper(_execute_limited):
            yield
    finally:
        # Without a connection there is nothing to undo.
        if connection.connection is not None:
            dialect().unbound()


def _execute_limited(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    # Django's own question for the version comes by here, and the dialect depends on the answer.
    if sql.startswith(READS):
        sql = dialect().bounded(sql, _seconds_left)
    return execute(sql, params, many, context)


def _seconds_left() -> float:
    deadline = _deadline.get()
    return inf if deadline is None else deadline - monotonic()
