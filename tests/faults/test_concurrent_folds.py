"""Writers that commit out of order, folds and reports, all at once."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from stats.ingest.recording import check_calls, write_calls
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums, together
from stats.rollups import folding, rebuilding, verifying
from stats.rollups.folding import Fold, fold
from stats.rollups.state import read_rollup_state
from tests.faults.conftest import USERS, Application
from tests.ledger import row, write
from tests.locks import wait_until_blocked
from tests.numbers import numbers
from tests.rollups.folded import NOW, fold_all, rebuild_all_days, tables

pytestmark = [
    pytest.mark.database("server"),
    pytest.mark.django_db(transaction=True, reset_sequences=True),
]

NewApplication = Callable[[], Application]


def calls() -> int:
    return engine.total(Selection()).calls


def check_tables() -> None:
    """The sums that grew are those of a rebuild."""
    assert verifying.verify(NOW) == []
    grown = tables()
    rebuild_all_days()
    assert tables() == grown
    rebuilding.rebuild_everything()
    fold_all()
    assert tables() == grown


# ── ids that are committed late ─────────────────────────────────────────────────────────────────


def record_now(given: Sequence[object]) -> None:
    write_calls(check_calls(given, timezone.now()))


class TestOutOfOrder:
    """Without a margin: what is uncommitted holds the fold back by itself."""

    @pytest.fixture(autouse=True)
    def folded(
        self, no_margin: None, new_application: NewApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "SMALLEST_CHUNK", 1)
        fold_all()
        self.before = calls()

    def new_calls(self) -> int:
        return calls() - self.before

    def test_a_call_committed_late_is_not_passed_over(
        self, new_application: NewApplication
    ) -> None:
        early, late = new_application(), new_application()
        early.insert(row())
        late.insert(row())
        late.commit()
        assert fold(NOW) == Fold(0, False)
        assert self.new_calls() == 1
        early.commit()
        assert self.new_calls() == 2
        assert fold(NOW) == Fold(2, False)
        assert self.new_calls() == 2

    def test_one_that_is_rolled_back_holds_nothing_back(
        self, new_application: NewApplication
    ) -> None:
        early, late = new_application(), new_application()
        early.insert(row())
        late.insert(row())
        late.commit()
        fold(NOW)
        early.rollback()
        assert fold(NOW) == Fold(1, False)
        assert self.new_calls() == 1

    def test_what_lies_before_it_is_folded(self, new_application: NewApplication) -> None:
        other = new_application()
        write(*[row()] * 10)
        other.insert(row())
        write(*[row()] * 10)
        while fold(NOW).calls:
            pass
        assert read_rollup_state().tail == 11
        assert self.new_calls() == 20
        other.commit()
        assert self.new_calls() == 21
        fold_all()
        assert self.new_calls() == 21
        assert read_rollup_state().tail == 0

    def test_the_smallest_chunk_is_left_as_it_is(
        self, new_application: NewApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(folding, "SMALLEST_CHUNK", 1_000)
        other = new_application()
        write(*[row()] * 10)
        other.insert(row())
        write(row())
        assert fold(NOW) == Fold(0, False)
        assert self.new_calls() == 11

    def test_a_transaction_that_only_changes_calls_holds_nothing_back(
        self, new_application: NewApplication
    ) -> None:
        other = new_application()
        write(*[row()] * 3)
        other.execute("UPDATE dt_api_usage_stats SET job_id = NULL, error_message = 'x'")
        assert fold(NOW) == Fold(3, False)

    @pytest.mark.usefixtures("no_recount")
    def test_it_may_commit_at_any_statement_of_the_fold(
        self, new_application: NewApplication
    ) -> None:
        other = new_application()
        expected = 0
        for statements in range(MOST_STATEMENTS):
            other.insert(row(success=False), row(created_at=None))
            write(row())
            expected += 3
            if not run_after(statements, other.commit, fold_later):
                other.commit()
                break
            assert self.new_calls() == expected, statements
        assert statements < MOST_STATEMENTS - 1
        assert self.new_calls() == expected
        fold_all()
        assert self.new_calls() == expected
        check_tables()

    @pytest.mark.usefixtures("no_recount")
    def test_a_call_that_changes_meanwhile_is_the_same_in_all_sums(
        self, new_application: NewApplication
    ) -> None:
        """Users and endpoints are summed one after the other."""
        other = new_application()

        def change() -> None:
            other.execute(
                "UPDATE dt_api_usage_stats SET total_tokens = total_tokens + 1, cost = cost + 1 "
                "ORDER BY id DESC LIMIT 1"
            )
            other.commit()

        for statements in range(MOST_STATEMENTS):
            write(row())
            if not run_after(statements, change, fold_later):
                break
            users, endpoints = engine.by_user(Selection()), engine.by_endpoint(Selection())
            assert together(users.values(), Sums) == together(endpoints.values(), Sums)
        assert statements < MOST_STATEMENTS - 1


# More than a fold has.
MOST_STATEMENTS = 150


@pytest.fixture
def no_recount(settings: Any) -> None:
    """What a fold misses is not found by the next one, which would also have more to do."""
    settings.FOLD_RECOUNT_MINUTES = 0


def fold_later() -> Fold:
    """When the chunks folded before are no longer recent."""
    return fold(timezone.now())


def run_after(statements: int, action: Callable[[], object], work: Callable[[], object]) -> bool:
    """Let `work` go so many statements far, then `action` happen; False if it ended before."""
    left = statements

    def wrapper(execute: Any, *args: Any) -> Any:
        nonlocal left
        if left == 0:
            action()
        left -= 1
        return execute(*args)

    with connection.execute_wrapper(wrapper):
        work()
    return left < 0


# ── two at once ─────────────────────────────────────────────────────────────────────────────────


class Worker(threading.Thread):
    """Does something with a connection of its own; `finish` raises what it ran into."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self.work = work
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def finish(self) -> None:
        self.join()
        if self.error:
            raise self.error


@pytest.mark.usefixtures("no_margin", "no_recount", "new_application")
@pytest.mark.parametrize("second", ["fold", "rebuild", "report"])
def test_another_at_any_statement_of_a_fold(second: str) -> None:
    """Whatever the one that came between has done, or left to the first."""
    works = {
        "fold": fold_later,
        "rebuild": rebuild_if_free,
        "report": lambda: checked(engine.by_user(Selection())),
    }
    expected = len(USERS)

    def checked(found: Any) -> None:
        assert sum(sums.calls for sums in found.values()) == expected

    for statements in range(MOST_STATEMENTS):
        write(row(success=False), row(created_at=None), row(user_id=2))
        expected += 3
        came_between = run_after(statements, lambda: Worker(works[second]).finish(), fold_later)
        assert calls() == expected, statements
        if not came_between:
            break
    assert statements < MOST_STATEMENTS - 1
    fold_all()
    assert calls() == expected
    check_tables()


def rebuild_if_free() -> None:
    try:
        rebuild_all_days()
    except rebuilding.RollupsBusyError:
        return


@pytest.mark.usefixtures("no_margin", "new_application")
def test_many_folds_at_once_fold_each_call_once() -> None:
    write(*[row(user_id=user) for user in USERS] * 40)
    expected = calls()

    def fold_until_done() -> None:
        while read_rollup_state().tail:
            fold(NOW, random.randint(1, 30))

    for worker in [Worker(fold_until_done) for _worker in range(4)]:
        worker.finish()
    assert calls() == expected
    check_tables()


@pytest.mark.usefixtures("no_margin")
def test_a_fold_that_dies_in_a_deadlock_has_not_been(new_application: NewApplication) -> None:
    """As on a cluster, where a fold on another node is met no sooner than at the COMMIT."""
    fold_all()
    write(row())
    expected, tail = calls(), read_rollup_state().tail
    other = new_application()
    # The server undoes the transaction that has changed less.
    other.execute(f"INSERT INTO stats_currencyname (text) SELECT seq FROM {numbers(1, 1_000)}")
    other.execute("UPDATE stats_dayendpoint SET calls = calls + 1")
    folded: list[Fold] = []
    worker = Worker(lambda: folded.append(fold(NOW)))
    wait_until_blocked(1)
    other.execute("SELECT folded_to FROM stats_foldstate FOR UPDATE")
    worker.finish()
    assert folded == [Fold(0, False)]
    other.rollback()
    assert (calls(), read_rollup_state().tail) == (expected, tail)
    fold_all()
    assert (calls(), read_rollup_state().tail) == (expected, 0)
    check_tables()


# ── everything at once ──────────────────────────────────────────────────────────────────────────


class Known:
    """How many calls each user must have at least, and can have at most, at a moment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begun = dict.fromkeys(USERS, 1)
        self.committed = dict.fromkeys(USERS, 1)

    def committing(self, user: int, number: int, commit: Callable[[], object]) -> None:
        with self.lock:
            self.begun[user] += number
        commit()
        with self.lock:
            self.committed[user] += number

    def least(self) -> dict[int, int]:
        with self.lock:
            return dict(self.committed)

    def most(self) -> dict[int, int]:
        with self.lock:
            return dict(self.begun)


TRANSACTIONS = 20
API_WRITERS, SQL_WRITERS, FOLDERS, REPORTERS = (1, 2, 3), (4, 5, 6, 7), 2, 2


class Traffic:
    """Everybody at work; each writer is a user, so that nobody's loss is another's gain."""

    def __init__(self, new_application: NewApplication) -> None:
        self.known = Known()
        self.applications = {user: new_application() for user in SQL_WRITERS}
        self.is_over = threading.Event()
        self.reports = 0

    def run(self) -> None:
        writers = [
            *(Worker(lambda user=user: self.post(user)) for user in API_WRITERS),  # type: ignore[misc]
            *(Worker(lambda user=user: self.insert(user)) for user in SQL_WRITERS),  # type: ignore[misc]
        ]
        others = [
            *(Worker(self.fold) for _folder in range(FOLDERS)),
            *(Worker(self.report) for _reporter in range(REPORTERS)),
        ]
        try:
            for writer in writers:
                writer.finish()
        finally:
            self.is_over.set()
            for other in others:
                other.join()
        for other in others:
            other.finish()

    def post(self, user: int) -> None:
        """As a service does, through our own recording."""
        rng = random.Random(user)
        for _transaction in range(4 * TRANSACTIONS):
            number = rng.randint(1, 20)
            given = [
                {
                    "user_id": user,
                    "api_endpoint": rng.choice(["/a", "/b"]),
                    "total_tokens": 15,
                    "success": rng.random() < 0.9,
                    "created_at": some_time(rng).isoformat(),
                }
                for _call in range(number)
            ]
            self.known.committing(user, number, lambda: record_now(given))  # noqa: B023
            time.sleep(rng.uniform(0, 0.1))

    def insert(self, user: int) -> None:
        """As the other application does: transactions long open, some of them given up."""
        rng = random.Random(user)
        application = self.applications[user]
        for transaction in range(TRANSACTIONS):
            number = 0
            for _statement in range(rng.randint(1, 3)):
                size = rng.randint(1, 5)
                application.insert(
                    *[row(user_id=user, created_at=some_time(rng)) for _call in range(size)]
                )
                number += size
                time.sleep(1.5 if transaction % 10 == user else rng.uniform(0, 0.2))
                application.execute(
                    "UPDATE dt_api_usage_stats SET job_id = NULL, error_message = 'seen' "
                    "WHERE id = LAST_INSERT_ID()"
                )
            if rng.random() < 0.3:
                application.rollback()
            else:
                self.known.committing(user, number, application.commit)

    def fold(self) -> None:
        while not self.is_over.is_set():
            fold(timezone.now(), random.randint(1, 100))

    def report(self) -> None:
        shown = dict.fromkeys(USERS, 0)
        while not self.is_over.is_set():
            least = self.known.least()
            with folding.reading_at(timezone.now()):
                found = engine.by_user(Selection())
            most = self.known.most()
            for user in USERS:
                number = found[user].calls
                assert max(least[user], shown[user]) <= number <= most[user], user
                assert found[user].total_tokens == 15 * number
                shown[user] = number
            self.reports += 1


def some_time(rng: random.Random) -> datetime:
    return datetime(2026, 3, 10) + timedelta(hours=rng.randint(0, 72))


def test_no_report_loses_a_call_or_shows_one_twice(
    new_application: NewApplication, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than it takes from taking an id to writing the row, shorter than many transactions.
    settings.FOLD_MARGIN_SECONDS = 1
    monkeypatch.setattr(folding, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(folding, "LONG_TAIL", 100)
    monkeypatch.setattr(folding, "PIECE_CALLS", 50)
    traffic = Traffic(new_application)
    traffic.run()
    assert traffic.reports > 10
    assert read_rollup_state().folded_to > len(USERS)
    settings.FOLD_MARGIN_SECONDS = 0
    fold_all()
    assert read_rollup_state().tail == 0
    found = {user: sums.calls for user, sums in engine.by_user(Selection()).items()}
    assert found == traffic.known.least() == traffic.known.most()
    check_tables()
