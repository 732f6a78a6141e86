"""An upload that never ends is ended by the server, which goes on serving others."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PrivateServer
from tests.servers import Gunicorn, migrated, new_key

pytestmark = pytest.mark.database("server")


@pytest.fixture
def environment(database_server: PrivateServer) -> dict[str, str]:
    return migrated(database_server, "uploads")


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log", environment, options=("--workers=2", "--timeout=2"))
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


def test_a_chunked_upload_that_never_ends(environment: dict[str, str], gunicorn: Gunicorn) -> None:
    key = new_key(environment)
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as upload:
        head = "POST /api/v1/calls/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        head += f"Content-Type: application/json\r\nAuthorization: Api-Key {key}\r\n\r\n"
        upload.sendall(head.encode() + b"1\r\n[\r\n")
        answer = gunicorn.post_calls(key, {"user_id": 7, "api_endpoint": "/x"})
        assert answer.status == 201
        # Closed, without an answer or with one; no more of it comes.
        while upload.recv(65_536):
            pass
    answer = gunicorn.post_calls(key, {"user_id": 7, "api_endpoint": "/x"})
    assert answer.status == 201
    assert key.partition(".")[2] not in gunicorn.log.read_text()
