"""The client and the project as it is deployed."""

import contextlib
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine

from tests.clients.conftest import NewClient, record
from tests.processes import PROJECT, manage
from tests.servers import Gunicorn, new_key

pytestmark = pytest.mark.database("sqlite")
Lines = Callable[[str], list[dict[str, Any]]]


class Database:
    """The ledger's own, with user 7 in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {"DATABASE_URL": f"sqlite:///{path}"}
        done = manage("migrate", "--verbosity=0", **self.environment)
        assert done.returncode == 0, done.stderr
        self.execute("INSERT INTO dt_users (id, name) VALUES (7, 'seven')")

    def execute(self, sql: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            return connection.execute(sql).fetchall()

    def endpoints(self) -> list[str]:
        return [name for (name,) in self.execute("SELECT api_endpoint FROM dt_api_usage_stats")]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")


@pytest.fixture(scope="module")
def gunicorn(database: Database) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(database.path.with_suffix(".log"), database.environment)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


@pytest.fixture(scope="module")
def key(database: Database) -> str:
    return new_key(database.environment, "--scopes", "record")


@pytest.fixture
def url(gunicorn: Gunicorn, database: Database) -> str:
    database.execute("DELETE FROM dt_api_usage_stats")
    return f"http://127.0.0.1:{gunicorn.port}/"


@pytest.fixture
def client(new_client: NewClient, url: str, key: str) -> Any:
    return new_client(url, key)


def test_a_call_of_dify(client: Any, database: Database) -> None:
    answer = msgspec.json.decode(
        (PROJECT / "tests/data/dify/blocking-chat-message.json").read_bytes()
    )
    before = datetime.now(UTC).replace(microsecond=0)
    client.record(7, None, "/chat-messages", answer["metadata"], 768)
    after = datetime.now(UTC)
    client.record(
        user_id=7,
        job_id=None,
        api_endpoint="/工作流 🙂",
        metadata={"usage": {"total_price": Decimal("0.125"), "currency": "RMB"}, "other": object()},
        response_time_ms=5,
        success=False,
        error_message="timed out",
    )
    assert client.flush(60)
    columns = "api_endpoint, total_tokens, prompt_price_unit, cost, response_time_ms, success"
    first, second = database.execute(f"SELECT {columns} FROM dt_api_usage_stats ORDER BY id")
    usage = answer["metadata"]["usage"]
    assert first == (
        *("/chat-messages", usage["total_tokens"], usage["currency"]),
        *(round(float(usage["total_price"]), 4), 768, 1),
    )
    assert second == ("/工作流 🙂", 0, "RMB", 0.125, 5, 0)
    ((made,),) = database.execute("SELECT MIN(created_at) FROM dt_api_usage_stats")
    assert before <= datetime.fromisoformat(made).replace(tzinfo=UTC) <= after


def test_behind_a_client_of_dify(client: Any, database: Database) -> None:
    """As docs/posting.md shows it."""
    examples = re.findall(
        "^```python\n(.*?)^```", (PROJECT / "docs/posting.md").read_text(), re.DOTALL | re.MULTILINE
    )
    (example,) = [code for code in examples if "import UsageClient" in code]
    names: dict[str, Any] = {"UsageClient": lambda *_given: client, "API_KEY": "", "DIFY_KEY": ""}
    exec(example.replace("from usage_client import UsageClient\n", ""), names)
    answers = iter([{"metadata": {"usage": {"total_tokens": 5}}}])
    names["call_dify"] = lambda _path, _question: next(answers)
    names["ask"](7, None, "/chat-messages", {})
    names["call_dify"] = lambda _path, _question: int("no answer")
    with pytest.raises(ValueError, match="no answer"):
        names["ask"](7, None, "/chat-messages", {})
    assert client.flush(60)
    columns = "total_tokens, success, error_message"
    assert database.execute(f"SELECT {columns} FROM dt_api_usage_stats ORDER BY id") == [
        (5, 1, None),
        (0, 0, "invalid literal for int() with base 10: 'no answer'"),
    ]


def test_records_that_the_ledger_names_hold_up_no_others(
    client: Any, database: Database, lines: Lines
) -> None:
    for number in range(1_500):
        record(client, f"/{number}", user_id=7 if number % 500 else 4_711)
    assert client.flush(60)
    assert database.endpoints() == [f"/{number}" for number in range(1_500) if number % 500]
    buried = lines("dead-letters")
    assert [line["record"]["api_endpoint"] for line in buried] == ["/0", "/500", "/1000"]
    assert buried[0]["why"] == {"user_id": ["There is no user 4711."]}


def test_a_clock_ten_minutes_fast(client: Any, database: Database, lines: Lines) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10)):
        record(client, "/a", "/b")
        assert client.flush(60)
    assert database.endpoints() == ["/a", "/b"]
    ((first, last),) = database.execute(
        "SELECT MIN(created_at), MAX(created_at) FROM dt_api_usage_stats"
    )
    times = [datetime.fromisoformat(made).replace(tzinfo=UTC) for made in (first, last)]
    assert all(before <= made <= datetime.now(UTC) for made in times)
    assert client.status().dead_letters == 0


def test_one_that_the_database_fails_on_for_ever_holds_up_no_others(
    client: Any, database: Database, lines: Lines
) -> None:
    """As a trigger of the other application's may."""
    database.execute(
        "CREATE TRIGGER refusing BEFORE INSERT ON dt_api_usage_stats "
        "WHEN NEW.api_endpoint = '/bad' BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    try:
        good = [f"/{number}" for number in range(4)]
        record(client, *good[:1], "/bad", *good[1:])
        assert client.flush(120)
    finally:
        database.execute("DROP TRIGGER refusing")
    assert database.endpoints() == good
    (buried,) = lines("dead-letters")
    assert buried["record"]["api_endpoint"] == "/bad"


def nested(levels: int) -> Any:
    return {"usage": nested(levels - 1)} if levels else {}


HOSTILE: list[dict[str, Any]] = [
    {"user_id": "7"},
    {"user_id": 10**400},
    {"user_id": None},
    {"job_id": 4_711},
    {"api_endpoint": ""},
    {"api_endpoint": "/\0"},
    {"api_endpoint": "x" * 201},
    {"metadata": []},
    {"metadata": "\0"},
    {"metadata": {"usage": {"total_price": nested(300), "currency": 1}}},
    {"metadata": {"usage": {"prompt_tokens": -1}}},
    {"metadata": {"usage": {"total_price": 1e300}}},
    {"response_time_ms": 2**70},
    {"response_time_ms": 1.5},
    {"success": "yes"},
    {"error_message": b"bytes"},
    {"error_message": "\udcff"},
]


def test_no_nonsense_holds_up_a_call(client: Any, database: Database, lines: Lines) -> None:
    for number, wrong in enumerate(HOSTILE):
        record(client, f"/{number}")
        record(client, "/wrong", **wrong)
    record(client, "/long", error_message="\0ä" * 50_000)
    assert client.flush(60)
    good = [f"/{number}" for number in range(len(HOSTILE))]
    assert database.endpoints() == [*good, "/long"]
    assert len(lines("dead-letters")) == len(HOSTILE)
    assert client.status().rejected == 0


def test_a_key_may_be_put_right_meanwhile(client: Any, database: Database) -> None:
    database.execute("UPDATE stats_apikey SET may_record = 0")
    record(client, "/a", "/b")
    while not client.flush(0) and client.status().trouble is None:
        time.sleep(0.01)
    status = client.status()
    assert status.trouble == "403: This API key lacks the scope record."
    assert status.pending == 2
    database.execute("UPDATE stats_apikey SET may_record = 1")
    assert client.flush(60)
    assert database.endpoints() == ["/a", "/b"]


def test_the_times_of_calls_are_theirs_and_not_those_of_delivery(
    new_client: NewClient, key: str, url: str, database: Database
) -> None:
    away = new_client("http://127.0.0.1:9", key)
    before = datetime.now(UTC).replace(microsecond=0)
    record(away, "/a")
    oldest = away.status().oldest
    assert oldest is not None
    assert before <= oldest <= before + timedelta(minutes=1)
    away.close(0)
    assert new_client(url, key).flush(60)
    assert database.execute("SELECT created_at FROM dt_api_usage_stats") == [
        (oldest.strftime("%Y-%m-%d %H:%M:%S"),)
    ]


def test_a_call_that_the_database_refuses_does_not_hold_the_others(
    client: Any, database: Database, lines: Lines
) -> None:
    database.execute(
        "CREATE TRIGGER theirs BEFORE INSERT ON dt_api_usage_stats WHEN NEW.api_endpoint = '/bad' "
        "BEGIN SELECT RAISE(ABORT, 'closed for today'); END"
    )
    try:
        record(client, "/a", "/bad", "/c")
        assert client.flush(60)
    finally:
        database.execute("DROP TRIGGER theirs")
    assert database.endpoints() == ["/a", "/c"]
    [buried] = lines("dead-letters")
    assert buried["record"]["api_endpoint"] == "/bad"
    assert "closed for today" in str(buried["why"])
