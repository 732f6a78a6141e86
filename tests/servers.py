"""gunicorn as deployed, in separate processes, and clients for it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import msgspec

from tests.databases import PrivateServer
from tests.numbers import numbers
from tests.processes import PROJECT, manage

SECONDS_TO_START = 60
SECONDS_TO_STOP = 60
SECONDS_TO_ANSWER = 60
AS_DEPLOYED = ("--config=usage_project/gunicorn.py", "--workers=2")


@dataclass(frozen=True)
class Answer:
    """An answer. `headers` are by lower-case names."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Client:
    """An HTTP client of a port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.port = port

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request over a new connection. Raises `OSError`, `HTTPException`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_TO_ANSWER)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            cookies = SimpleCookie("; ".join(response.headers.get_all("Set-Cookie", [])))
            values = {name: cookie.value for name, cookie in cookies.items()}
            return Answer(response.status, names, values, response.read())

    def post_calls(self, key: str, content: Any, **headers: str) -> Answer:
        """POST calls/ with an API key."""
        given = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json", **headers}
        return self.request("POST", "/api/v1/calls/", msgspec.json.encode(content), given)

    def post_until_created(self, key: str, name: str, content: Any) -> Answer:
        """Repeat a POST with an Idempotency-Key until it is a 201."""
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.post_calls(key, content, **{"Idempotency-Key": name})
                if answer.status == 201:
                    return answer
                if answer.headers["content-type"] == "application/json":
                    assert answer.status in {409, 503}, answer
                    assert "retry-after" in answer.headers, answer
                else:
                    # A proxy answers so while its server is down.
                    assert answer.status in {502, 503, 504}, answer
            time.sleep(0.02)


@dataclass
class Gunicorn(Client):
    """A gunicorn of this project on a free port of 127.0.0.1. Its log is in `log`, and beside it
    the files that it leaves when it is killed."""

    log: Path
    environment: dict[str, str]
    application: str = "usage_project.wsgi"
    options: tuple[str, ...] = ("--workers=2",)
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Listen before gunicorn starts, so that nobody else can take the port."""
        with self.listener() as listener:
            self.start_on(listener)

    def start_on(self, listener: socket.socket) -> None:
        """Start on the caller's socket, as under systemd: connections wait while no server runs."""
        self.port = listener.getsockname()[1]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", self.application),
                    f"--bind=fd://{listener.fileno()}",
                    *self.options,
                ],
                cwd=PROJECT,
                env={**os.environ, "TMPDIR": str(self.log.parent), **self.environment},
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_ready()

    def listener(self) -> socket.socket:
        """A socket on its former port. Killed workers hold the port longer than `stop` waits."""
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                return socket.create_server(("127.0.0.1", self.port))
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.request("GET", "/api/v1/schema/")
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"gunicorn did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Kill it with all its workers."""
        process, self.process = self.process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def terminate(self) -> None:
        """Ask it to stop, as systemd does."""
        assert self.process
        self.process.terminate()

    def exit_status(self) -> int:
        """Wait until it has stopped; returns its exit status."""
        process, self.process = self.process, None
        assert process
        return process.wait(SECONDS_TO_STOP)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


def migrated(server: PrivateServer, name: str) -> dict[str, str]:
    """The environment for a new database, migrated, with users 1 to 9."""
    server.create_database(name)
    environment = {"DATABASE_URL": server.url(name)}
    done = manage("migrate", "--verbosity=0", **environment)
    assert done.returncode == 0, done.stderr
    with contextlib.closing(server.connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO dt_users (id, name) SELECT seq, seq FROM {numbers(1, 9)}")
        connection.commit()
    return environment


def new_key(environment: dict[str, str], *options: str) -> str:
    """The secret of a new API key."""
    arguments = ("translator", "--scopes", "record,read", *options)
    done = manage("create_api_key", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
