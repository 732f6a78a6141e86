"""The small live database of tests/data/legacy.sql, loaded into a private server."""

import contextlib
import re
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
    for statement in _script().split(";\n"):
        if statement.strip():
            execute(server, name, statement)


def sqlite_script() -> str:
    """The same tables and rows in the words of SQLite; its indexes but the keys are left out."""
    script = _script().replace("int(11) NOT NULL AUTO_INCREMENT", "integer")
    script = re.sub(r" COMMENT '[^']*'|\) ENGINE=[^;]*(?=;)", _closed, script)
    return re.sub(r"\n  (UNIQUE )?KEY [^\n]*,?(?=\n)", "", script).replace(",\n);", "\n);")


def _closed(found: re.Match[str]) -> str:
    return ")" if found[0].startswith(")") else ""


def _script() -> str:
    lines = SCRIPT.read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def execute(server: PrivateServer, database: str, statement: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
        cursor.execute(statement)
        rows = list(cursor.fetchall())
        driver.commit()
        return rows


def tables(server: PrivateServer, database: str) -> list[str]:
    return sorted(name for (name,) in execute(server, database, "SHOW TABLES"))
