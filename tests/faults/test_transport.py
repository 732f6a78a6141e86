"""Bodies that are broken in transport: 400 in JSON, nothing written, and the server goes on."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import msgspec
import pytest

from tests.clients.test_ledger import Database
from tests.deploy.nginx import Nginx
from tests.servers import AS_DEPLOYED, Gunicorn, new_key

pytestmark = pytest.mark.database("sqlite")

CALL = b'{"user_id": 7, "api_endpoint": "/x"}'
SIZE = b"%x\r\n" % len(CALL)
END = b"0\r\n\r\n"
BROKEN = {
    "no size": b"zz\r\n" + CALL + b"\r\n" + END,
    "a negative size": b"-5\r\n" + CALL + b"\r\n" + END,
    "a size with a sign": b"+" + SIZE + CALL + b"\r\n" + END,
    "a size in Python's words": b"0x" + SIZE + CALL + b"\r\n" + END,
    "an empty size": b"\r\n" + CALL + b"\r\n" + END,
    "no end of the chunk": SIZE + CALL + END,
    "another end of the chunk": SIZE + CALL + b"xx" + END,
    "a chunk longer than told": b"5\r\n" + CALL + b"\r\n" + END,
    "gone after the head": b"",
    "gone within a size": SIZE[:1],
    "gone in mid-chunk": SIZE + CALL[:10],
    "gone after the chunk": SIZE + CALL + b"\r\n",
    "gone within the end": SIZE + CALL + b"\r\n0\r\n",
}
WHOLE = SIZE + CALL + b"\r\n" + END


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("transport") / "ledger.sqlite3")


@pytest.fixture(scope="module")
def key(database: Database) -> str:
    return new_key(database.environment, "--scopes", "record")


@pytest.fixture(scope="module")
def reading_key(database: Database) -> str:
    return new_key(database.environment, "--scopes", "read")


@pytest.fixture(scope="module", params=["threads", "sync"])
def gunicorn(database: Database, request: pytest.FixtureRequest) -> Iterator[Gunicorn]:
    options = AS_DEPLOYED if request.param == "threads" else ("--workers=1",)
    environment = {
        **database.environment,
        "ALLOWED_HOSTS": "localhost,127.0.0.1,ledger.example.com",
        "TRUSTED_PROXIES": "1",
    }
    gunicorn = Gunicorn(database.path.with_suffix(".log"), environment, options=options)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


def head(method: str, path: str, key: str, how: str = "Transfer-Encoding: chunked") -> bytes:
    return (
        f"{method} /api/v1/{path} HTTP/1.1\r\nHost: ledger.example.com\r\n{how}\r\n"
        f"Content-Type: application/json\r\nAuthorization: Api-Key {key}\r\n\r\n"
    ).encode()


def answer_to(connection: socket.socket, request: bytes) -> tuple[int, bytes, str]:
    """Of a client that sends this and no more: status, body and type."""
    connection.sendall(request)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read(), response.headers.get_content_type()


def check_refused(status: int, body: bytes, kind: str) -> None:
    assert (status, kind) == (400, "application/json"), body
    assert msgspec.json.decode(body).keys() == {"detail"}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize(("method", "path"), [("POST", "calls/"), ("PUT", "users/7/")])
def test_a_broken_chunked_body(
    gunicorn: Gunicorn, database: Database, key: str, name: str, method: str, path: str
) -> None:
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as connection:
        check_refused(*answer_to(connection, head(method, path, key) + BROKEN[name]))
    check_untouched(database)


@pytest.mark.parametrize(("method", "path"), [("POST", "calls/"), ("PUT", "users/7/")])
def test_a_body_shorter_than_announced(
    gunicorn: Gunicorn, database: Database, key: str, method: str, path: str
) -> None:
    announced = f"Content-Length: {len(CALL) + 10}"
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as connection:
        request = head(method, path, key, announced) + CALL[:-1]
        check_refused(*answer_to(connection, request))
    check_untouched(database)


def test_what_is_whole_is_still_taken(gunicorn: Gunicorn, database: Database, key: str) -> None:
    with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as connection:
        status, _body, _kind = answer_to(connection, head("POST", "calls/", key) + WHOLE)
    assert status == 201
    database.execute("DELETE FROM dt_api_usage_stats")


@pytest.mark.parametrize(
    ("values", "status", "told"),
    [(300, 400, "At most 100 values are possible; these are 300."), (2_000, 414, "too large (")],
)
def test_a_filter_of_too_many_values(
    gunicorn: Gunicorn, reading_key: str, values: int, status: int, told: str
) -> None:
    """In our words as long as gunicorn reads the address; beyond that, in its own, with the size.

    Without its limit it would read an address without end into memory.
    """
    many = "&".join(["user_id=7"] * values)
    headers = {"Authorization": f"Api-Key {reading_key}"}
    answer = gunicorn.request("GET", f"/api/v1/calls/?{many}", headers=headers)
    assert (answer.status, told in answer.body.decode()) == (status, True), answer.body
    assert gunicorn.request("GET", "/api/v1/calls/", headers=headers).status == 200


def check_untouched(database: Database) -> None:
    assert database.endpoints() == []
    assert database.execute("SELECT name FROM dt_users WHERE id = 7") == [("seven",)]


@pytest.mark.parametrize("name", BROKEN)
def test_through_nginx(
    nginx: Callable[[], socket.socket], database: Database, key: str, name: str
) -> None:
    """It answers most of them itself, and passes none on."""
    with nginx() as connection, contextlib.suppress(http.client.BadStatusLine, OSError):
        status, _body, _kind = answer_to(connection, head("POST", "calls/", key) + BROKEN[name])
        assert status == 400
    check_untouched(database)


def test_through_nginx_what_is_whole(
    nginx: Callable[[], socket.socket], database: Database, key: str
) -> None:
    with nginx() as connection:
        connection.sendall(head("POST", "calls/", key) + WHOLE)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 201
    database.execute("DELETE FROM dt_api_usage_stats")


@pytest.fixture(scope="module")
def nginx(
    gunicorn: Gunicorn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], socket.socket]]:
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), gunicorn.port)
    insecure = ssl.create_default_context()
    insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE

    def connect() -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", nginx.https), timeout=60)
        return insecure.wrap_socket(plain)

    with ExitStack() as stack:
        stack.callback(nginx.stop)
        try:
            nginx.start()
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield connect
