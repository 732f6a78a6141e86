"""Ledger, database and client killed with -9 while calls come in: each call is there once."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from usage_client import UsageClient

from tests.databases import PrivateServer
from tests.faults.posting import PostingProcess
from tests.servers import Gunicorn, new_key

pytestmark = pytest.mark.database("server")
KILLS = 4
# Seconds; as long as it takes to send some batches.
LONGEST = 0.5


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> str:
    return new_key(environment, "--scopes", "record")


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log", environment, "tests.faults.dying_wsgi:one_in_five")
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


@pytest.fixture
def client(gunicorn: Gunicorn, key: str, tmp_path: Path) -> Iterator[UsageClient]:
    url = f"http://127.0.0.1:{gunicorn.port}"
    client = UsageClient(url, key, tmp_path / "spool", linger=0.01, longest_wait=0.1)
    yield client
    client.close(0)


def test_the_ledger_and_its_database_are_killed(
    server: PrivateServer,
    endpoints: Callable[[], list[str]],
    gunicorn: Gunicorn,
    client: UsageClient,
) -> None:
    made: list[str] = []

    def record_for(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            made.append(f"/{len(made):06}")
            client.record(7, None, made[-1], None, 1)
            time.sleep(0.0005)

    for kill in range(KILLS):
        record_for(random.uniform(0, LONGEST))
        if kill % 2:
            server.kill()
            record_for(random.uniform(0, LONGEST))
            server.start()
        else:
            gunicorn.stop()
            record_for(random.uniform(0, LONGEST))
            gunicorn.start()
    assert client.flush(60)
    assert endpoints() == made
    status = client.status()
    assert (status.pending, status.rejected, status.dead_letters, status.set_aside) == (0, 0, 0, 0)


def test_clients_on_one_spool_are_killed(
    endpoints: Callable[[], list[str]],
    gunicorn: Gunicorn,
    client: UsageClient,
    key: str,
    tmp_path: Path,
) -> None:
    """Two at a time: the one that sends, and another that takes over."""
    processes = []
    for kill in range(KILLS):
        with contextlib.ExitStack() as stack:
            for who in ("one", "other"):
                url, spool = f"http://127.0.0.1:{gunicorn.port}", str(tmp_path / "spool")
                process = PostingProcess(url, key, spool, f"/{who}/{kill}")
                processes.append(stack.enter_context(process))
                time.sleep(random.uniform(0, LONGEST))
    assert client.flush(60)
    delivered = endpoints()
    expected = []
    for process in processes:
        mine = sum(endpoint.startswith(f"{process.name}/") for endpoint in delivered)
        assert mine > process.spooled
        expected += [f"{process.name}/{number:06}" for number in range(mine)]
    assert delivered == sorted(expected)
