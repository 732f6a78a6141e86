"""A server that is told to stop under load: what it accepted it answers, and nothing else is
written."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import PrivateServer
from tests.servers import AS_DEPLOYED, Gunicorn, migrated, new_key

pytestmark = pytest.mark.database("mariadb")
DATABASE = "stopping"
CLIENTS = 8
# Answers before the server is told to stop.
WARMED_UP = 100


@pytest.fixture(scope="module")
def environment(mariadb_server: PrivateServer) -> dict[str, str]:
    return migrated(mariadb_server, DATABASE)


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> str:
    return new_key(environment)


@pytest.fixture(autouse=True)
def empty(mariadb_server: PrivateServer, environment: dict[str, str]) -> None:
    with contextlib.closing(mariadb_server.connect(DATABASE)) as connection:
        connection.query("DELETE FROM dt_api_usage_stats")
        connection.commit()


def endpoints(server: PrivateServer) -> list[str]:
    """Of all calls there are, sorted; each of these tests' calls has an endpoint of its own."""
    with contextlib.closing(server.connect(DATABASE)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT api_endpoint FROM dt_api_usage_stats ORDER BY api_endpoint")
        return [endpoint for (endpoint,) in cursor.fetchall()]


class Load:
    """Clients that post one call after another, each over a new connection, until `end`.

    They try nothing twice, so that a call in the table stands for one request.
    """

    def __init__(self, gunicorn: Gunicorn, key: str) -> None:
        self.gunicorn, self.key = gunicorn, key
        self.has_ended = threading.Event()
        self.answers = threading.Semaphore(0)
        self.unanswered = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[list[Future[list[str]]]]:
        with ThreadPoolExecutor(CLIENTS) as pool:
            try:
                yield [pool.submit(self.post, client) for client in range(CLIENTS)]
            finally:
                self.has_ended.set()

    def post(self, client: int) -> list[str]:
        """The endpoints of what was acknowledged."""
        acknowledged = []
        number = 0
        while not self.has_ended.is_set():
            number += 1
            endpoint = f"/stop/{client}/{number:06}"
            try:
                answer = self.gunicorn.post_calls(
                    self.key, {"user_id": 7, "api_endpoint": endpoint}
                )
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                continue
            assert answer.status == 201, answer
            acknowledged.append(endpoint)
            self.answers.release()
        return acknowledged

    def wait_for_answers(self, number: int) -> None:
        for _answer in range(number):
            assert self.answers.acquire(timeout=60)


def test_what_was_accepted_is_answered(
    mariadb_server: PrivateServer, environment: dict[str, str], key: str, tmp_path: Path
) -> None:
    gunicorn = Gunicorn(tmp_path / "log", environment, options=AS_DEPLOYED)
    gunicorn.start()
    load = Load(gunicorn, key)
    with load.running() as clients:
        load.wait_for_answers(WARMED_UP)
        assert gunicorn.terminate() == 0
    acknowledged = [endpoint for client in clients for endpoint in client.result()]
    assert load.unanswered
    assert endpoints(mariadb_server) == sorted(acknowledged)


def test_a_restart_behind_a_socket_of_systemd_answers_all(
    mariadb_server: PrivateServer, environment: dict[str, str], key: str, tmp_path: Path
) -> None:
    gunicorn = Gunicorn(tmp_path / "log", environment, options=AS_DEPLOYED)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gunicorn.start_on(listener)
        load = Load(gunicorn, key)
        with load.running() as clients:
            load.wait_for_answers(WARMED_UP)
            assert gunicorn.terminate() == 0
            gunicorn.start_on(listener)
            load.wait_for_answers(WARMED_UP)
        assert gunicorn.terminate() == 0
    acknowledged = [endpoint for client in clients for endpoint in client.result()]
    assert load.unanswered == 0
    assert endpoints(mariadb_server) == sorted(acknowledged)


def test_workers_that_are_replaced_answer_all(
    mariadb_server: PrivateServer, environment: dict[str, str], key: str, tmp_path: Path
) -> None:
    options = (*AS_DEPLOYED, "--max-requests=40", "--max-requests-jitter=10")
    gunicorn = Gunicorn(tmp_path / "log", environment, options=options)
    gunicorn.start()
    first = gunicorn.workers()
    load = Load(gunicorn, key)
    with load.running() as clients:
        load.wait_for_answers(3 * WARMED_UP)
        assert not set(first) & set(gunicorn.workers())
    assert gunicorn.terminate() == 0
    acknowledged = [endpoint for client in clients for endpoint in client.result()]
    assert load.unanswered == 0
    assert endpoints(mariadb_server) == sorted(acknowledged)
