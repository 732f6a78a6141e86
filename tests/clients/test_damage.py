"""A spool that cannot be used: calls are delivered from memory, or left where they are found."""

import contextlib
import json
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from usage_client import UsageClient

from tests.clients.conftest import NewClient, record
from tests.clients.stub import CREATED, Request, Says, Stub

pytestmark = pytest.mark.database("sqlite")
Lines = Callable[[str], list[dict[str, Any]]]
ENDPOINTS = [f"/{number}" for number in range(200)]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temp directory of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def garbage(spool: Path) -> None:
    (spool / "spool.sqlite3").write_bytes(b"no database" * 1_000)


def truncated(spool: Path) -> None:
    path = spool / "spool.sqlite3"
    path.write_bytes(path.read_bytes()[:5_000])


def removed(spool: Path) -> None:
    """At once: a thread may be writing there."""
    shutil.rmtree(spool.rename(spool.with_name("removed")))


def in_the_way(spool: Path) -> None:
    """Against a thread that makes it anew."""
    path = spool / "spool.sqlite3"
    while not path.is_dir():
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir()


def a_file(spool: Path) -> None:
    """Against a thread that makes the folder anew."""
    number = 0
    while not spool.is_file():
        number += 1
        with contextlib.suppress(OSError):
            spool.rename(spool.with_name(f"moved-{number}"))
            spool.write_text("no folder")


@pytest.fixture
def away(stub: Stub) -> Callable[[bool], None]:
    """Takes the ledger away, or brings it back."""

    def change(is_away: bool) -> None:
        stub.answer = lambda _request: Says(503) if is_away else CREATED

    return change


BROKEN = pytest.mark.parametrize("broken", [garbage, truncated, removed, in_the_way, a_file])


@BROKEN
def test_a_broken_spool_delivers(
    new_client: NewClient, stub: Stub, spool: Path, broken: Callable[[Path], None]
) -> None:
    client = new_client(stub.url)
    record(client, "/before")
    assert client.flush(60)
    broken(spool)
    record(client, *ENDPOINTS)
    client.close(10)
    assert sorted(stub.accepted) == sorted(["/before", *ENDPOINTS])
    status = client.status()
    assert (status.pending, status.rejected, status.given_up) == (0, 0, 0)


@BROKEN
def test_a_broken_spool_leaves_the_rest_and_the_next_process_delivers_it_once(
    new_client: NewClient,
    stub: Stub,
    spool: Path,
    away: Callable[[bool], None],
    broken: Callable[[Path], None],
) -> None:
    client = new_client(stub.url)
    record(client, "/before")
    assert client.flush(60)
    away(True)
    broken(spool)
    record(client, *ENDPOINTS)
    stub.wait_for(4)
    client.close(0)
    assert client.status().given_up == 0
    if spool.is_file():
        spool.unlink()
    elif (spool / "spool.sqlite3").is_dir():
        (spool / "spool.sqlite3").rmdir()
    away(False)
    again = new_client(stub.url)
    assert again.status().pending == len(ENDPOINTS)
    assert again.flush(60)
    assert sorted(stub.accepted) == sorted(["/before", *ENDPOINTS])
    # What may have been written went again as it was.
    keys: dict[str, bytes] = {}
    assert all(keys.setdefault(each.key, each.body) == each.body for each in stub.requests)
    sent = [each.endpoints for each in stub.requests if each.endpoints not in (["/before"], [])]
    assert sent[0] in sent[1:]
    assert again.status().pending == 0


def test_where_nothing_can_be_written_what_is_lost_is_told(
    new_client: NewClient,
    stub: Stub,
    spool: Path,
    temporary: Path,
    away: Callable[[bool], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = new_client(stub.url)
    away(True)
    a_file(spool)
    temporary.rmdir()
    temporary.write_text("no folder")
    record(client, *ENDPOINTS)
    client.record("wrong arguments")  # type: ignore[call-arg, arg-type]
    stub.wait_for(1)
    client.close(0)
    status = client.status()
    assert (status.given_up, status.pending, status.dead_letters) == (201, 0, 0)
    assert "200 usage records are lost" in caplog.text


def test_what_was_removed_with_the_folder_is_counted(
    new_client: NewClient, stub: Stub, spool: Path, away: Callable[[bool], None]
) -> None:
    away(True)
    # It rests: what is just being sent would be delivered from memory.
    client = new_client(stub.url, longest_wait=1.0)
    record(client, *ENDPOINTS[:80])
    assert not client.flush(0.5)
    removed(spool)
    record(client, *ENDPOINTS[80:])
    away(False)
    assert client.flush(60)
    assert stub.accepted == ENDPOINTS[80:]
    assert client.status().given_up == 80


def test_damaged_files_are_bounded(new_client: NewClient, stub: Stub, spool: Path) -> None:
    """The newest ones are kept, up to the spool's share."""
    spool.mkdir()
    for number in range(10):
        (spool / f"damaged-2020010{number}.sqlite3").write_bytes(bytes(2**20))
    client = new_client(stub.url, disk_bytes=8 * 2**20)
    (spool / "spool.sqlite3").write_bytes(b"x" * 2**19)
    record(client, "/a")
    assert client.flush(60)
    kept = sorted(path.name for path in spool.glob("damaged-*"))
    assert kept[:-1] == [f"damaged-2020010{number}.sqlite3" for number in (7, 8, 9)]
    assert (spool / kept[-1]).read_bytes()[:1] == b"x"


def test_a_dead_letter_that_cannot_be_written_holds_up_nothing(
    new_client: NewClient, stub: Stub, spool: Path, temporary: Path
) -> None:
    """It goes to the temp directory instead."""
    (spool / "dead-letters.jsonl").mkdir(parents=True)
    bad = Says(400, b'{"errors": {"1": {"cost": ["No."]}}}')
    stub.answer = lambda request: bad if "/bad" in request.endpoints else CREATED
    client = new_client(stub.url, linger=60)
    record(client, "/a", "/bad", "/b")
    assert client.flush(60)
    assert stub.accepted == ["/a", "/b"]
    (kept,) = temporary.rglob("dead-letters.jsonl")
    assert json.loads(kept.read_text())["record"]["api_endpoint"] == "/bad"


class TestDamagedRecords:
    @pytest.fixture
    def left(self, new_client: NewClient, stub: Stub, spool: Path) -> sqlite3.Connection:
        """A spool with three records, of which none was sent."""
        client = new_client("http://127.0.0.1:9", longest_wait=600, linger=60)
        client._lock.hold = lambda: False  # type: ignore[method-assign]
        record(client, "/a", "/bad", "/b")
        client.close(0)
        return sqlite3.connect(spool / "spool.sqlite3", isolation_level=None)

    @pytest.mark.parametrize("seal", ["seal", "NULL"])
    @pytest.mark.parametrize(
        "damaged",
        [
            "CAST(replace(text, '/bad', x'2FFFFEFD') AS BLOB)",
            "CAST(replace(text, '/bad', '/b\"d') AS BLOB)",
            "substr(text, 1, 30)",
            "CAST('null' AS BLOB)",
            "x''",
        ],
    )
    def test_one_blocks_no_others(
        self,
        left: sqlite3.Connection,
        new_client: NewClient,
        stub: Stub,
        lines: Lines,
        damaged: str,
        seal: str,
    ) -> None:
        """Also where it is of an earlier version, without a seal."""
        for id in (1, 2, 3):
            change = damaged if id == 2 else "text"
            left.execute(f"UPDATE records SET text = {change}, seal = {seal} WHERE id = {id}")
        left.close()
        client = new_client(stub.url)
        assert client.status().pending == 3
        assert client.flush(60)
        assert stub.accepted == ["/a", "/b"]
        (buried,) = lines("dead-letters")
        assert buried["why"] == "It was damaged in the spool."
        status = client.status()
        assert (status.pending, status.dead_letters, status.trouble) == (0, 1, None)

    def test_another_amount_is_no_record(
        self, left: sqlite3.Connection, new_client: NewClient, stub: Stub, lines: Lines
    ) -> None:
        damaged = """replace(text, '"response_time_ms": 1', '"response_time_ms": 9')"""
        left.execute(f"UPDATE records SET text = CAST({damaged} AS BLOB) WHERE id = 1")
        left.close()
        client = new_client(stub.url)
        assert client.flush(60)
        assert stub.accepted == ["/bad", "/b"]
        assert len(lines("dead-letters")) == 1

    def test_the_spool_of_an_earlier_version(
        self, left: sqlite3.Connection, new_client: NewClient, stub: Stub
    ) -> None:
        left.execute("ALTER TABLE records DROP COLUMN seal")
        left.close()
        client = new_client(stub.url)
        record(client, "/c")
        assert client.flush(60)
        assert stub.accepted == ["/a", "/bad", "/b", "/c"]


class Ledger:
    """Knows keys, as the real one does; away, it writes now and then and does not say so."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.is_away = False
        self.bodies: dict[str, bytes] = {}
        self.written: list[str] = []

    def answer(self, request: Request) -> Says:
        if self.bodies.get(request.key, request.body) != request.body:
            return Says(422, b'{"detail": "Another body."}')
        if self.is_away and self.rng.random() < 0.5:
            return Says(503)
        if request.key not in self.bodies:
            self.bodies[request.key] = request.body
            self.written += request.endpoints
        return Says(503) if self.is_away else CREATED


def endpoint_of(line: dict[str, Any]) -> str:
    found = line["record"]
    return str(found["api_endpoint"]) if isinstance(found, dict) else ""


@pytest.mark.parametrize("seed", range(80))
def test_random_damage_makes_no_call_twice_and_loses_none_unseen(
    stub: Stub, spool: Path, seed: int
) -> None:
    rng = random.Random(seed)
    ledger = Ledger(rng)
    stub.answer = ledger.answer
    ledger.is_away = True
    made = [f"/{number}" for number in range(rng.choice([3, 60, 400]))]
    first = UsageClient(stub.url, "key", spool, linger=0.01, longest_wait=0.01)
    record(first, *made, error_message="x" * rng.choice([1, 300]))
    if rng.random() < 0.7:
        stub.wait_for(1)
    first.close(0)
    for thread in first._threads:
        thread.join()
    path = spool / "spool.sqlite3"
    content = bytearray(path.read_bytes())
    for _byte in range(rng.choice([1, 3, 20, 200])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    path.write_bytes(content)
    ledger.is_away = False
    second = UsageClient(stub.url, "key", spool, linger=0.01, longest_wait=0.01)
    record(second, "/after")
    assert second.flush(60)
    second.close(0)
    assert len(set(ledger.written)) == len(ledger.written)
    assert set(ledger.written) <= {*made, "/after"}
    # "/after" too may have gone into the damaged file, before anybody saw that it is.
    kept = []
    for name in ("dead-letters", "set-aside"):
        with contextlib.suppress(FileNotFoundError):
            text = (spool / f"{name}.jsonl").read_text()
            kept += [json.loads(line) for line in text.splitlines()]
    found = {*ledger.written, *map(endpoint_of, kept)}
    unreadable = sum(not endpoint_of(line) for line in kept)
    missing = len({*made, "/after"} - found)
    assert missing <= unreadable or list(spool.glob("damaged-*.sqlite3"))
