"""Workers and the database killed with -9: what was acknowledged is there once, nothing else is."""

import http.client
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PrivateServer
from tests.servers import Gunicorn

pytestmark = pytest.mark.database("server")


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log", environment, "tests.faults.dying_wsgi")
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


def call(endpoint: str) -> dict[str, Any]:
    return {"user_id": 7, "api_endpoint": endpoint, "cost": "0.5"}


@pytest.mark.parametrize("size", [1, 500])
def test_a_worker_killed_between_commit_and_answer(
    endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str, size: int
) -> None:
    calls = [call(f"/killed/{number:03}") for number in range(size)]
    content = calls if size > 1 else calls[0]
    repeatable = {"Idempotency-Key": f"killed {size}"}
    with pytest.raises(http.client.HTTPException):
        gunicorn.post_calls(key, content, **repeatable, **{"X-Die": "1"})
    written = endpoints()
    assert written == [call["api_endpoint"] for call in calls]
    again = gunicorn.post_calls(key, content, **repeatable)
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    assert endpoints() == written


CLIENTS = 8
POSTS_EACH = 40


def test_the_database_killed_under_load(
    server: PrivateServer, endpoints: Callable[[], list[str]], gunicorn: Gunicorn, key: str
) -> None:
    acknowledged = threading.Semaphore(0)

    def deliver(client: int) -> list[str]:
        """One call and an array of three in turn; the endpoints of what was acknowledged."""
        delivered = []
        for number in range(POSTS_EACH):
            names = [f"/load/{client}/{number:03}/{n}" for n in range(3 if number % 2 else 1)]
            content = [call(name) for name in names] if len(names) > 1 else call(names[0])
            gunicorn.post_until_created(key, f"load {client} {number}", content)
            delivered += names
            acknowledged.release()
        return delivered

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(deliver, client) for client in range(CLIENTS)]
        for _time in range(2):
            for _acknowledgement in range(CLIENTS * POSTS_EACH // 4):
                acknowledged.acquire()
            server.kill()
            server.start()
        delivered = [name for client in clients for name in client.result()]
    assert endpoints() == sorted(delivered)
