"""migrate beside a busy application, the indexes that it is asked for, and the way back."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.numbers import numbers
from tests.processes import Done, python

pytestmark = pytest.mark.database("server")

CALLS = "dt_api_usage_stats"
# As the translator's ORM creates them: the server makes the indexes of the foreign keys by itself.
SILENT_INDEXES = (
    f"ALTER TABLE {CALLS} DROP FOREIGN KEY dt_api_usage_stats_ibfk_1, "
    "DROP FOREIGN KEY dt_api_usage_stats_ibfk_2",
    f"ALTER TABLE {CALLS} DROP INDEX user_id, DROP INDEX job_id",
    f"ALTER TABLE {CALLS} ADD FOREIGN KEY (user_id) REFERENCES dt_users (id), "
    "ADD FOREIGN KEY (job_id) REFERENCES dt_translation_jobs (id)",
)
OURS = ["usage_created_at", "usage_job_created_at", "usage_user_created_at"]
MANY = (
    f"INSERT INTO {CALLS} (user_id, job_id, api_endpoint, cost, created_at) "
    f"SELECT 1, 11, '/info', 0.1, '2024-03-01' + INTERVAL seq SECOND FROM {numbers(1, 50_000)}"
)
INSERT = (
    f"INSERT INTO {CALLS} (user_id, api_endpoint, created_at) "
    "VALUES (2, '/chat-messages', UTC_TIMESTAMP())"
)
# Seconds: how long the change of an index may hold a writer up, and some for the machine.
LOCK_WAIT, GRACE = 0, 2
IMPATIENT = """
import django
django.setup()
from stats.adoption.belongings import wanted_indexes
from stats.db.online import NotDoneError, Patience, create_index
try:
    create_index(wanted_indexes()[0], Patience(tries=2, pause=0.1))
except NotDoneError as error:
    print(error)
"""


def added(before: str, after: str) -> list[str]:
    """The lines of a definition that were added, where none is gone and their order is kept."""
    old, new = ([line.strip(" ,") for line in text.splitlines()] for text in (before, after))
    more = [line for line in new if line not in old]
    assert [line for line in new if line in old] == old
    return more


def our_indexes(live: Live) -> list[str]:
    rows = live.execute(
        "SELECT DISTINCT index_name FROM information_schema.statistics WHERE "
        f"table_schema = '{live.name}' AND index_comment = 'Usage Ledger' ORDER BY 1"
    )
    return [name for (name,) in rows]


def create_indexes(live: Live) -> Done:
    return live.manage("adopt_database", "--create-indexes", **ADOPTED)


def release(live: Live, *options: str) -> Done:
    done = live.manage("release_database", "--yes", *options, **ADOPTED)
    assert (done.returncode, done.stderr) == (0, "")
    return done


def test_migrate_leaves_their_tables_as_they_are(live: Live) -> None:
    before, rows, tables = live.definitions(), live.rows(), live.tables()
    live.adopt()
    assert (live.definitions(), live.rows()) == (before, rows)
    release(live)
    assert (live.definitions(), live.rows(), live.tables()) == (before, rows, tables)


def test_our_tables_say_what_they_hold_and_theirs_what_they_said(live: Live) -> None:
    live.execute("ALTER TABLE dt_users COMMENT 'of the translator'")
    live.adopt()
    comments = live.execute(
        "SELECT table_name, table_comment FROM information_schema.tables "
        f"WHERE table_schema = '{live.name}' AND table_type = 'BASE TABLE'"
    )
    said = {table: comment for table, comment in comments if comment}
    assert said.pop("dt_users") == "of the translator"
    assert set(said) == {table for table, _comment in comments if table.startswith("stats_")}


@pytest.mark.parametrize("is_by_hand", [False, True], ids=["by the command", "by hand"])
@pytest.mark.parametrize("changes", [(), SILENT_INDEXES], ids=["legacy.sql", "silent indexes"])
def test_only_indexes_are_added_and_all_is_removed(
    live_database: Callable[..., Live], changes: tuple[str, ...], is_by_hand: bool
) -> None:
    live = live_database(*changes)
    before, rows, tables = live.definitions(), live.rows(), live.tables()
    live.adopt()
    if is_by_hand:
        live.execute(*live.manage("adopt_database", "--indexes", **ADOPTED).stdout.splitlines())
    else:
        assert create_indexes(live).returncode == 0
    after = live.definitions()
    assert [line.split("`")[1] for line in added(before[CALLS], after[CALLS])] == [
        "usage_created_at",
        "usage_user_created_at",
        "usage_job_created_at",
    ]
    assert {name: text for name, text in after.items() if name != CALLS} == {
        name: text for name, text in before.items() if name != CALLS
    }
    assert live.rows() == rows
    assert "No index is missing." in create_indexes(live).stdout
    assert live.manage("release_database", **ADOPTED).returncode == 0
    assert live.definitions() == after
    if is_by_hand:
        printed = release(live).stdout.splitlines()
        live.execute(*(line for line in printed if line.startswith("DROP")))
    else:
        release(live, "--drop-indexes")
    assert (live.definitions(), live.rows(), live.tables()) == (before, rows, tables)


def test_the_server_s_silent_indexes_are_told(live_database: Callable[..., Live]) -> None:
    done = live_database(*SILENT_INDEXES).manage("adopt_database")
    assert done.returncode == 0
    for name in ("user_id", "job_id"):
        assert f"differs  index {name}: The server made it for a foreign key" in done.stdout
    assert "building 5 indexes takes roughly 1 s." in done.stdout


def test_an_index_that_is_there_serves_and_stays_however_often_it_is_adopted(live: Live) -> None:
    live.execute(f"CREATE INDEX ix_created ON {CALLS} (created_at)")
    before = live.definitions()
    live.adopt()
    live.adopt()
    create_indexes(live)
    assert our_indexes(live) == OURS[1:]
    release(live, "--drop-indexes")
    assert live.definitions() == before


class Writer(threading.Thread):
    """The other application: one call after the other, patient for no longer than is promised."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self.live = live
        self.done = threading.Event()
        self.written = 0
        self.longest = 0.0
        self.error: Exception | None = None

    def run(self) -> None:
        with contextlib.closing(self.live.server.connect(self.live.name)) as driver:
            driver.autocommit(True)
            cursor = driver.cursor()
            cursor.execute(f"SET SESSION lock_wait_timeout = {LOCK_WAIT + GRACE}")
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT + GRACE}")
            try:
                while not self.done.wait(0.01):
                    start = time.monotonic()
                    cursor.execute(INSERT)
                    self.longest = max(self.longest, time.monotonic() - start)
                    self.written += 1
            except Exception as error:
                self.error = error


@contextlib.contextmanager
def writing(live: Live) -> Iterator[Writer]:
    writer = Writer(live)
    writer.start()
    try:
        yield writer
    finally:
        writer.done.set()
        writer.join()


@contextlib.contextmanager
def open_transaction(live: Live) -> Iterator[Callable[[], None]]:
    """Somebody who has read a call and not ended their transaction; how to end it."""
    with contextlib.closing(live.server.connect(live.name)) as driver, driver.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute(f"SELECT id FROM {CALLS} LIMIT 1")
        cursor.fetchall()
        yield driver.rollback


def test_no_write_waits_for_longer_than_promised(live: Live) -> None:
    live.execute(MANY)
    live.adopt()
    rows = live.rows(upto=50_000)
    outcome: list[Done] = []
    creating = threading.Thread(target=lambda: outcome.append(create_indexes(live)))
    with writing(live) as writer, open_transaction(live) as end:
        creating.start()
        creating.join(timeout=12)
        end()
        creating.join()
    [done] = outcome
    assert done.returncode == 0, done.stderr
    assert "Waiting to add the index usage_created_at" in done.stderr
    assert writer.error is None
    assert writer.written > 0
    print(f"The longest of {writer.written} writes took {writer.longest:.2f} s.")
    assert our_indexes(live) == OURS
    assert live.rows(upto=50_000) == rows
    written = live.execute(f"SELECT COUNT(*) FROM {CALLS} WHERE created_at > '2025-01-01'")
    assert written == [(writer.written,)]


def test_giving_up_names_the_blocker(live: Live) -> None:
    before = live.definitions()
    with open_transaction(live):
        done = python("-c", IMPATIENT, DATABASE_URL=live.url, **ADOPTED)
    assert "Could not add the index usage_created_at" in done.stdout
    assert "root@localhost, open for" in done.stdout
    assert done.stdout.count("\n") == 1
    assert live.definitions() == before
