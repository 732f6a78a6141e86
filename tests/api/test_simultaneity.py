"""Requests at the same instant, each in a thread with a connection of its own."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stats.db import transactions
from stats.ingest import idempotency, posting, users_and_jobs
from stats.models import APIUsageStats, EndUser, IdempotencyRecord, TranslationJob
from tests.api.conftest import JOB, USER, Service
from tests.locks import wait_until_blocked

THREADS = 20
ANSWER = idempotency.Answer({"created": 1}, {})


@pytest.fixture
def service(transactional_db: None, new_service: Callable[..., Service], people: None) -> Service:
    return new_service(may_record=True)


def in_thread(work: Callable[[], Any]) -> Any:
    """The result of `work`, after which the thread's connection is closed."""
    try:
        return work()
    finally:
        connection.close()


@pytest.mark.parametrize("many", [False, True], ids=["one call", "arrays"])
def test_200_requests_with_10_keys_are_10(
    service: Service, minimal: dict[str, Any], many: bool
) -> None:
    start = threading.Barrier(THREADS)

    def post(number: int) -> tuple[str, bytes]:
        if number < THREADS:
            start.wait()
        key = f"key {number % 10}"
        content = minimal | {"api_endpoint": f"/{key}"}
        headers = {"Idempotency-Key": key}
        answer = service.post("calls/", [content] * 3 if many else content, **headers)
        assert answer.status_code == 201, answer.content
        return key, answer.content

    with ThreadPoolExecutor(THREADS) as pool:
        answers = set(pool.map(lambda number: in_thread(lambda: post(number)), range(200)))
    written = Counter(APIUsageStats.objects.values_list("api_endpoint", flat=True))
    assert written == {f"/key {number}": 3 if many else 1 for number in range(10)}
    assert len(answers) == 10


@pytest.fixture
def held(transactional_db: None) -> Iterator[Callable[[], None]]:
    """Another request holds the key `k`, until it is told to give up."""
    has_claimed, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            claim = idempotency.claim("translator", "k", b"")
            idempotency.write_once(claim, stop, timezone.now())

    def stop() -> idempotency.Answer:
        has_claimed.set()
        may_end.wait()
        raise ZeroDivisionError

    with ThreadPoolExecutor() as pool:
        pool.submit(in_thread, hold)
        has_claimed.wait()
        yield may_end.set
        may_end.set()


@pytest.mark.database("server")
def test_of_many_who_name_a_user_none_dies_in_a_deadlock(
    service: Service, transactional_db: None
) -> None:
    """All wait for one who then gives up; InnoDB ends all but one of them: they begin anew."""
    with (
        ThreadPoolExecutor(4) as pool,
        contextlib.suppress(ZeroDivisionError),
        transaction.atomic(),
    ):
        EndUser.objects.create(pk=100, name="Ann")
        waiting = [
            pool.submit(in_thread, lambda: service.put("users/100/", {"name": "Bea"}))
            for _client in range(4)
        ]
        wait_until_blocked(4)
        raise ZeroDivisionError
    statuses = Counter(future.result().status_code for future in waiting)
    assert statuses == {201: 1, 200: 3}


# How the other application keeps everybody from user 7 and job 70.
HOLDING = {
    "a row": "SELECT 1 FROM dt_users JOIN dt_translation_jobs FOR UPDATE",
    "tables": "LOCK TABLES dt_users WRITE, dt_translation_jobs WRITE",
}
CALL = {"user_id": USER, "job_id": JOB, "api_endpoint": "/chat-messages"}
KEY = {"Idempotency-Key": "k"}
WRITING: dict[str, Callable[[Service], Any]] = {
    "a call": lambda service: service.post("calls/", CALL),
    "an array": lambda service: service.post("calls/", [CALL] * 3),
    "a call with a key": lambda service: service.post("calls/", CALL, **KEY),
    "an array with a key": lambda service: service.post("calls/", [CALL] * 3, **KEY),
    "a user": lambda service: service.put(f"users/{USER}/", {"name": "renamed"}),
    "a job": lambda service: service.put(f"jobs/{JOB}/", {"name": "renamed"}),
}
# Seconds; less than the server's own limit, and more than ours.
PATIENCE = 30


@pytest.fixture
def a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """So long does a request wait for others."""
    for module in (posting, users_and_jobs):
        monkeypatch.setattr(module, "LONGEST_WAIT", 1)


@pytest.mark.database("server")
class TestWaiting:
    """On SQLite a transaction does not even begin while another one writes."""

    def test_is_bounded(
        self,
        held: object,
        service: Service,
        minimal: dict[str, Any],
        a_second_at_most: None,
    ) -> None:
        answer = service.post("calls/", minimal, **{"Idempotency-Key": "k"})
        assert (answer.status_code, answer["Retry-After"]) == (409, "1")
        assert not APIUsageStats.objects.exists()

    def test_is_bounded_once_for_each_connection(
        self, service: Service, minimal: dict[str, Any]
    ) -> None:
        """Telling the server takes a good part of a POST's time."""
        connection.close()
        with CaptureQueriesContext(connection) as first:
            assert service.post("calls/", minimal).status_code == 201
        assert lock_wait_timeouts() == [transactions.LONGEST_WAIT] * 2
        with CaptureQueriesContext(connection) as second:
            for headers in ({}, KEY):
                assert service.post("calls/", minimal, **headers).status_code == 201
            assert service.put("users/7/", {"name": "Ann"}).status_code == 200
        told = [sum("lock_wait" in each["sql"] for each in seen) for seen in (first, second)]
        assert told == [1, 0]

    @pytest.mark.parametrize("how", HOLDING)
    @pytest.mark.parametrize("what", WRITING)
    def test_for_what_others_hold_is_bounded(
        self,
        service: Service,
        a_second_at_most: None,
        how: str,
        what: str,
    ) -> None:
        other = connection.copy()
        # InnoDB locks tables for a session without autocommit alone.
        other.set_autocommit(False)
        with contextlib.closing(other), other.cursor() as cursor:
            cursor.execute(HOLDING[how])
            with ThreadPoolExecutor(1) as pool:
                posting = pool.submit(in_thread, lambda: WRITING[what](service))
                # Who does not give up gets what they wait for, and fails here.
                wait([posting], PATIENCE)
                other.rollback()
                cursor.execute("UNLOCK TABLES")
            answer = posting.result()
        assert (answer.status_code, answer.json().keys()) == (503, {"detail"})
        assert int(answer["Retry-After"]) > 0
        assert not APIUsageStats.objects.exists()
        assert EndUser.objects.get(pk=USER).name == f"UserReport {USER}"
        assert TranslationJob.objects.get(pk=JOB).name == "A job"

    def test_when_the_first_gives_up_the_next_one_writes(self, held: Callable[[], None]) -> None:
        """Of several who wait, InnoDB ends all but one with a deadlock: they begin anew."""
        written: list[int] = []

        def write(number: int) -> Any:
            def note() -> idempotency.Answer:
                written.append(number)
                return ANSWER

            claim = idempotency.claim("translator", "k", b"")
            return idempotency.write_once(claim, note, timezone.now())

        with ThreadPoolExecutor(4) as pool:
            waiting: list[Future[Any]] = [
                pool.submit(in_thread, lambda number=number: write(number))  # type: ignore[misc]
                for number in range(4)
            ]
            wait_until_blocked(4)
            held()
            answers = [future.result() for future in waiting]
        assert sorted(answer.is_repeat for answer in answers) == [False, True, True, True]
        assert len(written) == 1
        assert IdempotencyRecord.objects.count() == 1


def lock_wait_timeouts() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@innodb_lock_wait_timeout, @@lock_wait_timeout")
        return list(cursor.fetchone())
