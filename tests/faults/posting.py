"""A process that records calls until it is killed; run as a program, it is that process."""

import itertools
import subprocess
import sys
from typing import Any

from usage_client import UsageClient

from tests.processes import PROJECT


class PostingProcess:
    """Records calls to "<name>/000000", "<name>/000001" and so on."""

    def __init__(self, url: str, key: str, spool: str, name: str) -> None:
        self.name = name
        self.program = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.posting", url, key, spool, name],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.spooled = -1

    def __enter__(self) -> "PostingProcess":
        assert self.program.stdout is not None
        self.spooled = int(self.program.stdout.readline())
        return self

    def __exit__(self, *_error: Any) -> None:
        """Kill it; `spooled` is then the last number that it knew to be in the spool."""
        self.program.kill()
        told, _errors = self.program.communicate()
        # The last line may be half of one.
        for line in told.split("\n")[:-1]:
            self.spooled = int(line)


def main(url: str, key: str, spool: str, name: str) -> None:
    client = UsageClient(url, key, spool, linger=0.01, longest_wait=0.05)
    for number in itertools.count():
        client.record(7, None, f"{name}/{number:06}", None, 1)
        if number % 20 == 0:
            client.flush(0)
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
