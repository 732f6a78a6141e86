"""MySQL's own kind of password, which wants a key or TLS where the server sees it first."""

from collections.abc import Iterator

import pytest

from tests.databases import PrivateServer, new_server
from tests.legacy import execute
from tests.ports import free_ports
from tests.processes import manage

pytestmark = [pytest.mark.slow, pytest.mark.database("mysql")]
ACCOUNT = "ledger:s%C3%A9cret"


@pytest.fixture(scope="module")
def port() -> int:
    [port] = free_ports(1)
    return port


@pytest.fixture(scope="module")
def server(port: int) -> Iterator[PrivateServer]:
    server = new_server(
        ["--skip-networking=0", "--skip-name-resolve", "--bind-address=127.0.0.1", f"--port={port}"]
    )
    execute(server, "", "CREATE DATABASE ledger CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci")
    for host in ("localhost", "127.0.0.1"):
        account = f"ledger@'{host}'"
        execute(
            server, "", f"CREATE USER {account} IDENTIFIED WITH caching_sha2_password BY 'sécret'"
        )
        execute(server, "", f"GRANT ALL ON ledger.* TO {account}")
    yield server
    server.remove()


@pytest.mark.parametrize("way", ["TCP", "socket"])
def test_the_first_and_the_next_login(server: PrivateServer, port: int, way: str) -> None:
    # The server forgets whom it has let in.
    execute(server, "", "FLUSH PRIVILEGES")
    place = {
        "TCP": f"127.0.0.1:{port}/ledger",
        "socket": f"/ledger?unix_socket={server.socket}",
    }
    url = f"mysql://{ACCOUNT}@{place[way]}"
    for _time in range(2):
        done = manage("migrate", "-v0", DATABASE_URL=url)
        assert (done.returncode, done.stderr) == (0, "")
    wrong = manage("migrate", "-v0", DATABASE_URL=url.replace("ledger:", "ledger:x"))
    assert "Access denied" in wrong.stderr
