"""Clients in a hurry, and the servers they post to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from usage_client import UsageClient

from tests.clients.stub import Stub, serving

# Of no server: nothing but its own secrecy is tested with it.
KEY = "prefix12.secret-of-the-tests"


class NewClient(Protocol):
    def __call__(self, url: str, key: str = KEY, **options: Any) -> UsageClient: ...


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def new_client(spool: Path) -> Iterator[NewClient]:
    with ExitStack() as stack:

        def create(url: str, key: str = KEY, **options: Any) -> UsageClient:
            hurried = {"linger": 0.01, "longest_wait": 0.01, "timeout": 10.0, **options}
            client = UsageClient(url, key, spool, **hurried)
            stack.callback(client.close, 0)
            return client

        yield create


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as stub:
        yield stub


@pytest.fixture
def lines(spool: Path) -> Callable[[str], list[dict[str, Any]]]:
    """Of one of the two files."""
    return lambda name: [
        msgspec.json.decode(line) for line in (spool / f"{name}.jsonl").read_bytes().splitlines()
    ]


def record(client: UsageClient, *endpoints: str, **arguments: Any) -> None:
    """One plain call for each endpoint, but for `arguments`."""
    call = {"user_id": 7, "job_id": None, "metadata": None, "response_time_ms": 1, **arguments}
    for endpoint in endpoints:
        client.record(**{"api_endpoint": endpoint, **call})
