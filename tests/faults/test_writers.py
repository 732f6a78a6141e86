"""Folding delays no writer of the other application and makes none fail, nor does it wait for one.

A lock would show as an error: every connection here waits one second at most.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from stats.query import engine
from stats.query.failures import failure_groups
from stats.query.latency import percentiles
from stats.query.selection import Selection
from stats.rollups import rebuilding, verifying
from stats.rollups.folding import fold
from tests.faults.conftest import Application
from tests.ledger import row, write
from tests.locks import waited_for
from tests.rollups.folded import NOW, fold_all, rebuild_all_days

pytestmark = [
    pytest.mark.database("server"),
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.usefixtures("no_margin"),
]

NewApplication = Callable[[], Application]
WORKS: dict[str, Callable[[], object]] = {
    "fold": lambda: fold(NOW),
    "recount": lambda: fold(NOW),
    "rebuild": rebuild_all_days,
    "verify": lambda: verifying.verify(NOW),
    "sums": lambda: engine.by_user(Selection()),
    "histogram": lambda: percentiles(Selection()),
    "failures": lambda: failure_groups(Selection()),
}


@pytest.fixture(params=WORKS)
def work(request: pytest.FixtureRequest, new_application: NewApplication) -> Callable[[], object]:
    """Something of ours, with calls behind and before the fold."""
    some = [row(user_id=user, success=user > 2) for user in (1, 2, 3)] * 5
    write(*some)
    fold_all(most_calls=10)
    if request.param == "recount":
        # A late call: the fold rebuilds its day first.
        written = new_application()
        written.execute("DELETE FROM dt_api_usage_stats WHERE id = 3")
        written.commit()
    write(*some)
    with connection.cursor() as cursor:
        cursor.execute("SET innodb_lock_wait_timeout = 1")
    return WORKS[request.param]


@contextmanager
def before_each_statement(action: Callable[[], object]) -> Iterator[None]:
    """And once more at the end; ours alone are counted."""

    def wrapper(execute: Any, *args: Any) -> Any:
        action()
        return execute(*args)

    with connection.execute_wrapper(wrapper):
        yield
    action()


def test_between_our_statements_every_call_is_free(
    work: Callable[[], object], new_application: NewApplication
) -> None:
    other, watcher = new_application(), new_application()
    locks: list[Any] = []
    statements = 0

    def write_everywhere() -> None:
        nonlocal statements
        statements += 1
        other.execute("UPDATE dt_api_usage_stats SET error_message = 'x', cost = cost + 1")
        other.insert(row())
        other.execute("DELETE FROM dt_api_usage_stats")
        locks.extend(watcher.execute(waited_for()))
        other.rollback()

    with before_each_statement(write_everywhere):
        work()
    assert statements > 1
    assert locks == []


def test_open_transactions_keep_nothing_of_ours_waiting(
    work: Callable[[], object], new_application: NewApplication
) -> None:
    """They have changed most calls, deleted some and added others, and stay open."""
    changing, adding = new_application(), new_application()
    changing.execute("UPDATE dt_api_usage_stats SET error_message = 'x' WHERE id < 30")
    changing.execute("DELETE FROM dt_api_usage_stats WHERE id = 5")
    adding.insert(row(), row())
    work()
    adding.commit()
    changing.rollback()
    fold_all()
    assert engine.total(Selection()).calls == table_calls()
    assert verifying.verify(NOW) == []


def test_a_long_transaction_may_write_while_it_is_passed_over(
    new_application: NewApplication,
) -> None:
    """The other application is never the one that fails."""
    other = new_application()
    for _time in range(5):
        other.insert(row(), row())
        fold(NOW)
        other.execute("UPDATE dt_api_usage_stats SET job_id = NULL")
        rebuild_all_days()
    other.commit()
    fold_all()
    assert engine.total(Selection()).calls == table_calls()
    assert verifying.verify(NOW) == []


def test_writers_do_not_meet_a_fold_that_is_writing(new_application: NewApplication) -> None:
    """Whoever holds the state row holds no call and no user."""
    other = new_application()
    with transaction.atomic():
        rebuilding.lock_or_refuse()
        other.insert(row(user_id=7))
        other.execute("UPDATE dt_users SET name = 'renamed'")
        other.commit()


def table_calls() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM dt_api_usage_stats")
        return int(cursor.fetchone()[0])
