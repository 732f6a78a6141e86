"""The other application's transactions beside migrate and release: none is ever ended by ours."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.numbers import numbers

pytestmark = [pytest.mark.database("server"), pytest.mark.slow]

CALLS = "dt_api_usage_stats"
WRITERS = 20
# `make test-writers` has more.
ROUNDS = int(os.environ.get("WRITERS_ROUNDS", "4"))
# Rows of their own, so that they never wait for one another.
PEOPLE = (
    "INSERT INTO dt_users (id, username, display_name, email) "
    f"SELECT 100 + seq, seq, seq, seq FROM {numbers(1, WRITERS)}",
    "INSERT INTO dt_translation_jobs (id, user_id, job_uuid, original_filename) "
    f"SELECT 100 + seq, 100 + seq, seq, seq FROM {numbers(1, WRITERS)}",
)


class Translator(threading.Thread):
    """Changes its job and its user, pauses and writes calls, one transaction after the other."""

    def __init__(self, live: Live, number: int, pause: float, rest: float) -> None:
        super().__init__()
        self.live, self.id, self.pause, self.rest = live, 100 + number, pause, rest
        self.done = threading.Event()
        self.committed = 0
        self.lost: list[Exception] = []

    def run(self) -> None:
        with contextlib.closing(self.live.server.connect(self.live.name)) as driver:
            while not self.done.wait(self.rest):
                try:
                    self._transaction(driver)
                except Exception as error:
                    self.lost.append(error)
                    driver.rollback()

    def _transaction(self, driver: Any) -> None:
        with driver.cursor() as cursor:
            cursor.execute(f"UPDATE dt_translation_jobs SET status = LEFT(RAND(), 9) "
                           f"WHERE id = {self.id}")  # fmt: skip
            cursor.execute(f"UPDATE dt_users SET is_admin = 1 - COALESCE(is_admin, 0) "
                           f"WHERE id = {self.id}")  # fmt: skip
            time.sleep(self.pause)
            for _call in range(2):
                cursor.execute(
                    f"INSERT INTO {CALLS} (user_id, job_id, api_endpoint, created_at) "
                    f"VALUES ({self.id}, {self.id}, '/info', NOW())"
                )
        driver.commit()
        self.committed += 1


@contextlib.contextmanager
def translating(live: Live, writers: int, pause: float, rest: float) -> Iterator[list[Translator]]:
    live.execute(*PEOPLE)
    threads = [Translator(live, number, pause, rest) for number in range(1, writers + 1)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.done.set()
        for thread in threads:
            thread.join()


def check_none_is_lost(live: Live, writers: list[Translator]) -> None:
    assert [error for writer in writers for error in writer.lost] == []
    committed = sum(writer.committed for writer in writers)
    assert committed > 10 * len(writers)
    assert live.execute(f"SELECT COUNT(*) FROM {CALLS} WHERE user_id > 100") == [(2 * committed,)]


def test_migrations_and_releases_end_no_transaction(live: Live) -> None:
    with translating(live, WRITERS, pause=0.1, rest=0.01) as writers:
        for _round in range(ROUNDS):
            assert live.manage("adopt_database").returncode == 0
            live.adopt()
            assert live.manage("fold_usage", **ADOPTED).returncode == 0
            done = live.manage("release_database", "--yes", **ADOPTED)
            assert (done.returncode, done.stderr) == (0, "")
    check_none_is_lost(live, writers)
    committed = sum(writer.committed for writer in writers)
    print(f"{ROUNDS} migrations and releases beside {WRITERS} writers: {committed:,} transactions "
          f"committed on {live.server.name}, none lost.")  # fmt: skip


@pytest.mark.database("mariadb")
def test_nor_do_indexes_that_are_asked_for(live: Live) -> None:
    """On MariaDB, where an attempt may wait for nothing; they come about between transactions."""
    with translating(live, 2, pause=0.05, rest=0.2) as writers:
        live.adopt()
        for _round in range(3):
            done = live.manage("adopt_database", "--create-indexes", **ADOPTED)
            assert done.returncode == 0, done.stderr
            done = live.manage("release_database", "--yes", "--drop-indexes", **ADOPTED)
            assert done.returncode == 0, done.stderr
    check_none_is_lost(live, writers)


def test_what_a_waiting_change_would_do(live_database: Callable[..., Live]) -> None:
    """Why nothing waits: the server itself ends the transaction that is in its way."""
    live = live_database(*PEOPLE)
    with (
        contextlib.closing(live.server.connect(live.name)) as theirs,
        contextlib.closing(live.server.connect(live.name)) as ours,
    ):
        theirs.query("UPDATE dt_translation_jobs SET status = 'RUNNING' WHERE id = 101")
        altering = threading.Thread(
            target=lambda: ours.query(f"CREATE INDEX x ON {CALLS} (created_at)")
        )
        altering.start()
        waiting = (
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE '%metadata%'"
        )
        while live.execute(waiting) == [(0,)]:
            time.sleep(0.05)
        with pytest.raises(Exception, match="1213"):
            theirs.query(
                f"INSERT INTO {CALLS} (user_id, job_id, api_endpoint) VALUES (101, 101, '/')"
            )
        theirs.rollback()
        altering.join()
