"""What a report says, beside the statement that told it."""

from collections.abc import Callable
from typing import TypeVar

from django.db import connection
from django.test.utils import CaptureQueriesContext

from stats.query.selection import Selection

Answer = TypeVar("Answer")


def answer_and_statement(
    ask: Callable[[Selection], Answer], selection: Selection
) -> tuple[Answer, str]:
    """The last statement is the answer; the first opened the books."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(selection)
    return answer, queries[-1]["sql"]
