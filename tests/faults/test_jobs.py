"""`run_jobs --loop` in real processes: two at once, one killed, one stopped, the database away."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.databases import PrivateServer
from tests.processes import PROJECT

pytestmark = pytest.mark.database("server")
SECONDS = 60
INSERT = "INSERT INTO dt_api_usage_stats (user_id, api_endpoint) VALUES (1, '/info')"
FOLDED = "SELECT folded_to FROM stats_foldstate"
CLAIMED = "SELECT claimed_by FROM stats_scheduledjob WHERE name = 'fold'"


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the command in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_jobs", "--loop", "0.2"],
            cwd=PROJECT,
            env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def ask(server: PrivateServer, database: str) -> Callable[[str], Any]:
    """The first value that a statement finds."""

    def ask(statement: str) -> Any:
        with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchone()
            driver.commit()
        return found and found[0]

    return ask


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def terminated(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    said, _errors = process.communicate(timeout=SECONDS)
    return process.returncode, said


def test_a_killed_process_gives_way_to_another(
    run: Callable[[], subprocess.Popen[str]], ask: Callable[[str], Any]
) -> None:
    """The claims of the dead end by themselves, and nothing is folded twice."""
    ask(INSERT)
    first = run()
    wait_until(lambda: ask(FOLDED))
    # The fold waits for the margin: it is claimed nearly all of the time.
    wait_until(lambda: ask(CLAIMED))
    first.kill()
    ask(INSERT)
    calls = ask("SELECT MAX(id) FROM dt_api_usage_stats")
    second = run()
    wait_until(lambda: ask(FOLDED) == calls)
    assert terminated(second) == (0, "")
    assert ask("SELECT SUM(calls) FROM stats_daytotal") == ask(
        "SELECT COUNT(*) FROM dt_api_usage_stats"
    )


def test_two_processes_share_the_jobs(
    run: Callable[[], subprocess.Popen[str]], ask: Callable[[str], Any]
) -> None:
    ask("UPDATE stats_scheduledjob SET next_run_at = NULL WHERE name = 'verify'")
    both = [run(), run()]
    ask(INSERT)
    calls = ask("SELECT MAX(id) FROM dt_api_usage_stats")
    wait_until(lambda: ask(FOLDED) == calls)
    wait_until(lambda: ask("SELECT ended_at FROM stats_scheduledjob WHERE name = 'verify'"))
    assert [terminated(process) for process in both] == [(0, "")] * 2
    assert ask("SELECT COUNT(*) FROM stats_scheduledjob WHERE claimed_by <> ''") == 0


def test_a_restart_of_the_database(
    run: Callable[[], subprocess.Popen[str]], server: PrivateServer, ask: Callable[[str], Any]
) -> None:
    process = run()
    wait_until(lambda: ask(CLAIMED))
    server.stop()
    server.start()
    ask(INSERT)
    calls = ask("SELECT MAX(id) FROM dt_api_usage_stats")
    wait_until(lambda: ask(FOLDED) == calls)
    assert process.poll() is None
    assert terminated(process)[0] == 0
