"""The small live database of tests/data/legacy.sql, loaded into a private server."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.databases import PrivateServer

SCRIPT = Path(__file__).parent / "data/legacy.sql"
TABLES = ("dt_users", "dt_translation_jobs", "dt_api_usage_stats")


@contextlib.contextmanager
def database(server: PrivateServer, name: str, *, legacy: bool) -> Iterator[str]:
    """Yields the DATABASE_URL of a new database, empty or with the legacy tables."""
    server.create_database(name)
    try:
        if legacy:
            load(server, name)
        yield server.url(name)
    finally:
        execute(server, name, f"DROP DATABASE `{name}`")


def load(server: PrivateServer, name: str) -> None:
    lines = SCRIPT.read_text().splitlines()
    script = "\n".join(line for line in lines if not line.startswith("--"))
    for statement in script.split(";\n"):
        if statement.strip():
            execute(server, name, statement)


def execute(server: PrivateServer, database: str, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
        cursor.execute(statement)
        rows = list(cursor.fetchall())
        driver.commit()
        return rows


def tables(server: PrivateServer, database: str) -> list[str]:
    return sorted(name for (name,) in execute(server, database, "SHOW TABLES"))
