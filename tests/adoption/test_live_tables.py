"""What live tables hold and how they are made × all that is done with them.

Whatever is adopted gives no fault, no command ends badly, and all count the same; what cannot be
adopted is refused by adopt_database, with what to do, before anything is changed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.processes import PROJECT, python

pytestmark = pytest.mark.database("server")

CALLS = "dt_api_usage_stats"


def call(**columns: object) -> str:
    """An INSERT of a plain call but for some columns, given as SQL."""
    plain = {
        "user_id": 1, "job_id": 11, "api_endpoint": "'/info'", "prompt_tokens": 3,
        "completion_tokens": 4, "total_tokens": 7, "prompt_price_unit": "'USD'", "cost": 0.25,
        "response_time_ms": 90, "success": 1, "created_at": "'2024-03-05 10:00:00'",
    }  # fmt: skip
    values = plain | columns
    return (
        f"INSERT INTO {CALLS} ({', '.join(values)}) VALUES ({', '.join(map(str, values.values()))})"
    )


def failed(**columns: object) -> str:
    return call(success=0, error_message="'Timeout 5'", **columns)


def at(time: str) -> list[str]:
    """A call and a failure at a time."""
    return [call(created_at=f"'{time}'"), failed(created_at=f"'{time}'")]


# What rows hold: all of these in one database, one after the other.
ROWS: dict[str, list[str]] = {
    "nothing odd": [],
    "the zero date": at("0000-00-00 00:00:00"),
    "the zero date in NULL's place": [f"UPDATE {CALLS} SET created_at = 0 WHERE id = 250"],
    "nothing but zero dates": [f"UPDATE {CALLS} SET created_at = 0"],
    "no times at all": [f"UPDATE {CALLS} SET created_at = NULL"],
    "a day 0": at("2024-03-00 00:00:00"),
    "a month 0": at("2024-00-10 00:00:00"),
    "the 31st of February": at("2024-02-31 10:00:00"),
    "the 29th of February of no leap year": at("2023-02-29 10:00:00"),
    "the year 0": at("0000-06-01 00:00:00"),
    "the year 1": at("0001-01-01 00:00:00"),
    "the year 999": at("0999-12-31 23:59:59"),
    "the first of the year 1000": at("1000-01-01 00:00:00"),
    "the year 1001": at("1001-01-01 00:00:00"),
    "the last second of 9999": at("9999-12-31 23:59:59"),
    "the last day but one of 9999": at("9999-12-30 23:59:59"),
    "many odd times": [s for t in ("0000-00-00", "2024-03-00", "0001-01-01") for s in at(t)] * 9,
    "a call of the future": at("2031-01-01 00:00:00"),
    "success 2": [call(success=2), call(success=2, error_message="'odd'")],
    "success -1": [call(success=-1), call(success=-128)],
    "success 127 without anything": [call(success=127, cost="NULL", total_tokens="NULL")],
    "nothing but success 2": [f"UPDATE {CALLS} SET success = 2"],
    "negative counts": [call(prompt_tokens=-5, total_tokens=-1, response_time_ms=-3)],
    "negative money": [call(cost=-2.5, prompt_unit_price=-1)],
    "the largest of all": [
        call(prompt_tokens=2147483647, total_tokens=2147483647, cost=999999.9999,
             prompt_unit_price=99.99999999, response_time_ms=2147483647)
    ] * 3,
    "an id of 0": [call(id=-1), f"UPDATE {CALLS} SET id = 0 WHERE id = -1"],
    "ids below 0": [call(id=-5), failed(id=-2147483648)],
    "a user below 1": [call(user_id=-1), failed(user_id=0)],
    "a job below 1": [call(job_id=-1), failed(job_id=0)],
    "a user and a job who are gone": [call(user_id=99, job_id=99), failed(user_id=99)],
    "an empty endpoint": [call(api_endpoint="''"), failed(api_endpoint="'   '")],
    "an endpoint of control characters": [call(api_endpoint="'/a\\nb\\tc\\0d'")],
    "an endpoint of markup": [call(api_endpoint="'/<b>\"&''/'"), failed(api_endpoint="'/../?y#'")],
    "endpoints alike but for case and accents": [call(api_endpoint=f"'{text}'")
        for text in ("/Straße", "/strasse", "/STRASSE", "/straße ")],
    "the longest endpoint": [call(api_endpoint="REPEAT('😀', 200)")],
    "odd currencies": [call(prompt_price_unit=text)
        for text in ("''", "'  '", "'usd'", "'€'", "'a b&c=d'", "'none'", "NULL")],
    "the longest message": [call(success=0, error_message="REPEAT('x', 65535)")],
    "a message of control characters": [call(success=0, error_message="'\\0\\x01\\r\\n=1+1'")],
    "no label": ["UPDATE dt_users SET display_name = '', department = ''",
                 "UPDATE dt_translation_jobs SET original_filename = ''"],
    "odd groups": ["UPDATE dt_users SET department = ELT(id, '-', ' ', '', '', '', '', '--x')"],
    "labels of markup": ["UPDATE dt_users SET display_name = '<i>\\0\\n', department = '\"&<'"],
    "a user without calls": [f"DELETE FROM {CALLS} WHERE user_id = 7"],
}  # fmt: skip
ALL = "all of these"
ZONES = {"west": "America/New_York", "east": "Asia/Taipei"}


@dataclass(frozen=True)
class Found:
    """What a walk says of one case."""

    commands: dict[str, str]
    odd: list[Any]
    files: int
    total: list[Any]
    dated: int
    told: dict[str, Any]
    written: list[Any]

    def check(self, *, writes: tuple[int, ...] = (201,)) -> None:
        assert {name: error for name, error in self.commands.items() if error} == {}
        assert self.odd == []
        calls, successes, tokens, cost = self.total
        assert self.told["endpoints"] == [calls, cost]
        assert self.told["users"] == [calls, tokens, cost]
        assert self.told["listed"] == [calls, successes, 0]
        assert self.told["file"] == [calls, successes]
        status, shown, batch, batch_shown = self.written
        assert status in writes, shown
        assert batch in writes, batch_shown
        assert status != 201 or shown == "as stored"


def walk(live: Live, cases: dict[str, Any], **environment: str) -> dict[str, Found]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.adoption.walk"],
        cwd=PROJECT,
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": live.url, **ADOPTED, **environment,
        },
        input=json.dumps(cases), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {name: Found(**found) for name, found in lines}


def case(statements: list[str], *, is_whole: bool = False) -> dict[str, Any]:
    return {"statements": statements, "is_whole": is_whole}


@pytest.mark.parametrize("zone", ZONES.values(), ids=list(ZONES))
def test_rows(live: Live, subtests: pytest.Subtests, zone: str) -> None:
    """One shared database, in one process: what is asked is the same for all."""
    live.adopt()
    cases = {name: case(statements) for name, statements in ROWS.items()}
    inserts = [one for each in ROWS.values() for one in each if one.startswith("INSERT")]
    cases[ALL] = case(inserts, is_whole=True)
    found = walk(live, cases, TIME_ZONE=zone)
    assert found.keys() == cases.keys()
    for name, one in found.items():
        with subtests.test(name):
            one.check()
            told = one.told
            assert told["in 2024"] == told["in 2024 in the file"] == told["days"]


# How tables and servers are made: each in a database of its own.
WITHOUT_KEYS = (
    f"ALTER TABLE {CALLS} DROP FOREIGN KEY dt_api_usage_stats_ibfk_1, "
    "DROP FOREIGN KEY dt_api_usage_stats_ibfk_2"
)
SIGNAL = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'closed for today'"
TRIGGER = f"CREATE TRIGGER theirs BEFORE INSERT ON {CALLS} FOR EACH ROW "
# Odd in several ways that have nothing to do with one another.
WORKING: dict[str, list[str]] = {
    "partitioned, a descending index": [
        WITHOUT_KEYS, f"ALTER TABLE {CALLS} PARTITION BY HASH (id) PARTITIONS 4",
        f"CREATE INDEX d ON {CALLS} (created_at DESC)",
    ],
    "unsigned ids, a virtual column": [
        "SET foreign_key_checks = 0", WITHOUT_KEYS,
        f"ALTER TABLE {CALLS} MODIFY id INT UNSIGNED NOT NULL AUTO_INCREMENT",
        f"ALTER TABLE {CALLS} ADD day DATE AS (DATE(created_at)) VIRTUAL",
    ],
    "invisible columns, columns in another order, compressed rows": [
        f"ALTER TABLE {CALLS} ADD tenant INT INVISIBLE DEFAULT 3",
        f"ALTER TABLE {CALLS} MODIFY created_at DATETIME FIRST",
        f"ALTER TABLE {CALLS} ROW_FORMAT = COMPRESSED",
    ],
    "a trigger that changes values, users in latin1": [
        f"{TRIGGER} SET NEW.cost = NEW.cost + 1, NEW.api_endpoint = LOWER(NEW.api_endpoint)",
        "UPDATE dt_users SET display_name = 'José', department = 'R&D'",
        "ALTER TABLE dt_users CONVERT TO CHARACTER SET latin1",
    ],
    "a TIMESTAMP": [f"ALTER TABLE {CALLS} MODIFY created_at TIMESTAMP NULL"],
}  # fmt: skip
# What the owner's table refuses: a call is a 400, and all else works.
REFUSING: dict[str, tuple[list[str], str]] = {
    "a CHECK": ([f"ALTER TABLE {CALLS} ADD CONSTRAINT cheap CHECK (cost <> 0.5)"], "cheap"),
    "a UNIQUE": ([f"CREATE UNIQUE INDEX one ON {CALLS} (user_id, job_id, cost)",
                  call(job_id="NULL", cost=0.5),
                  f"{TRIGGER} SET NEW.job_id = 11", call(cost=0.5, job_id=11)], "one"),
    "a trigger that refuses": ([f"{TRIGGER} {SIGNAL}"], "closed for today"),
    "a generated column": ([f"ALTER TABLE {CALLS} DROP COLUMN total_tokens, ADD total_tokens INT "
                            "AS (prompt_tokens + completion_tokens) STORED"], "total_tokens"),
    "the end of the ids": ([f"ALTER TABLE {CALLS} AUTO_INCREMENT = 2147483647",
                            call()], "No id is left"),
}  # fmt: skip
SERVER_VARIABLES = ("{wants_keys} = ON", "sql_safe_updates = ON", "sql_mode = ''")


def adopted_and_walked(live: Live, *, is_whole: bool = True) -> Found:
    looked = live.manage("adopt_database", **ADOPTED)
    assert looked.returncode == 0, looked.stdout
    # It may warn.
    done = live.manage("migrate", "-v0", **ADOPTED)
    assert done.returncode == 0, done.stderr
    return walk(live, {"": case([], is_whole=is_whole)})[""]


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKING)
def test_tables(live_database: Callable[..., Live], name: str) -> None:
    adopted_and_walked(live_database(*WORKING[name])).check()


@pytest.mark.slow
@pytest.mark.database("mariadb")
def test_a_system_versioned_table(live_database: Callable[..., Live]) -> None:
    adopted_and_walked(live_database(f"ALTER TABLE {CALLS} ADD SYSTEM VERSIONING")).check()


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSING)
def test_what_an_owner_s_table_refuses(live_database: Callable[..., Live], name: str) -> None:
    statements, told = REFUSING[name]
    # What is read is as everywhere.
    found = adopted_and_walked(live_database(*statements), is_whole=False)
    found.check(writes=(400,))
    assert told in json.dumps(found.written)


@contextmanager
def server_with(live: Live, variable: str) -> Iterator[None]:
    name = variable.split()[0]
    [(before,)] = live.execute(f"SELECT @@global.{name}")
    live.execute(f"SET GLOBAL {variable}")
    try:
        yield
    finally:
        live.execute(f"SET GLOBAL {name} = {before!r}")


@pytest.mark.slow
def test_a_server_with_rules_of_its_own(live: Live) -> None:
    with ExitStack() as stack:
        for variable in SERVER_VARIABLES:
            named = variable.format(wants_keys=live.server.wants_keys)
            stack.enter_context(server_with(live, named))
        adopted_and_walked(live).check()


VIEWED = (
    f"RENAME TABLE {CALLS} TO theirs",
    f"CREATE VIEW {CALLS} AS SELECT * FROM theirs",
)


def test_a_view_is_refused_with_what_to_do(live_database: Callable[..., Live]) -> None:
    done = live_database(*VIEWED).manage("adopt_database")
    assert done.returncode == 1
    assert f"blocks   {CALLS}: It is a view." in done.stdout
    assert "ALTER TABLE" not in done.stdout.split("It is a view.")[1].splitlines()[1]


READING_ONLY = [
    pytest.param(["read_only"], id="read_only"),
    pytest.param(
        ["read_only", "super_read_only"],
        id="super_read_only", marks=pytest.mark.database("mysql"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("variables", READING_ONLY)
def test_a_server_that_only_reads(live: Live, variables: list[str]) -> None:
    """Pages and reading with a key go on, and say so; what writes is to be repeated."""
    live.adopt()
    assert live.manage("fold_usage", **ADOPTED).returncode == 0
    live.execute("CREATE USER IF NOT EXISTS reader@localhost",
                 f"GRANT ALL ON `{live.name}`.* TO reader@localhost")  # fmt: skip
    live.execute(*[call()] * 3)
    answers = ask_a_reader(live, variables)
    assert [status for status, _text in answers] == [200] * 6 + [503] * 4 + [200]
    assert "The database is read-only" in answers[3][1]
    assert all("<h1>The database is read-only</h1>" in page for _status, page in answers[7:10])
    assert json.loads(answers[1][1])[0]["total_calls"] > 0


ASK = """
import django, json, os, sys
django.setup()
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from stats.accounts import keys
person = Client(raise_request_exception=False)
stranger = Client(raise_request_exception=False)
person.force_login(User.objects.create_superuser("reader", password="secret"))
_key, secret = keys.create("reader", keys.SCOPES, None, timezone.now())
service = Client(headers={"Authorization": f"Api-Key {secret}"}, raise_request_exception=False)
with connection.cursor() as cursor:
    for variable in sys.argv[1:]:
        cursor.execute(f"SET GLOBAL {variable} = ON")
connection.close()
connection.settings_dict["USER"] = "reader"
answers = [
    service.get("/api/v1/calls/"), service.get("/api/v1/statistics/endpoints/"),
    person.get("/admin/?created_at_after=2024-01-01&created_at_before=2024-03-31"),
    person.get("/admin/reports/rollups/"), person.get("/admin/stats/apiusagestats/?period=all"),
    person.get("/admin/reports/users/?created_at_after=2024-01-01&created_at_before=2024-03-31"),
    service.post("/api/v1/calls/", {"user_id": 1, "api_endpoint": "/a"}, "application/json"),
    stranger.post("/admin/login/", {"username": "reader", "password": "secret"}),
    person.post("/admin/auth/group/add/", {"name": "editors"}),
    person.post("/admin/logout/"), person.get("/admin/reports/rollups/"),
]
print(json.dumps([(one.status_code, one.content.decode()) for one in answers]))
"""


def ask_a_reader(live: Live, variables: list[str]) -> list[tuple[int, str]]:
    """As an account that may not write, on a server that only reads since the login."""
    environment = {**ADOPTED, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    try:
        done = python("-c", ASK, *variables, DATABASE_URL=live.url, **environment)
    finally:
        live.execute(*(f"SET GLOBAL {variable} = OFF" for variable in reversed(variables)))
    assert done.returncode == 0, done.stderr
    return [(status, text) for status, text in json.loads(done.stdout)]


def test_ids_that_come_to_their_end_are_told_before(live: Live) -> None:
    live.execute(f"ALTER TABLE {CALLS} AUTO_INCREMENT = 1900000000")
    done = live.manage("migrate", "-v0", **ADOPTED)
    assert done.returncode == 0
    assert f"88% of the ids of {CALLS} are used" in done.stderr
    assert "88% of its ids are used" in live.manage("adopt_database").stdout
    [(status, page)] = live.ask(("GET", "/admin/reports/rollups/"))
    assert (status, "of the ids of calls are used" in page) == (200, True)


def test_calls_without_a_time_are_told_with_their_number(live: Live) -> None:
    live.execute_leniently(*at("0000-00-00"))
    looked = live.manage("adopt_database")
    assert looked.returncode == 0
    assert "2 calls have a time that no calendar has" in looked.stdout
    live.adopt()
    assert live.manage("fold_usage", **ADOPTED).returncode == 0
    [(newest,)] = live.execute(f"SELECT MAX(id) FROM {CALLS}")
    paths = ("/admin/reports/rollups/", f"/admin/stats/apiusagestats/{newest}/change/")
    (status, page), (call_status, call_page) = live.ask(*(("GET", path) for path in paths))
    # And one whose time is NULL.
    assert (status, "3 calls have no time" in page) == (200, True)
    assert (call_status, "0000-00-00 00:00:00" in call_page) == (200, True)
