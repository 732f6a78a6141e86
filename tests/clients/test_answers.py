"""What becomes of records for each answer: delivered, sent again, buried, set aside; each once."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine

from tests.clients.conftest import KEY, NewClient, record
from tests.clients.stub import CREATED, Request, Says, Stub

pytestmark = pytest.mark.database("sqlite")
Lines = Callable[[str], list[dict[str, Any]]]
DETAIL = b'{"detail": "So it is."}'


def in_turn(*answers: Says) -> Callable[[Request], Says]:
    """One after the other, and 201 for ever after."""
    left = iter(answers)
    return lambda _request: next(left, CREATED)


@pytest.mark.parametrize("status", [0, 409, 429, 500, 502, 503, 504, 301, 401, 403, 404])
def test_the_same_is_sent_again(new_client: NewClient, stub: Stub, status: int) -> None:
    stub.answer = in_turn(Says(status, DETAIL), Says(status, DETAIL))
    client = new_client(stub.url, linger=60)
    record(client, "/a", "/b")
    assert client.flush(60)
    assert stub.accepted == ["/a", "/b"]
    assert len(stub.requests) == 3
    assert len(set(stub.requests)) == 1


@pytest.mark.parametrize("status", [409, 429, 503])
def test_not_before_retry_after(new_client: NewClient, stub: Stub, status: int) -> None:
    stub.answer = lambda _request: Says(status, DETAIL, {"Retry-After": "600"})
    client = new_client(stub.url)
    record(client, "/a")
    stub.wait_for(1)
    assert not client.flush(0.5)
    assert len(stub.requests) == 1


def test_named_records_are_buried_and_the_others_go_anew(
    new_client: NewClient, stub: Stub, lines: Lines
) -> None:
    words = {"cost": ["No."]}
    stub.answer = in_turn(Says(400, msgspec.json.encode({"errors": {"0": words, "2": words}})))
    client = new_client(stub.url, linger=60)
    record(client, "/a", "/b", "/c", "/d")
    assert client.flush(60)
    assert stub.accepted == ["/b", "/d"]
    assert len({request.key for request in stub.requests}) == 2
    buried = lines("dead-letters")
    assert [(line["why"], line["record"]["api_endpoint"]) for line in buried] == [
        (words, "/a"),
        (words, "/c"),
    ]
    assert client.status().dead_letters == 2


@pytest.mark.parametrize(
    "answer",
    [Says(400, DETAIL), Says(400, b'{"user_id": ["No."]}'), Says(413, b"<html>"), Says(413)],
)
def test_one_that_is_not_named_is_found_by_halves(
    new_client: NewClient, stub: Stub, lines: Lines, answer: Says
) -> None:
    stub.answer = lambda request: answer if "/bad" in request.endpoints else CREATED
    client = new_client(stub.url)
    good = [f"/{number}" for number in range(50)]
    record(client, *good[:20], "/bad", *good[20:])
    assert client.flush(60)
    assert stub.accepted == good
    (buried,) = lines("dead-letters")
    assert buried["record"]["api_endpoint"] == "/bad"
    keys: dict[str, bytes] = {}
    assert all(keys.setdefault(each.key, each.body) == each.body for each in stub.requests)


def test_a_400_that_is_not_the_ledgers_buries_nothing(new_client: NewClient, stub: Stub) -> None:
    """Such as Django's own for a host name that is not in ALLOWED_HOSTS."""
    stub.answer = in_turn(Says(400, b"<h1>Bad Request (400)</h1>"))
    client = new_client(stub.url)
    record(client, "/a")
    assert client.flush(60)
    assert (stub.accepted, client.status().dead_letters) == (["/a"], 0)


def test_422_is_set_aside(new_client: NewClient, stub: Stub, lines: Lines) -> None:
    stub.answer = in_turn(Says(422, DETAIL))
    client = new_client(stub.url)
    record(client, "/a")
    assert client.flush(60)
    record(client, "/b")
    assert client.flush(60)
    assert stub.accepted == ["/b"]
    (aside,) = lines("set-aside")
    assert (aside["why"], aside["record"]["api_endpoint"]) == ("So it is.", "/a")
    assert client.status().set_aside == 1


class TestLongUnanswered:
    """The ledger forgets a key after 72 hours: a batch that may be written must not go again."""

    @pytest.fixture(autouse=True)
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel("2026-03-10T12:00:00Z") as traveller:
            yield traveller

    @pytest.mark.parametrize("first", [Says(0), Says(503, DETAIL)])
    def test_is_set_aside(
        self,
        new_client: NewClient,
        stub: Stub,
        lines: Lines,
        clock: time_machine.Traveller,
        first: Says,
    ) -> None:
        stub.answer = in_turn(first, *[Says(401, DETAIL)] * 3)
        client = new_client(stub.url, longest_wait=600)
        record(client, "/a")
        stub.wait_for(1)
        client.close(0)
        clock.shift(72 * 3_600)
        client = new_client(stub.url)
        assert client.flush(60)
        record(client, "/b")
        assert client.flush(60)
        assert [request.endpoints for request in stub.requests[1:]] == [["/b"]] * 4
        (aside,) = lines("set-aside")
        assert aside["record"]["api_endpoint"] == "/a"
        assert client.status().set_aside == 1

    @pytest.mark.parametrize("status", [301, 401, 404, 429])
    def test_but_not_what_was_surely_refused(
        self, new_client: NewClient, stub: Stub, clock: time_machine.Traveller, status: int
    ) -> None:
        stub.answer = in_turn(Says(status, DETAIL))
        client = new_client(stub.url, longest_wait=600)
        record(client, "/a")
        stub.wait_for(1)
        client.close(0)
        clock.shift(100 * 3_600)
        assert new_client(stub.url).flush(60)
        assert (stub.accepted, len(stub.requests)) == (["/a"], 2)


def test_a_key_that_is_refused_is_told_once_and_never_shown(
    new_client: NewClient, stub: Stub, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.answer = lambda _request: Says(401, b'{"detail": "This API key is unknown."}')
    client = new_client(stub.url)
    record(client, "/a")
    stub.wait_for(5)
    record(client, "/b")
    assert not client.flush(0)
    status = client.status()
    assert (status.pending, status.trouble) == (2, "401: This API key is unknown.")
    assert len(caplog.records) == 1
    assert "401" in caplog.text
    written = b"".join(path.read_bytes() for path in spool.iterdir())
    secret = KEY.partition(".")[2]
    assert secret not in f"{caplog.text} {client!r} {status!r}"
    assert secret.encode() not in written
    stub.answer = lambda _request: CREATED
    assert client.flush(60)
    assert (stub.accepted, client.status().trouble) == (["/a", "/b"], None)


def test_a_server_that_hangs_holds_up_neither_the_caller_nor_the_spool(
    new_client: NewClient, stub: Stub, spool: Path
) -> None:
    hanging = threading.Event()

    def hang(_request: Request) -> Says:
        hanging.wait()
        return CREATED

    stub.answer = hang
    client = new_client(stub.url, timeout=60)
    endpoints = [f"/{number}" for number in range(3_000)]
    record(client, *endpoints)
    assert not client.flush(0)
    # In the spool, where another client sees them.
    assert new_client(stub.url).status().pending == len(endpoints)
    hanging.set()
    assert client.flush(60)
    assert stub.accepted == endpoints


def test_what_the_ledger_warns_of_is_counted_and_logged(
    new_client: NewClient, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    header = 'no-usage;calls=1, unpriced;calls=2, usage-not-understood;calls=1;keys="a b"'

    def answer(request: Request) -> Says:
        created = msgspec.json.encode({"created": len(request.calls)})
        return Says(201, created, {"Usage-Warnings": header})

    stub.answer = answer
    client = new_client(stub.url, linger=60)
    assert client.status().warnings == {}
    for _batch in range(5):
        record(client, "/a", "/b")
        assert client.flush(60)
    assert client.status().warnings == {"no-usage": 5, "unpriced": 10, "usage-not-understood": 5}
    assert [record.message for record in caplog.records] == [
        "The ledger says no-usage of 1 calls.",
        "The ledger says unpriced of 2 calls.",
        "The ledger says usage-not-understood (a b) of 1 calls.",
        "The ledger says unpriced of 10 calls.",
    ]


@pytest.mark.parametrize(
    "header", ["", "unpriced", "unpriced;calls=", "un priced;calls=99999999999", "x" * 60_000]
)
def test_a_header_that_is_not_the_ledgers_is_none(
    new_client: NewClient, stub: Stub, header: str
) -> None:
    stub.answer = lambda _request: Says(201, b'{"created": 1}', {"Usage-Warnings": header})
    client = new_client(stub.url)
    record(client, "/a")
    assert client.flush(60)
    assert client.status().warnings == {}


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        # The ledger tells these keys as not understood.
        (
            {"id": "secret", "meta": {"billed_units": {"input_tokens": 5}}, "error": None},
            {"id": True, "meta": True},
        ),
        (None, None),
        ({}, {}),
        (
            {"usage": {"input_tokens": 3}, "id": "msg_1", "content": ["a secret"]},
            {"usage": {"input_tokens": 3}},
        ),
        (
            {"usageMetadata": {"promptTokenCount": 3}, "text": "12 secrets"},
            {"usageMetadata": {"promptTokenCount": 3}},
        ),
        (
            {"prompt_tokens": 3, "total_price": "0E-7", "currency": "RMB", "messages": []},
            {"prompt_tokens": 3, "total_price": "0E-7", "currency": "RMB"},
        ),
        (
            {"gen_ai.usage.input_tokens": 3, "gen_ai.prompt": "a secret"},
            {"gen_ai.usage.input_tokens": 3},
        ),
    ],
)
def test_of_metadata_only_what_measures_is_kept(
    new_client: NewClient, stub: Stub, metadata: Any, kept: Any
) -> None:
    client = new_client(stub.url)
    record(client, "/a", metadata=metadata)
    assert client.flush(60)
    assert stub.requests[0].calls[0]["metadata"] == kept
