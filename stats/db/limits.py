"""How long a request may keep the database at work."""

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

# When what is being answered must be through (seconds of `monotonic`), None where it may take long.
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Bounds what this connection's SELECTs take from now on, all together; within another such
    bound, the nearer holds. Raises `TooSlowError`.
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
        dialect().unbound()


def _execute_limited(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    return execute(dialect().bounded(sql, _seconds_left), params, many, context)


def _seconds_left() -> float:
    deadline = _deadline.get()
    return inf if deadline is None else deadline - monotonic()
