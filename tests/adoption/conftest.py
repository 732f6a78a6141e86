"""A live database per test, beside which the application runs in processes of its own."""

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests import legacy
from tests.adoption.walk import LENIENT
from tests.databases import PrivateServer
from tests.processes import Done, manage, python

LABELS = {
    "USER_LABEL_COLUMN": "display_name",
    "JOB_LABEL_COLUMN": "original_filename",
    "USER_GROUP_COLUMN": "department",
}
ADOPTED = {"ADOPTED": "1", **LABELS}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ours:
    """Our application over the database at `url`."""

    url: str

    def manage(self, *arguments: str, **environment: str) -> Done:
        settings = {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "tests.adoption.settings"}
        return manage(*arguments, **{**settings, **environment})

    def adopt(self, **environment: str) -> None:
        done = self.manage("migrate", "-v0", **(environment or ADOPTED))
        assert (done.returncode, done.stderr) == (0, "")

    def ask(self, *requests: tuple[Any, ...], **environment: str) -> list[tuple[int, str]]:
        """Status and body of each request (method, path, JSON), in one process of ours."""
        settings = {"DATABASE_URL": self.url, **(environment or ADOPTED)}
        done = python(
            "-m",
            "tests.adoption.requests",
            json.dumps(requests),
            **{**settings, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )
        assert done.returncode == 0, done.stderr
        return [(status, text) for status, text in json.loads(done.stdout)]


@dataclass(frozen=True)
class Live(Ours):
    """A live translator database, as its own application knows it and as ours does."""

    server: PrivateServer
    name: str

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            rows = legacy.execute(self.server, self.name, statement)
        return rows

    def execute_leniently(self, *statements: str) -> None:
        """In one session that takes values which a strict one refuses."""
        with contextlib.closing(self.server.connect(self.name)) as driver:
            for statement in (LENIENT, *statements):
                driver.query(statement)
            driver.commit()

    def definitions(self) -> dict[str, str]:
        return {table: self.execute(f"SHOW CREATE TABLE {table}")[0][1] for table in legacy.TABLES}

    def rows(self, upto: int = 250) -> dict[str, list[tuple[Any, ...]]]:
        """All there is in the three tables, of the calls those with ids `upto`."""
        return {
            table: self.execute(f"SELECT * FROM {table} WHERE id <= {upto} ORDER BY id")
            for table in legacy.TABLES
        }

    def tables(self) -> list[str]:
        return legacy.tables(self.server, self.name)


@pytest.fixture(scope="module")
def live_database(database_server: PrivateServer) -> Iterator[Callable[..., Live]]:
    """Makes live databases: that of legacy.sql, changed by some statements."""
    with contextlib.ExitStack() as stack:

        def make(*statements: str) -> Live:
            name = f"translator_{next(_numbers)}"
            url = stack.enter_context(legacy.database(database_server, name, legacy=True))
            live = Live(url, database_server, name)
            live.execute(*statements)
            return live

        yield make


@pytest.fixture
def live(live_database: Callable[..., Live]) -> Live:
    return live_database()
