"""`fold_usage --loop` outlives its database: a restart, and a connection that the server closed."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.databases import PrivateServer
from tests.processes import PROJECT, manage

pytestmark = pytest.mark.database("server")
INSERT = "INSERT INTO dt_api_usage_stats (user_id, api_endpoint) VALUES (1, '/info')"
SECONDS = 60


class Loop:
    """The command in a process of its own, and what it says."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "fold_usage", "--loop", "0.2"],
            cwd=PROJECT,
            env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def wait_for(self, what: str) -> str:
        """The next line that has it; no line in between is lost."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if what in line:
                return line
        raise AssertionError(f"It ended before it said {what!r}.")

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode


@pytest.fixture
def loop(environment: dict[str, str]) -> Iterator[Loop]:
    loop = Loop(environment)
    yield loop
    loop.process.kill()
    loop.process.communicate()


@pytest.fixture
def execute(server: PrivateServer, database: str) -> Callable[[str], None]:
    def execute(statement: str) -> None:
        with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
            cursor.execute(statement)
            driver.commit()

    return execute


def test_a_restart_of_the_database(
    loop: Loop, server: PrivateServer, execute: Callable[[str], None]
) -> None:
    execute(INSERT)
    loop.wait_for("Folded up to call 1.")
    server.stop()
    told = loop.wait_for("The database does not answer")
    assert "again in 0.2 s" in told
    server.start()
    execute(INSERT)
    loop.wait_for("Folded up to call 2.")
    assert loop.end() == 0


def test_connections_that_the_server_closes(
    loop: Loop, server: PrivateServer, execute: Callable[[str], None]
) -> None:
    """Within the five seconds that new calls are left alone, too."""
    execute("SET GLOBAL wait_timeout = 1")
    loop.wait_for("Newer ids left: 0.")
    execute(INSERT)
    loop.wait_for("Folded up to call 3.")
    loop.wait_for("Folded up to call 3")
    assert loop.end() == 0


def test_a_permanent_fault_ends_it_with_a_sentence(
    server: PrivateServer, environment: dict[str, str]
) -> None:
    server.create_database("empty")
    for arguments in (("fold_usage", "--loop", "1"), ("fold_usage",), ("verify_usage",)):
        done = manage(*arguments, DATABASE_URL=server.url("empty"))
        assert done.returncode == 1
        assert "Migrations are missing: " in done.stderr
        assert done.stderr.endswith(" Run manage.py migrate.\n")
    done = manage("fold_usage", "--loop", "1", DATABASE_URL=server.url("nowhere"))
    assert done.returncode == 1
    assert "CommandError: The database does not let this account in" in done.stderr


def test_one_run_ends_with_a_sentence_while_the_database_is_away(
    server: PrivateServer, environment: dict[str, str]
) -> None:
    server.stop()
    try:
        for command in ("fold_usage", "verify_usage", "rebuild_usage", "purge_idempotency_keys"):
            done = manage(command, **environment)
            assert done.returncode == 1
            assert done.stderr.startswith("CommandError: The database does not answer as it should")
            assert "Traceback" not in done.stderr
    finally:
        server.start()
