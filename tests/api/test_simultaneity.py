"""Requests at the same instant, each in a thread with a connection of its own."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from stats import idempotency
from stats.models import APIUsageStats, EndUser, IdempotencyRecord
from tests.api.conftest import Service
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
            idempotency.write_once(idempotency.claim("translator", "k", b""), stop)

    def stop() -> idempotency.Answer:
        has_claimed.set()
        may_end.wait()
        raise ZeroDivisionError

    with ThreadPoolExecutor() as pool:
        pool.submit(in_thread, hold)
        has_claimed.wait()
        yield may_end.set
        may_end.set()


@pytest.mark.database("mariadb")
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


@pytest.mark.database("mariadb")
class TestWaiting:
    """On SQLite a transaction does not even begin while another one writes."""

    def test_is_bounded(
        self,
        held: object,
        service: Service,
        minimal: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(idempotency, "LONGEST_WAIT", 1)
        answer = service.post("calls/", minimal, **{"Idempotency-Key": "k"})
        assert (answer.status_code, answer["Retry-After"]) == (409, "1")
        assert not APIUsageStats.objects.exists()

    def test_leaves_the_connection_as_it_was(self, transactional_db: None) -> None:
        before = lock_wait_timeout()
        idempotency.write_once(idempotency.claim("translator", "k", b""), lambda: ANSWER)
        assert lock_wait_timeout() == before != idempotency.LONGEST_WAIT

    def test_when_the_first_gives_up_the_next_one_writes(
        self, held: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of several who wait, InnoDB ends all but one with a deadlock: they begin anew."""
        monkeypatch.setattr(idempotency, "LONGEST_WAIT", 60)
        written: list[int] = []

        def write(number: int) -> Any:
            def note() -> idempotency.Answer:
                written.append(number)
                return ANSWER

            return idempotency.write_once(idempotency.claim("translator", "k", b""), note)

        with ThreadPoolExecutor(4) as pool:
            waiting: list[Future[Any]] = [
                pool.submit(in_thread, lambda number=number: write(number))  # type: ignore[misc]
                for number in range(4)
            ]
            wait_until_blocked(4)
            held()
            answers = [future.result() for future in waiting]
        assert sorted(is_new for _answer, is_new in answers) == [False, False, False, True]
        assert len(written) == 1
        assert IdempotencyRecord.objects.count() == 1


def lock_wait_timeout() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@innodb_lock_wait_timeout")
        return int(cursor.fetchone()[0])
