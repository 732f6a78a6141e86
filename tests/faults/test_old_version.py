"""Migrations that run while the old version serves: it goes on writing and reading all it knows."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from tests.databases import PrivateServer
from tests.processes import PROJECT, manage

pytestmark = pytest.mark.database("server")

MIGRATIONS = sorted(path.stem for path in PROJECT.glob("stats/migrations/0*.py"))


class OldVersion:
    """A process of tests/faults/old_version.py."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program = program

    def go_on(self) -> None:
        """Returns when a round that began after this call is over; fails with what went wrong."""
        assert self.program.stdout
        assert self.program.stderr
        now = time.monotonic()
        for line in self.program.stdout:
            if float(line) >= now:
                return
        pytest.fail(self.program.stderr.read())


@contextmanager
def serving(migration: str, environment: dict[str, str]) -> Iterator[OldVersion]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.old_version", migration],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "usage_project.settings", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield OldVersion(program)
    finally:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(("old", "new"), list(pairwise(MIGRATIONS)))
def test_the_old_version_goes_on(database_server: PrivateServer, old: str, new: str) -> None:
    """Before, while and after the next migration runs."""
    database = f"after_{old}"
    database_server.create_database(database)
    environment = {"DATABASE_URL": database_server.url(database)}
    with serving(old, environment) as version:
        version.go_on()
        done = manage("migrate", "-v0", "stats", new, **environment)
        assert done.returncode == 0, done.stderr
        version.go_on()
