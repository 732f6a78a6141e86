"""Statements: which told what a report says, and how many something takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection
from django.test.utils import CaptureQueriesContext

from stats.query.selection import Selection

Answer = TypeVar("Answer")


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements that are made within, as they come."""
    made: list[str] = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        made.append(sql)
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield made


def answer_and_statement(
    ask: Callable[[Selection], Answer], selection: Selection
) -> tuple[Answer, str]:
    """The last statement is the answer; the first read the state."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(selection)
    return answer, queries[-1]["sql"]
