"""Folds that are killed at random moments, or whose server is: nothing lost, nothing double."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connection

from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import rebuilding, verifying
from stats.rollups.state import read_rollup_state
from tests.databases import PrivateServer
from tests.faults.conftest import USERS
from tests.faults.processes import FoldingProcess
from tests.ledger import row, write
from tests.rollups.folded import NOW, fold_all, tables

pytestmark = [
    pytest.mark.database("server"),
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.usefixtures("no_margin"),
]

KILLS = 50
SERVER_KILLS = 5
# Longer than a fold of some hundred calls takes, on a machine that has nothing else to do.
LONGEST = 0.3
CALLS = 300
TIMES = [None, *(datetime(2026, month, 3, 12) for month in (1, 2, 3))]


def write_calls() -> int:
    """Over three months, some of them failed, some without a time."""
    write(
        *(
            row(
                user_id=random.choice(USERS),
                success=random.random() < 0.8,
                error_message="timed out",
                response_time_ms=random.randint(0, 9_999),
                created_at=random.choice(TIMES),
            )
            for _call in range(CALLS)
        )
    )
    return CALLS


def check_books(calls: int) -> None:
    assert engine.total(Selection()).calls == calls
    assert sum(sums.calls for sums in engine.by_user(Selection()).values()) == calls
    assert sum(sums.calls for sums in engine.by_endpoint(Selection()).values()) == calls


def check_tables() -> None:
    """All sums at the end are those of a rebuild."""
    while read_rollup_state().tail:
        # A transaction of the killed may not be rolled back yet.
        fold_all()
    assert verifying.verify(NOW) == []
    grown = tables()
    rebuilding.rebuild_everything()
    fold_all()
    assert tables() == grown


def test_folds_killed_at_random_moments(folding_process: FoldingProcess) -> None:
    calls = 0
    came_to = set()
    for _kill in range(KILLS):
        calls += write_calls()
        folding_process.start()
        time.sleep(random.uniform(0, LONGEST))
        folding_process.kill()
        came_to.add(read_rollup_state().folded_to)
        check_books(calls)
    assert len(came_to) > 1
    check_tables()


@contextmanager
def moved_to(server: PrivateServer, database: str) -> Iterator[None]:
    """Django's connection leads to another server."""
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {
        **before,
        "NAME": database,
        "OPTIONS": {**before["OPTIONS"], "unix_socket": str(server.socket)},
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


def test_the_server_killed_in_mid_fold(server: PrivateServer, database: str) -> None:
    server.create_database(database)
    with (
        moved_to(server, database),
        FoldingProcess(server.url(database)) as folding_process,
    ):
        call_command("migrate", verbosity=0)
        calls = 0
        for _kill in range(SERVER_KILLS):
            calls += write_calls() + write_calls()
            folding_process.start()
            time.sleep(random.uniform(0, LONGEST))
            server.kill()
            folding_process.kill()
            connection.close()
            server.start()
            check_books(calls)
        check_tables()
