"""Reports that take too long: they are ended, and calls are recorded beside them."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.databases import PrivateServer
from tests.servers import AS_DEPLOYED, Answer, Gunicorn, migrated, new_key

pytestmark = pytest.mark.database("server")
READERS, POSTS = 6, 20


@pytest.fixture
def environment(database_server: PrivateServer) -> dict[str, str]:
    return migrated(database_server, "slow_reports")


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    hurried = environment | {"DJANGO_SETTINGS_MODULE": "tests.faults.hurried"}
    gunicorn = Gunicorn(tmp_path / "log", hurried, options=AS_DEPLOYED)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


@contextlib.contextmanager
def nobody_reads_the_sums(server: PrivateServer) -> Iterator[None]:
    """Whoever asks for them waits until they are told to give up."""
    connection = server.connect("slow_reports")
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("LOCK TABLES stats_daytotal WRITE, stats_dayendpoint WRITE")
        yield


def test_calls_are_recorded_beside_them(
    gunicorn: Gunicorn, environment: dict[str, str], database_server: PrivateServer
) -> None:
    key = new_key(environment)

    def read(_n: int) -> Answer:
        path = "/api/v1/statistics/daily/?days=30"
        return gunicorn.request("GET", path, headers={"Authorization": f"Api-Key {key}"})

    with nobody_reads_the_sums(database_server), ThreadPoolExecutor(READERS) as readers:
        # Six of the eight threads of two workers.
        reading = [readers.submit(read, n) for n in range(READERS)]
        posted = [
            gunicorn.post_calls(key, {"user_id": 7, "api_endpoint": "/x"}) for _ in range(POSTS)
        ]
        assert [answer.status for answer in posted] == [201] * POSTS
        answers = [done.result() for done in reading]
    # Were they not ended, they would still wait for us.
    assert {answer.status for answer in answers} == {503}
    assert {answer.headers["retry-after"] for answer in answers} == {"30"}
    assert read(0).status == 200
