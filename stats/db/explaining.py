"""The SELECTs that a function runs, formatted, each with its plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlparse
from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement with `%s` for its parameters, and its plan: one row of texts per step."""

    text: str
    params: tuple[Any, ...]
    plan: tuple[tuple[str, ...], ...]


def explained(ask: Callable[[], object]) -> list[Explained]:
    """The SELECTs that `ask` runs, in order. In a transaction, in which nothing folds."""
    made: list[tuple[str, tuple[Any, ...]]] = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "(SELECT")):
            made.append((sql, tuple(params or ())))
        return run(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(execute):
            ask()
        readable = partial(sqlparse.format, reindent=True, indent_after_first=True, wrap_after=80)
        return [Explained(str(readable(sql)), params, _plan(sql, params)) for sql, params in made]


def _plan(sql: str, params: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"{connection.ops.explain_query_prefix()} {sql}", params)
        return tuple(
            tuple("" if value is None else str(value) for value in row) for row in cursor.fetchall()
        )
