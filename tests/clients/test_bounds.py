"""Memory and disk are bounded, processes share a spool, and nothing is raised into a caller."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from usage_client import UsageClient

from tests.clients.conftest import KEY, NewClient, record
from tests.clients.stub import CREATED, Says, Stub
from tests.processes import PROJECT

pytestmark = pytest.mark.database("sqlite")
Lines = Callable[[str], list[dict[str, Any]]]
MIB = 2**20
LONG = "x" * 60_000


def test_a_spool_that_cannot_be_written_fills_the_memory_and_no_more(
    new_client: NewClient, stub: Stub, spool: Path
) -> None:
    stub.answer = lambda _request: Says(503)
    client = new_client(stub.url, memory_bytes=4 * MIB)
    in_the_way = spool / "spool.sqlite3"
    in_the_way.mkdir()
    endpoints = [f"/{number}" for number in range(100)]
    record(client, *endpoints, error_message=LONG)
    # A second attempt has been told of the first one's answer.
    stub.wait_for(2)
    status = client.status()
    assert 60 < status.pending < 70
    assert status.pending + status.rejected == len(endpoints)
    assert status.trouble
    in_the_way.rmdir()
    stub.answer = lambda _request: CREATED
    assert client.flush(60)
    assert sorted(stub.accepted) == sorted(endpoints[: status.pending])
    record(client, "/again")
    assert client.flush(60)
    assert client.status().rejected == status.rejected


def test_a_full_disk_fills_the_memory_and_then_rejects_the_newest(
    new_client: NewClient, stub: Stub, spool: Path
) -> None:
    stub.answer = lambda _request: Says(503)
    client = new_client(stub.url, memory_bytes=4 * MIB, disk_bytes=8 * MIB)
    made = 0
    while not client.status().rejected:
        record(client, f"/{made}", error_message=LONG)
        made += 1
    assert 100 < made < 200
    assert sum(path.stat().st_size for path in spool.iterdir()) <= 8 * MIB
    kept = client.status().pending
    stub.answer = lambda _request: CREATED
    assert client.flush(60)
    assert stub.accepted == [f"/{number}" for number in range(kept)]
    assert kept == made - client.status().rejected


def test_full_files_lose_and_count(new_client: NewClient, stub: Stub, spool: Path) -> None:
    stub.answer = lambda _request: Says(422)
    client = new_client(stub.url, disk_bytes=8 * MIB)
    record(client, *map(str, range(60)), error_message=LONG)
    assert client.flush(60)
    status = client.status()
    assert status.rejected > 0
    assert status.rejected + status.set_aside == 60
    assert (spool / "set-aside.jsonl").stat().st_size <= 2 * MIB


class Hostile:
    def __repr__(self) -> str:
        raise ValueError("no repr")


NESTED: list[Any] = []
for _level in range(100_000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (7,),
        (7, None, "/bad", None, 1, True, None, "too many"),
        (7, None, "/bad", {"usage": {"total_price": object()}}, 1),
        (7, None, "/bad", {"usage": {"total_price": float("nan")}}, 1),
        (7, None, "/bad", {"usage": NESTED}, 1),
        (7, None, "/bad", {"usage": Hostile()}, 1),
        (7, None, "/bad\ud800", None, 1),
        (7, None, "/bad", None, 10**5_000),
        (7, None, "/bad", None, 1, False, "x" * 2**21),
    ],
    ids=range(10),
)
def test_what_cannot_be_posted_is_a_dead_letter(
    new_client: NewClient, stub: Stub, lines: Lines, arguments: Any
) -> None:
    client = new_client(stub.url)
    record(client, "/before")
    client.record(*arguments)
    record(client, "/after")
    assert client.flush(60)
    assert stub.accepted == ["/before", "/after"]
    assert len(lines("dead-letters")) == 1
    assert client.status().dead_letters == 1


def test_what_was_left_is_delivered_after_a_restart(new_client: NewClient, stub: Stub) -> None:
    stub.answer = lambda _request: Says(0)
    client = new_client(stub.url, longest_wait=600)
    record(client, "/a", "/b")
    client.flush(0)
    stub.wait_for(1)
    record(client, "/c")
    client.close(0)
    record(client, "/too late")
    assert client.status().rejected == 1
    stub.answer = lambda _request: CREATED
    restarted = new_client(stub.url)
    oldest = restarted.status().oldest
    assert oldest is not None
    assert oldest.tzinfo is not None
    assert restarted.flush(60)
    assert stub.accepted == ["/a", "/b", "/c"]
    assert stub.requests[0] == stub.requests[1]
    assert restarted.status().oldest is None


def test_several_on_one_spool_send_each_call_once(new_client: NewClient, stub: Stub) -> None:
    clients = [new_client(stub.url) for _client in range(3)]
    made = []
    for number in range(300):
        made.append(f"/{number}")
        record(clients[number % 3], made[-1])
    for client in clients:
        assert client.flush(60)
    assert sorted(stub.accepted) == sorted(made)
    # Another one takes over.
    clients[0].close(60)
    clients[1].close(60)
    record(clients[2], "/last")
    assert clients[2].flush(60)
    assert stub.accepted[-1] == "/last"


FORKING = """
import os, sys
from usage_client import UsageClient

assert not {name.partition(".")[0] for name in sys.modules} & {"django", "msgspec"}
client = UsageClient(sys.argv[1], sys.argv[2], sys.argv[3], linger=0.01)

def record(name):
    for number in range(100):
        client.record(7, None, f"/{name}/{number}", None, 1)

children = []
for fork in range(10):
    record(f"parent {fork}")
    children.append(os.fork())
    if not children[-1]:
        record(f"child {fork}")
        sys.exit()
for child in children:
    assert os.waitpid(child, 0)[1] == 0
client.close(60)
"""


def run(program: str, *arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=PROJECT, check=True, timeout=60)


def test_forked_processes_deliver_their_own_when_they_end(stub: Stub, spool: Path) -> None:
    run(FORKING, stub.url, KEY, spool)
    made = [
        f"/{who} {fork}/{number}"
        for who in ("parent", "child")
        for fork in range(10)
        for number in range(100)
    ]
    assert sorted(stub.accepted) == sorted(made)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "file:///etc/passwd"},
        {"api_key": "a secret\n"},
        {"memory_bytes": 1},
        {"disk_bytes": 1},
    ],
    ids=str,
)
def test_what_cannot_work_stops_the_start(spool: Path, wrong: dict[str, Any]) -> None:
    given = {"url": "http://localhost", "api_key": KEY, "spool": spool, **wrong}
    with pytest.raises(ValueError, match=r"must") as told:
        UsageClient(**given)
    assert "secret" not in str(told.value)
    assert not spool.exists()


def test_it_can_be_copied() -> None:
    """It imports the standard library alone."""
    tree = ast.parse((PROJECT / "clients/python/usage_client.py").read_text("utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported
    assert imported <= sys.stdlib_module_names
