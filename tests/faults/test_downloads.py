"""A download that is broken off leaves nothing behind, and the worker goes on serving others."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PrivateServer
from tests.numbers import numbers
from tests.processes import manage
from tests.servers import Gunicorn, migrated

pytestmark = pytest.mark.database("server")

ROWS = 8_000
SECONDS_TO_CLOSE = 60
ADDRESS = "/admin/stats/apiusagestats/export"
# More than the buffers of a connection hold, also when it is compressed.
MESSAGE = ", ".join(f"SHA2(CONCAT(seq, '.{n}'), 512)" for n in range(16))
FILL = f"""
INSERT INTO dt_api_usage_stats (user_id, api_endpoint, error_message, created_at)
SELECT 1, '/x', CONCAT({MESSAGE}), '2026-11-24'
FROM {numbers(1, ROWS)}
"""
SESSION = """
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
print("COOKIE", client.cookies[settings.SESSION_COOKIE_NAME].OutputString())
"""


@pytest.fixture(scope="module")
def environment(database_server: PrivateServer) -> dict[str, str]:
    environment = migrated(database_server, "downloads")
    with contextlib.closing(database_server.connect("downloads")) as connection:
        connection.cursor().execute(FILL)
        connection.commit()
    return environment


@pytest.fixture(scope="module")
def cookie(environment: dict[str, str]) -> str:
    done = manage("shell", "-c", SESSION, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("COOKIE ")[2].strip().partition(";")[0]


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    options = ("--workers=1", "--worker-class=gthread", "--threads=2")
    with_folder = {**environment, "TMPDIR": str(temporary)}
    gunicorn = Gunicorn(tmp_path / "log", with_folder, options=options)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


def temporary_files(worker: int, folder: Path) -> list[Path]:
    """What the worker has open in a folder, files without a name included; and what lies there."""
    held = []
    for descriptor in Path(f"/proc/{worker}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.append(descriptor.readlink())
    return [*(file for file in held if folder in file.parents), *folder.iterdir()]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_nothing_is_left_of_it(
    gunicorn: Gunicorn, cookie: str, tmp_path: Path, format: str
) -> None:
    (worker,) = gunicorn.workers()
    folder = tmp_path / "temporary"
    before = temporary_files(worker, folder)
    head = f"GET {ADDRESS}.{format}?period=all HTTP/1.1\r\nHost: localhost\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", gunicorn.port))
        client.sendall(f"{head}Cookie: {cookie}\r\n\r\n".encode())
        assert client.recv(64).startswith(b"HTTP/1.1 200")
        if format == "xlsx":
            assert len(temporary_files(worker, folder)) > len(before)
    deadline = time.monotonic() + SECONDS_TO_CLOSE
    while temporary_files(worker, folder) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert temporary_files(worker, folder) == before
    empty = "created_at_after=2020-01-01&created_at_before=2020-01-02"
    answer = gunicorn.request("GET", f"{ADDRESS}.{format}?{empty}", headers={"Cookie": cookie})
    assert answer.status == 200
    assert gunicorn.workers() == [worker]
    assert "Traceback" not in gunicorn.log.read_text()
