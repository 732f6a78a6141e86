"""Processes that post beside a full disk, a folder without rights, a folder that is removed; and
are killed there: each call is delivered once, or told where it is."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stub import CREATED, Request, Says, Stub, serving
from tests.processes import PROJECT

pytestmark = pytest.mark.database("sqlite")
CALLS = 300
# Run with a copy of the client alone, as services have it. Its lines in: how many to record, or
# the end; its lines out: what became of them.
PROGRAM = """
import encodings.idna, json, os, resource, sys, tempfile
from dataclasses import asdict
from usage_client import UsageClient

url, spool, name, limit = sys.argv[1:]
# And nowhere else, though it cannot be written.
tempfile.tempdir = os.environ["TMPDIR"]
if os.geteuid() == 0:
    # Nobody, who may write only where it says so.
    os.setgid(65534)
    os.setuid(65534)
client = UsageClient(url, "key", spool, linger=0.01, longest_wait=0.05, timeout=5)
if int(limit):
    # Files grow no further: as with a full disk, a write fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
number = 0
for line in sys.stdin:
    for _call in range(int(line)):
        client.record(7, None, f"{name}/{number}", None, 1, error_message="x" * 300)
        number += 1
    client.flush(0)
    print("taken", flush=True)
client.close(5)
status = asdict(client.status())
print(json.dumps({**status, "oldest": None}), flush=True)
"""


class Service:
    """A process with a client of its own, and as nobody where the tests are root."""

    def __init__(self, folder: Path, url: str, name: str, limit: int = 0) -> None:
        self.folder, self.name = folder, name
        self.temporary = folder / "temporary"
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, str(folder / "spool"), name, str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(folder), "TMPDIR": str(self.temporary)},
        )

    def record(self, calls: int) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(calls, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "taken\n"

    def end(self) -> dict[str, Any]:
        """In good order; its last `status`."""
        told, _errors = self.process.communicate()
        status: dict[str, Any] = json.loads(told)
        return status

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as stub:
        yield stub


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of the process's user, whom the tests' own folders do not let in."""
    import tempfile

    folder = Path(tempfile.mkdtemp())
    shutil.copy(PROJECT / "clients/python/usage_client.py", folder)
    for each in (folder, folder / "temporary", folder / "spool"):
        each.mkdir(exist_ok=True)
        each.chmod(0o777)
    yield folder
    for each in folder.rglob("*"):
        if each.is_dir():
            each.chmod(0o777)
    shutil.rmtree(folder)


NewService = Callable[..., Service]


@pytest.fixture
def new_service(folder: Path, stub: Stub) -> Iterator[NewService]:
    services = []

    def start(name: str, limit: int = 0) -> Service:
        services.append(Service(folder, stub.url, name, limit))
        return services[-1]

    yield start
    for service in services:
        service.kill()


def full(folder: Path) -> int:
    """Bytes that a file may have."""
    return 6_000


def no_right(folder: Path) -> int:
    (folder / "spool").chmod(0o500)
    return 0


def nowhere(folder: Path) -> int:
    (folder / "spool").chmod(0o500)
    (folder / "temporary").chmod(0o500)
    return 0


FAULTS = pytest.mark.parametrize("fault", [full, no_right, nowhere])


@FAULTS
def test_the_ledger_is_there(
    new_service: NewService, stub: Stub, folder: Path, fault: Callable[[Path], int]
) -> None:
    service = new_service("/a", fault(folder))
    service.record(CALLS)
    status = service.end()
    assert sorted(stub.accepted) == sorted(f"/a/{number}" for number in range(CALLS))
    assert (status["pending"], status["rejected"], status["given_up"]) == (0, 0, 0)


@FAULTS
def test_the_ledger_is_away(
    new_service: NewService, stub: Stub, folder: Path, fault: Callable[[Path], int]
) -> None:
    """Delivered by the next one, or counted as given up."""
    stub.answer = lambda _request: Says(503)
    service = new_service("/a", fault(folder))
    service.record(CALLS)
    stub.wait_for(1)
    status = service.end()
    assert status["pending"] + status["given_up"] == CALLS
    assert status["given_up"] == (0 if fault is no_right else CALLS)
    for each in (folder / "spool", folder / "temporary"):
        each.chmod(0o777)
    stub.answer = lambda _request: CREATED
    after = new_service("/b")
    after.record(1)
    assert after.end()["pending"] == 0
    assert len(set(stub.accepted)) == len(stub.accepted) == status["pending"] + 1


def test_the_folder_is_removed(new_service: NewService, stub: Stub, folder: Path) -> None:
    stub.answer = lambda _request: Says(503)
    service = new_service("/a")
    service.record(CALLS)
    stub.wait_for(1)
    (folder / "spool").rename(folder / "removed")
    stub.answer = lambda _request: CREATED
    service.record(CALLS)
    status = service.end()
    assert len(set(stub.accepted)) == len(stub.accepted)
    assert len(stub.accepted) + status["given_up"] == 2 * CALLS
    assert (status["pending"], status["dead_letters"], status["set_aside"]) == (0, 0, 0)


def test_killed_while_a_damaged_spool_is_mended(
    new_service: NewService, stub: Stub, folder: Path
) -> None:
    """Again and again, with a ledger that answers now and then."""
    written: dict[str, bytes] = {}

    def answer(request: Request) -> Says:
        if written.setdefault(request.key, request.body) != request.body:
            return Says(422)
        return CREATED if len(stub.requests) % 3 else Says(503)

    stub.answer = lambda _request: Says(503)
    service = new_service("/a")
    service.record(3_000)
    service.kill()
    path = folder / "spool/spool.sqlite3"
    content = bytearray(path.read_bytes())
    # Leaves in the middle, and the first page.
    content[20:40] = bytes(20)
    content[400_000:410_000] = bytes(10_000)
    path.write_bytes(content)
    stub.answer = answer
    for kill in range(8):
        service = new_service(f"/{kill}")
        service.record(1)
        service.kill()
    service = new_service("/end")
    service.record(1)
    status = service.end()
    calls = [call["api_endpoint"] for body in written.values() for call in json.loads(body)]
    assert len(set(calls)) == len(calls)
    assert (status["pending"], status["rejected"]) == (0, 0)
    assert list((folder / "spool").glob("damaged-*.sqlite3"))
    kept = sum(endpoint.startswith("/a/") for endpoint in calls)
    assert 2_900 < kept + status["set_aside"] + status["dead_letters"] <= 3_000
