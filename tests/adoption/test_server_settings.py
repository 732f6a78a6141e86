"""Servers and tables that are set otherwise than by default: all works on each, to its end."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests import legacy
from tests.adoption.conftest import ADOPTED, Live
from tests.databases import PrivateServer, new_server
from tests.processes import python

pytestmark = [pytest.mark.slow, pytest.mark.database("server")]

# A server takes what begins with "loose" where it knows it.
SETTINGS = {
    "other quotes": ("--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT",),
    "no mode": ("--sql-mode=",),
    "primary keys are required": (
        "--loose-sql-require-primary-key=ON",
        "--loose-innodb-force-primary-key=ON",
    ),
    "primary keys are made": ("--loose-sql-generate-invisible-primary-key=ON",),
    "names in small letters": ("--lower-case-table-names=1",),
    "transactions have global ids": (
        "--log-bin=log",
        "--binlog-format=ROW",
        "--server-id=1",
        "--loose-gtid-mode=ON",
        "--loose-enforce-gtid-consistency=ON",
    ),
}
COLUMNS = {
    "invisible": "ADD note VARCHAR(20) DEFAULT 'theirs' INVISIBLE AFTER id",
    "generated": "ADD day DATE AS (DATE(created_at)) STORED, ADD free INT AS (cost = 0) VIRTUAL",
}
ENDPOINT = "C:\\new \"quoted\" 'x'"
CALL: dict[str, Any] = {"user_id": 1, "api_endpoint": ENDPOINT, "cost": "0.5"}


@pytest.fixture(scope="module", params=SETTINGS.values(), ids=list(SETTINGS))
def server(request: pytest.FixtureRequest) -> Iterator[PrivateServer]:
    server = new_server(request.param)
    yield server
    server.remove()


def test_servers(server: PrivateServer) -> None:
    with legacy.database(server, "Translator", legacy=True) as url:
        check_all_works(Live(url, server, "Translator"))


@pytest.mark.parametrize("change", COLUMNS.values(), ids=list(COLUMNS))
def test_columns(live_database: Callable[..., Live], change: str) -> None:
    check_all_works(live_database(f"ALTER TABLE dt_api_usage_stats {change}"))


def check_all_works(live: Live) -> None:
    [(before, cost)] = live.execute("SELECT COUNT(*), SUM(cost) FROM dt_api_usage_stats")
    environment = {**ADOPTED, "DATABASE_URL": live.url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = python("-m", "tests.adoption.journey", json.dumps(CALL), **environment)
    assert done.returncode == 0, done.stderr
    found = {group["endpoint"]: group for group in json.loads(done.stdout)}
    assert sum(group["total_calls"] for group in found.values()) == before + 1
    amounts = (Decimal(str(group["total_cost"])) for group in found.values())
    assert sum(amounts) == cost + Decimal(CALL["cost"])
    assert found[ENDPOINT]["total_calls"] == 1
    assert live.tables() == sorted(legacy.TABLES)
