"""The proxy of docs/deploy/ before the server as configured: what each does for the other."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPSConnection

import msgspec
import pytest

from tests.databases import PrivateServer
from tests.deploy.nginx import Nginx
from tests.servers import AS_DEPLOYED, Gunicorn, migrated, new_key

pytestmark = pytest.mark.database("server")
HOST = {"Host": "ledger.example.com"}
CALL = msgspec.json.encode({"user_id": 7, "api_endpoint": "/x"})
# More than both workers have threads.
SLOW_UPLOADS = 12


@pytest.fixture(scope="module")
def environment(database_server: PrivateServer) -> dict[str, str]:
    return {
        **migrated(database_server, "proxied"),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,ledger.example.com",
        "TRUSTED_PROXIES": "1",
    }


@pytest.fixture(scope="module")
def nginx(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    gunicorn = Gunicorn(folder / "gunicorn.log", environment, options=AS_DEPLOYED)
    gunicorn.start()
    nginx = Nginx(folder, gunicorn.port)
    try:
        nginx.start()
        yield nginx
    except FileNotFoundError as error:
        pytest.skip(str(error))
    finally:
        nginx.stop()
        gunicorn.stop()


@pytest.fixture
def secure(nginx: Nginx) -> Iterator[HTTPSConnection]:
    with contextlib.closing(nginx.secure()) as connection:
        yield connection


def test_it_passes_its_own_check(nginx: Nginx) -> None:
    checked = nginx.check()
    assert checked.returncode == 0
    assert "warn" not in checked.stderr


def test_http_is_led_to_https(nginx: Nginx) -> None:
    with contextlib.closing(nginx.plain()) as connection:
        connection.request("GET", "/admin/?x=1", headers=HOST)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (
            301,
            "https://ledger.example.com/admin/?x=1",
        )


def test_the_application_knows_that_it_is_secure(secure: HTTPSConnection) -> None:
    secure.request("GET", "/admin/login/", headers=HOST)
    answer = secure.getresponse()
    assert answer.status == 200
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert all("Secure" in cookie for cookie in answer.headers.get_all("Set-Cookie", []))


def test_it_names_requests_itself(secure: HTTPSConnection, nginx: Nginx) -> None:
    secure.request("GET", "/healthz", headers={**HOST, "X-Request-ID": "forged-by-a-client"})
    request_id = secure.getresponse().headers["X-Request-ID"]
    assert len(request_id) == 32
    assert request_id in (nginx.folder / "gunicorn.log").read_text()


@pytest.mark.parametrize(("source", "status"), [("127.0.0.1", 200), ("127.0.0.2", 403)])
def test_metrics_are_for_this_machine(nginx: Nginx, source: str, status: int) -> None:
    with contextlib.closing(nginx.secure(source)) as connection:
        connection.request("GET", "/metrics", headers=HOST)
        assert connection.getresponse().status == status


def test_too_large_a_body(secure: HTTPSConnection, environment: dict[str, str]) -> None:
    headers = post_headers(new_key(environment))
    secure.request("POST", "/api/v1/calls/", b"[" + b" " * 10 * 1024 * 1024 + b"]", headers)
    answer = secure.getresponse()
    assert (answer.status, msgspec.json.decode(answer.read()).keys()) == (413, {"detail"})
    secure.request("POST", "/api/v1/calls/", headers={**headers, "Content-Length": "12000000"})
    assert secure.getresponse().status == 413


def test_slow_uploads_hold_up_nobody(nginx: Nginx, environment: dict[str, str]) -> None:
    headers = post_headers(new_key(environment))
    with ExitStack() as stack:
        slow = [
            stack.enter_context(contextlib.closing(nginx.secure())) for _ in range(SLOW_UPLOADS)
        ]
        for connection in slow:
            begin_upload(connection, headers)
        with contextlib.closing(nginx.secure()) as quick:
            quick.request("POST", "/api/v1/calls/", CALL, headers)
            assert quick.getresponse().status == 201
        for connection in slow:
            connection.send(CALL[1:])
            assert connection.getresponse().status == 201


def begin_upload(connection: HTTPSConnection, headers: dict[str, str]) -> None:
    """All but the last of a POST."""
    connection.putrequest("POST", "/api/v1/calls/", skip_host=True)
    for name, value in {**headers, "Content-Length": str(len(CALL))}.items():
        connection.putheader(name, value)
    connection.endheaders(CALL[:1])


def post_headers(key: str) -> dict[str, str]:
    return {**HOST, "Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
