"""What a request may cost, and what counts as the ledger's answer."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import time_machine

from tests.clients.conftest import NewClient, record
from tests.clients.stub import CREATED, Request, Says, Stub

pytestmark = pytest.mark.database("sqlite")
Lines = Callable[[str], list[dict[str, Any]]]


class Dripping:
    """A server that sends the bytes of `answer` for ever, a few each moment."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.is_over = threading.Event()
        self.requests = threading.Semaphore(0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listener.accept()
                self.requests.release()
                threading.Thread(target=self.drip, args=[connection], daemon=True).start()

    def drip(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(self.answer)
            while not self.is_over.wait(0.01):
                connection.sendall(b"x")


@pytest.fixture(
    params=[b"", b"HTTP/1.1 201 Created\r\nX: ", b"HTTP/1.1 201 Created\r\n\r\n"],
    ids=["status", "header", "body"],
)
def dripping(request: pytest.FixtureRequest) -> Iterator[Dripping]:
    server = Dripping(request.param)
    threading.Thread(target=server.serve, daemon=True).start()
    yield server
    server.is_over.set()
    server.listener.close()


def test_an_answer_that_drips_is_not_waited_for(new_client: NewClient, dripping: Dripping) -> None:
    """The second request comes while the first is still being answered."""
    client = new_client(dripping.url, timeout=0.2)
    record(client, "/a")
    assert dripping.requests.acquire(timeout=60)
    assert dripping.requests.acquire(timeout=60)
    assert client.status().pending == 1


@pytest.mark.parametrize(
    "answer",
    [
        Says(201, b'{"created": 2}', {"Content-Type": "text/html"}),
        Says(201, b"<h1>Created</h1>"),
        Says(201, b'{"created": 1}'),
        Says(201, b'{"created": true}'),
        Says(201, b"[2]"),
        Says(201),
        Says(200, b'{"created": 2}'),
    ],
)
def test_a_201_of_somebody_else_delivers_nothing(
    new_client: NewClient, stub: Stub, answer: Says
) -> None:
    stub.answer = lambda _request: answer
    client = new_client(stub.url, linger=60)
    record(client, "/a", "/b")
    client.flush(0)
    stub.wait_for(2)
    status = client.status()
    assert status.pending == 2
    assert str(status.trouble).startswith(f"{answer.status}: ")
    stub.answer = lambda _request: CREATED
    assert client.flush(60)
    assert stub.accepted == ["/a", "/b"]
    assert len({request.key for request in stub.requests}) == 1


@pytest.mark.parametrize("status", [0, 409, 500, 502, 503])
@pytest.mark.parametrize("place", [0, 7, 20])
def test_one_that_the_ledger_fails_on_for_ever_holds_up_no_others(
    new_client: NewClient, stub: Stub, lines: Lines, status: int, place: int
) -> None:
    stub.answer = lambda request: Says(status) if "/bad" in request.endpoints else CREATED
    good = [f"/{number}" for number in range(20)]
    client = new_client(stub.url)
    record(client, *good[:place], "/bad", *good[place:])
    assert client.flush(60)
    assert stub.accepted == good
    (buried,) = lines("dead-letters")
    assert buried["record"]["api_endpoint"] == "/bad"


def test_a_ledger_that_fails_on_everything_divides_and_buries_nothing(
    new_client: NewClient, stub: Stub
) -> None:
    stub.answer = lambda _request: Says(500)
    client = new_client(stub.url, linger=60)
    record(client, "/a", "/b")
    client.flush(0)
    stub.wait_for(30)
    stub.answer = lambda _request: CREATED
    assert client.flush(60)
    assert stub.accepted == ["/a", "/b"]
    assert len({request.key for request in stub.requests if request.calls}) == 1


class TestClocks:
    @pytest.fixture
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel("2026-03-10T12:00:00Z") as traveller:
            yield traveller

    def answer(self, request: Request) -> Says:
        """A ledger's at 12:00, with the words of the real one."""
        why = {"created_at": ["This lies more than 5 minutes in the future."]}
        bad = {
            str(index): why
            for index, call in enumerate(request.calls)
            if call["created_at"] > "2026-03-10T12:05:00"
        }
        date = {"Date": "Tue, 10 Mar 2026 12:00:00 GMT"}
        if bad:
            return Says(400, msgspec.json.encode({"errors": bad}), date)
        self.times = [call["created_at"] for call in request.calls]
        return CREATED

    def test_calls_of_a_clock_ahead_are_dated_by_the_ledgers(
        self, new_client: NewClient, stub: Stub, clock: time_machine.Traveller
    ) -> None:
        stub.answer = self.answer
        client = new_client(stub.url, linger=60)
        clock.move_to("2026-03-10T11:59:00Z")
        record(client, "/a")
        clock.move_to("2026-03-10T12:10:00Z")
        record(client, "/b")
        assert client.flush(60)
        assert stub.accepted == ["/a", "/b"]
        assert self.times[0] == "2026-03-10T11:59:00+00:00"
        assert self.times[1][:16] == "2026-03-10T12:00"
        assert client.status().dead_letters == 0

    @pytest.mark.parametrize("restarts", [False, True])
    def test_a_clock_that_was_ahead_when_it_was_sent(
        self,
        new_client: NewClient,
        stub: Stub,
        lines: Lines,
        clock: time_machine.Traveller,
        restarts: bool,
    ) -> None:
        """The time a batch was sent lies in the future: 72 hours are over sometime all the same."""
        stub.answer = lambda _request: Says(503)
        clock.move_to("2027-03-10T12:00:00Z")
        hours = 0.2 / 3_600 if not restarts else 72.0
        client = new_client(stub.url, timeout=0.1, keys_kept_hours=hours + 0.1 / 3_600)
        record(client, "/a")
        stub.wait_for(1)
        if restarts:
            client.close(0)
        clock.move_to("2026-03-10T12:00:00Z")
        if restarts:
            client = new_client(stub.url)
        assert client.flush(60)
        (aside,) = lines("set-aside")
        assert aside["record"]["api_endpoint"] == "/a"
