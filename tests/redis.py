"""A private Redis on a free port, with its data in a temporary folder."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.ports import free_ports, wait_until_open


@contextlib.contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """Yields its URL. Raises `FileNotFoundError` if redis-server is not installed."""
    [port] = free_ports(1)
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("redis-server is not installed (Debian: apt-get install it)")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    server = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()
