"""A private HAProxy with a configuration of docs/deploy/."""

import contextlib
import os
import subprocess
from collections.abc import Iterator

from tests.databases import ServerMissingError, program
from tests.ports import free_ports, wait_until_open
from tests.processes import PROJECT


@contextlib.contextmanager
def private_haproxy(configuration: str, **addresses: str) -> Iterator[int]:
    """Yields its port. `addresses` are the variables of the configuration except BIND.

    Raises `ServerMissingError` if haproxy is not installed.
    """
    [port] = free_ports(1)
    server = subprocess.Popen(
        [haproxy(), "-db", "-f", str(PROJECT / "docs/deploy" / configuration)],
        env={**os.environ, "BIND": f"127.0.0.1:{port}", **addresses},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_open(port)
        yield port
    finally:
        server.kill()
        server.wait()


def haproxy() -> str:
    try:
        return program("haproxy")
    except ServerMissingError:
        raise ServerMissingError("haproxy is not installed (Debian: apt-get install it)") from None
