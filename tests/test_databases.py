"""Tests of the harness: the server is private, and can be killed and started again."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dj_database_url
import pytest
from django.db import connection

from tests.databases import PrivateServer, ServerMissingError, new_server


@pytest.fixture
def own_server() -> Iterator[PrivateServer]:
    """A server that a test may kill."""
    try:
        server = new_server(["--innodb-flush-log-at-trx-commit=1"])
    except ServerMissingError as error:
        pytest.skip(str(error))
    yield server
    server.remove()


def answer(server: PrivateServer, statement: str, database: str = "") -> Any:
    """The first column of the first row."""
    with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_the_server_is_private(database_server: PrivateServer) -> None:
    assert answer(database_server, "SELECT @@skip_networking") == 1
    assert Path(answer(database_server, "SELECT @@datadir")) == database_server.data
    assert Path(answer(database_server, "SELECT @@socket")) == database_server.socket
    assert "run/mysqld" not in str(database_server.socket)


def test_the_url_is_understood(database_server: PrivateServer) -> None:
    parsed = dj_database_url.parse(database_server.url("ledger"))
    assert parsed["NAME"] == "ledger"
    assert parsed["HOST"] == ""
    assert parsed["OPTIONS"] == {"unix_socket": str(database_server.socket)}


@pytest.mark.slow
def test_committed_data_outlives_a_kill(own_server: PrivateServer) -> None:
    own_server.create_database("kept")
    with contextlib.closing(own_server.connect("kept")) as driver, driver.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        cursor.execute("INSERT INTO t VALUES (1)")
        driver.commit()
        cursor.execute("INSERT INTO t VALUES (2)")
        own_server.kill()
    own_server.start()
    assert answer(own_server, "SELECT COUNT(*) FROM t", "kept") == 1


@pytest.mark.slow
def test_a_removed_server_leaves_nothing(own_server: PrivateServer) -> None:
    process = own_server.process
    own_server.remove()
    assert process is not None
    assert process.returncode is not None
    assert not own_server.folder.exists()


@pytest.mark.django_db
def test_django_is_on_the_database_asked_for(pytestconfig: pytest.Config) -> None:
    kind = pytestconfig.option.database.split("-")[0]
    assert connection.vendor == ("sqlite" if kind == "sqlite" else "mysql")
    assert getattr(connection, "mysql_is_mariadb", False) == (kind == "mariadb")
    assert "usage_ledger" in os.environ["DATABASE_URL"]


@pytest.mark.django_db
@pytest.mark.database("server")
def test_a_server_stores_every_character() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@character_set_database, '𠮷'")
        assert cursor.fetchone() == ("utf8mb4", "𠮷")
