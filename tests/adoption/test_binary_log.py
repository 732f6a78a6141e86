"""A server whose binary log is one of statements: said and refused before anything is made."""

from collections.abc import Iterator

import pytest

from tests import legacy
from tests.adoption.conftest import ADOPTED
from tests.databases import PrivateServer, new_server
from tests.processes import manage, python

pytestmark = pytest.mark.database("server")


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    server = new_server(["--log-bin=log", "--binlog-format=STATEMENT", "--server-id=1"])
    yield server
    server.remove()


@pytest.fixture
def url(server: PrivateServer) -> Iterator[str]:
    with legacy.database(server, "translator", legacy=True) as url:
        yield url


def test_adopt_database_says_what_to_do(url: str) -> None:
    done = manage("adopt_database", DATABASE_URL=url)
    assert done.returncode == 1
    assert "blocks   binary log: The database's server has binlog_format=STATEMENT" in done.stdout
    assert "binlog_format=ROW or MIXED" in done.stdout


def test_migrate_refuses_and_makes_no_table(server: PrivateServer, url: str) -> None:
    before = legacy.tables(server, "translator")
    done = manage("migrate", DATABASE_URL=url, **ADOPTED)
    assert done.returncode == 1
    assert "(stats.E001) The database's server has binlog_format=STATEMENT" in done.stderr
    assert "HINT: Let the server's administrator set binlog_format=ROW or MIXED" in done.stderr
    assert legacy.tables(server, "translator") == before


def test_the_server_does_not_start(url: str) -> None:
    command = ("-m", "gunicorn", "-c", "usage_project/gunicorn.py", "--bind=127.0.0.1:0")
    done = python(*command, DATABASE_URL=url, **ADOPTED)
    assert done.returncode == 1
    assert "Usage Ledger does not start: The database's server has binlog" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_rows_it_is_as_any_other(server: PrivateServer, url: str) -> None:
    legacy.execute(server, "translator", "SET GLOBAL binlog_format = 'ROW'")
    try:
        assert "binary log" not in manage("adopt_database", DATABASE_URL=url).stdout
        done = manage("migrate", "-v0", DATABASE_URL=url, **ADOPTED)
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        legacy.execute(server, "translator", "SET GLOBAL binlog_format = 'STATEMENT'")
