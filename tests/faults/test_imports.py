"""Imports that are killed, or run twice at once: each row is one call, none is lost."""

import contextlib
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.databases import PrivateServer
from tests.processes import PROJECT

pytestmark = pytest.mark.database("server")

KILLS = 5
# Of several portions.
ROWS = 40_000
SECONDS_TO_IMPORT = 300
ONCE = [(ROWS, ROWS, ROWS * (ROWS - 1) // 2)]


def row(number: int) -> bytes:
    call = {
        "id": f"{number}",
        "user_id": 1 + number % 9,
        "api_endpoint": f"/{number}",
        "total_tokens": number,
        "cost": f"{number / 10_000:.4f}",
        "created_at": "2026-03-01T08:00:00Z",
    }
    return msgspec.json.encode(call) + b"\n"


class Ledger:
    """A database that imports write to, and the file that they read."""

    def __init__(self, server: PrivateServer, database: str, path: Path) -> None:
        self.server = server
        self.database = database
        self.path = path

    def start(self, environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "import_calls", "jsonl", str(self.path)],
            cwd=PROJECT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "usage_project.settings",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, sql: str) -> list[tuple[int, ...]]:
        driver = self.server.connect(self.database)
        with contextlib.closing(driver), driver.cursor() as cursor:
            cursor.execute(sql)
            driver.commit()
            return [tuple(map(int, found)) for found in cursor.fetchall()]

    def calls(self) -> int:
        [(count,)] = self.ask("SELECT COUNT(*) FROM dt_api_usage_stats")
        return count

    def sums(self) -> list[tuple[int, ...]]:
        """Calls, different ones, and what they add up to."""
        return self.ask(
            "SELECT COUNT(*), COUNT(DISTINCT api_endpoint), SUM(total_tokens) "
            "FROM dt_api_usage_stats"
        )


@pytest.fixture
def ledger(
    server: PrivateServer, database: str, environment: dict[str, str], tmp_path: Path
) -> Ledger:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"".join(map(row, range(ROWS))))
    ledger = Ledger(server, database, path)
    for table in ("dt_api_usage_stats", "stats_importedcall"):
        ledger.ask(f"DELETE FROM {table}")
    return ledger


def finished(process: subprocess.Popen[str]) -> int:
    """How many rows it says it has imported."""
    out, err = process.communicate(timeout=SECONDS_TO_IMPORT)
    assert process.returncode == 0, err
    found = re.match(r"([\d,]+) rows? imported", out)
    assert found, out
    return int(found[1].replace(",", ""))


def kill_in_mid_import(ledger: Ledger, environment: dict[str, str]) -> int:
    """How many calls it left."""
    before = ledger.calls()
    process = ledger.start(environment)
    while ledger.calls() == before and process.poll() is None:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.3))
    process.kill()
    process.communicate()
    return ledger.calls()


def test_killed_imports_that_are_run_again(ledger: Ledger, environment: dict[str, str]) -> None:
    left = [kill_in_mid_import(ledger, environment) for _kill in range(KILLS)]
    assert 0 < left[0] < ROWS
    imported = finished(ledger.start(environment))
    assert imported == ROWS - left[-1]
    assert ledger.sums() == ONCE
    assert finished(ledger.start(environment)) == 0
    assert ledger.sums() == ONCE


def test_the_same_import_twice_at_once(ledger: Ledger, environment: dict[str, str]) -> None:
    both = [ledger.start(environment) for _import in range(2)]
    imported = [finished(process) for process in both]
    assert sum(imported) == ROWS
    assert ledger.sums() == ONCE
