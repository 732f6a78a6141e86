"""The latency of another application's writes while we fold.

`python -m tests.bench.writers SECONDS` inserts and updates calls, each in its own transaction, and
prints the median and 99th percentile of both in ms.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import django

INSERT = (
    "INSERT INTO dt_api_usage_stats (user_id, api_endpoint, total_tokens, cost, success, "
    "created_at) VALUES (1, '/chat-messages', 7, 0.0001, 1, UTC_TIMESTAMP())"
)
UPDATE = "UPDATE dt_api_usage_stats SET total_tokens = total_tokens + 1 WHERE id = LAST_INSERT_ID()"


@dataclass(frozen=True, slots=True)
class Latencies:
    """Percentiles of inserts and updates in ms."""

    inserts: float
    inserts_p99: float
    updates: float
    updates_p99: float


def start(seconds: float) -> "subprocess.Popen[str]":
    """A writer in a separate process."""
    command = [sys.executable, "-m", "tests.bench.writers", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def latencies(writer: "subprocess.Popen[str]") -> Latencies:
    """The latencies that a writer printed; waits for its end."""
    printed, _nothing = writer.communicate()
    return Latencies(*map(float, printed.split()))


def main(seconds: float) -> None:
    from django.db import connection

    inserts: list[float] = []
    updates: list[float] = []
    end = perf_counter() + seconds
    with connection.cursor() as cursor:
        while perf_counter() < end:
            inserts.append(_timed(lambda: cursor.execute(INSERT)))
            updates.append(_timed(lambda: cursor.execute(UPDATE)))
    print(median(inserts), _p99(inserts), median(updates), _p99(updates))


def _timed(write: Callable[[], object]) -> float:
    begin = perf_counter()
    write()
    return (perf_counter() - begin) * 1000


def _p99(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 99 // 100]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    main(float(sys.argv[1]))
