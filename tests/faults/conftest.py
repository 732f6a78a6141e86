"""The other application, folding processes that can be killed, and a database to post to."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from tests.databases import WITHOUT_DISK, PrivateServer, new_server
from tests.faults.processes import FoldingProcess
from tests.ledger import row, write
from tests.oracle import COLUMNS, Row
from tests.servers import migrated, new_key

USERS = range(1, 9)


class Application:
    """Plain SQL over a connection of its own; whoever makes it wait a second makes it fail."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.execute("SET innodb_lock_wait_timeout = 1")

    def execute(self, sql: str, params: Any = None) -> Any:
        with self.driver.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def insert(self, *rows: Row) -> None:
        """In the open transaction, which the first statement begins."""
        with self.driver.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO dt_api_usage_stats ({', '.join(COLUMNS)}) "
                f"VALUES ({', '.join(['%s'] * len(COLUMNS))})",
                [[each[name] for name in COLUMNS] for each in rows],
            )

    def commit(self) -> None:
        self.driver.commit()

    def rollback(self) -> None:
        self.driver.rollback()


@pytest.fixture
def new_application(
    transactional_db: None, database_server: PrivateServer
) -> Iterator[Callable[[], Application]]:
    """Connections of the other application, and its users."""
    write(*(row(user_id=user) for user in USERS))
    with contextlib.ExitStack() as stack:

        def connect() -> Application:
            driver = database_server.connect(connection.settings_dict["NAME"])
            return Application(stack.enter_context(contextlib.closing(driver)))

        yield connect


@pytest.fixture
def folding_process(
    transactional_db: None, database_server: PrivateServer
) -> Iterator[FoldingProcess]:
    """On the tests' own database."""
    with FoldingProcess(database_server.url(connection.settings_dict["NAME"])) as process:
        yield process


@pytest.fixture
def no_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    """Of the module's own: it may be killed, and keeps what it has committed."""
    server = new_server([*WITHOUT_DISK, "--innodb-flush-log-at-trx-commit=1"])
    yield server
    server.remove()


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> str:
    """Its name; each module has one."""
    module: str = request.module.__name__
    return module.rpartition(".")[2].removeprefix("test_")


@pytest.fixture(scope="module")
def environment(server: PrivateServer, database: str) -> dict[str, str]:
    return migrated(server, database)


@pytest.fixture(scope="module")
def key(environment: dict[str, str]) -> str:
    return new_key(environment)


@pytest.fixture
def endpoints(
    server: PrivateServer, database: str, environment: dict[str, str]
) -> Callable[[], list[str]]:
    """Those of all calls there are, sorted; at first there are none."""

    def execute(sql: str) -> list[str]:
        with contextlib.closing(server.connect(database)) as driver, driver.cursor() as cursor:
            cursor.execute(sql)
            driver.commit()
            return [endpoint for (endpoint,) in cursor.fetchall()]

    execute("DELETE FROM dt_api_usage_stats")
    return lambda: execute("SELECT api_endpoint FROM dt_api_usage_stats ORDER BY api_endpoint")
