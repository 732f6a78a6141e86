"""A server that is told to stop under load: what it accepted it answers, and nothing else is
written."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from tests.bench import load
from tests.databases import PrivateServer
from tests.processes import PROJECT
from tests.servers import AS_DEPLOYED, SECONDS_TO_ANSWER, SECONDS_TO_STOP, Gunicorn

pytestmark = pytest.mark.database("server")
CLIENTS = 8
# As many as one worker has threads, since the kernel may give it all of them.
IN_HAND = 4
# Answers before the server is told to stop.
WARMED_UP = 100


@pytest.fixture(scope="module")
def server(database_server: PrivateServer) -> PrivateServer:
    """Nobody kills it."""
    return database_server


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    """Not started yet."""
    gunicorn = Gunicorn(tmp_path / "log", environment, options=AS_DEPLOYED)
    yield gunicorn
    gunicorn.stop()


class Clients:
    """They post one call after another, each over a new connection, until `end`.

    Nothing is tried twice, so that a call in the table stands for one request.
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


def begin_post(gunicorn: Gunicorn, key: str, endpoint: str) -> tuple[socket.socket, bytes]:
    """A request that the server has accepted, and the body that it waits for."""
    body = msgspec.json.encode({"user_id": 7, "api_endpoint": endpoint})
    request = load.request(
        "/api/v1/calls/", body, Authorization=f"Api-Key {key}", Expect="100-continue"
    )
    connection = socket.create_connection(("127.0.0.1", gunicorn.port), SECONDS_TO_ANSWER)
    connection.sendall(request.removesuffix(body))
    assert connection.recv(1_000).startswith(b"HTTP/1.1 100 ")
    return connection, body


def test_requests_in_hand_are_finished(
    endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str
) -> None:
    gunicorn.start()
    names = [f"/hand/{number}" for number in range(IN_HAND)]
    begun = [begin_post(gunicorn, key, name) for name in names]
    gunicorn.terminate()
    # By then all workers know, and none has anything else to do than to wait for the rest.
    time.sleep(1)
    assert endpoints() == []
    for connection, body in begun:
        with connection:
            connection.sendall(body)
            assert connection.recv(1_000).startswith(b"HTTP/1.1 201 ")
    assert gunicorn.exit_status() == 0
    assert endpoints() == names


def test_what_was_accepted_is_answered(
    endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str
) -> None:
    gunicorn.start()
    clients = Clients(gunicorn, key)
    with clients.running() as posted:
        clients.wait_for_answers(WARMED_UP)
        gunicorn.terminate()
        assert gunicorn.exit_status() == 0
    acknowledged = [endpoint for client in posted for endpoint in client.result()]
    assert clients.unanswered
    assert endpoints() == sorted(acknowledged)


def test_a_restart_behind_a_socket_of_systemd_answers_all(
    endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gunicorn.start_on(listener)
        clients = Clients(gunicorn, key)
        with clients.running() as posted:
            clients.wait_for_answers(WARMED_UP)
            gunicorn.terminate()
            assert gunicorn.exit_status() == 0
            gunicorn.start_on(listener)
            clients.wait_for_answers(WARMED_UP)
        gunicorn.terminate()
        assert gunicorn.exit_status() == 0
    acknowledged = [endpoint for client in posted for endpoint in client.result()]
    assert clients.unanswered == 0
    assert endpoints() == sorted(acknowledged)


def test_workers_that_are_replaced_answer_all(
    endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str
) -> None:
    gunicorn.options += ("--max-requests=40", "--max-requests-jitter=10")
    gunicorn.start()
    first = gunicorn.workers()
    clients = Clients(gunicorn, key)
    with clients.running() as posted:
        clients.wait_for_answers(3 * WARMED_UP)
        assert set(first) - set(gunicorn.workers())
    gunicorn.terminate()
    assert gunicorn.exit_status() == 0
    acknowledged = [endpoint for client in posted for endpoint in client.result()]
    assert clients.unanswered == 0
    assert endpoints() == sorted(acknowledged)


def test_the_fold_loop_stops_at_once_when_it_has_nothing_in_hand(
    environment: dict[str, str],
) -> None:
    loop = subprocess.Popen(
        [sys.executable, "manage.py", "fold_usage", "--loop", "3600"],
        cwd=PROJECT,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with loop:
        assert loop.stdout
        assert loop.stdout.readline().startswith("Folded up to call ")
        loop.terminate()
        assert loop.wait(SECONDS_TO_STOP) == 0
