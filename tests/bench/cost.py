"""What a call costs in CPU time, statements and bytes: the table of docs/scaling.md.

    python -m tests.bench.cost

It measures CPU time, so that other processes may run beside it.
"""

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import load, posts
from tests.databases import TEST_ENVIRONMENT, PrivateServer, new_server
from tests.processes import PROJECT
from tests.servers import Gunicorn, migrated, new_key

SINGLE_POSTS = 2_000
ARRAYS, ARRAY_SIZE = 50, 1_000
# Demo data for sums and sizes.
CALLS, DAYS = 200_000, 60
WARM_UP = 20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """CPU of application and database in ms, statements, and redo log: up to a moment, or between
    two."""

    application: float
    server: float
    statements: int
    log_bytes: int

    def __sub__(self, earlier: "Spent") -> "Spent":
        return Spent(
            self.application - earlier.application,
            self.server - earlier.server,
            self.statements - earlier.statements,
            self.log_bytes - earlier.log_bytes,
        )


def cpu_ms(pid: int) -> float:
    """CPU time of a process with all its threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


class Ledger:
    """A database, and the application on it."""

    def __init__(self, server: PrivateServer, name: str) -> None:
        self.server = server
        self.name = name
        self.environment = migrated(server, name)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        connection = self.server.connect(self.name)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def spent(self, application: float) -> Spent:
        assert self.server.process
        status = dict(self.ask("SHOW GLOBAL STATUS"))
        statements, log_bytes = int(status["Questions"]), int(status["Innodb_os_log_written"])
        return Spent(application, cpu_ms(self.server.process.pid), statements, log_bytes)

    def running(self, *command: str) -> Spent:
        """The cost of a command of manage.py, its start included."""
        before = self.spent(0)
        arguments = [sys.executable, "manage.py", *command]
        environment = {**os.environ, **self.environment}
        process = subprocess.Popen(
            arguments, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return self.spent((usage.ru_utime + usage.ru_stime) * 1000) - before


class Posting:
    """Requests to a gunicorn over one connection."""

    def __init__(self, ledger: Ledger, gunicorn: Gunicorn) -> None:
        self.ledger = ledger
        self.gunicorn = gunicorn
        self.key = new_key(ledger.environment)
        self.names = itertools.count()

    def spent(self, content: Any, times: int, *, once: bool) -> Spent:
        """The cost of `times` requests after a warm-up; each with a new key if `once`."""
        body = msgspec.json.encode(content)
        connection = load.Connection(self.gunicorn.port)

        def send() -> None:
            headers = {"Authorization": f"Api-Key {self.key}"}
            if once:
                headers["Idempotency-Key"] = f"request {next(self.names)}"
            connection.send(load.request("/api/v1/calls/", body, **headers))

        for _request in range(WARM_UP):
            send()
        before = self.so_far()
        for _request in range(times):
            send()
        return self.so_far() - before

    def so_far(self) -> Spent:
        return self.ledger.spent(sum(map(cpu_ms, self.gunicorn.workers())))


def posted(ledger: Ledger, folder: Path) -> Iterator[tuple[str, Spent, int]]:
    """Per kind of post: its name, its cost, its number of calls."""
    gunicorn = Gunicorn(folder / "log", ledger.environment)
    gunicorn.start()
    try:
        posting = Posting(ledger, gunicorn)
        call, *_more = calls = [posts.with_metadata(each) for each in posts.in_columns(ARRAY_SIZE)]
        spent = posting.spent(call, SINGLE_POSTS, once=True)
        yield "one call a POST, under an Idempotency-Key", spent, SINGLE_POSTS
        spent = posting.spent(call, SINGLE_POSTS, once=False)
        yield "one call a POST, without", spent, SINGLE_POSTS
        spent = posting.spent(calls, ARRAYS, once=True)
        yield f"{ARRAY_SIZE:,} calls a POST, under a key", spent, ARRAYS * ARRAY_SIZE
    finally:
        gunicorn.stop()


def summed(ledger: Ledger) -> Iterator[tuple[str, Spent, int]]:
    """The cost of folding and verifying, minus that of the same command without work."""
    nothing = ledger.running("fold_usage")
    ledger.running("demo_data", "--calls", str(CALLS), "--days", str(DAYS))
    yield "folding", ledger.running("fold_usage") - nothing, CALLS
    yield "verifying", ledger.running("verify_usage") - nothing, CALLS


def costs(rows: Iterable[tuple[str, Spent, int]]) -> Iterator[str]:
    yield "| per call | CPU of ours, ms | CPU of MariaDB, ms | statements | redo log, bytes |"
    yield "|---|---|---|---|---|"
    for name, spent, calls in rows:
        cpu = f"{spent.application / calls:.4f} | {spent.server / calls:.4f}"
        counted = f"{spent.statements / calls:.2f} | {round(spent.log_bytes / calls):,}"
        yield f"| {name} | {cpu} | {counted} |"


SIZES = """
SELECT IF(table_name LIKE 'stats\\_day%' OR table_name LIKE 'stats\\_month%', 'all sums',
  table_name), SUM(data_length), SUM(index_length)
FROM information_schema.tables WHERE table_schema = DATABASE() GROUP BY 1
"""


def sizes(ledger: Ledger, counted: dict[str, int]) -> Iterator[str]:
    """Lines with the size of tables in bytes per row, or per item of `counted`."""
    for name in counted.keys() - {"all sums"}:
        ledger.ask(f"ANALYZE TABLE {name}")
    found = {name: (int(data), int(index)) for name, data, index in ledger.ask(SIZES)}
    for name, number in counted.items():
        data, index = found[name]
        yield f"| {name} | {number:,} | {data / number:.0f} | {index / number:.0f} |"


def main() -> None:
    server = new_server(["--innodb-flush-log-at-trx-commit=1"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            some, many = Ledger(server, "posted"), Ledger(server, "filled")
            for line in costs([*posted(some, Path(folder)), *summed(many)]):
                print(line)
            print("\n| table | calls | data, bytes per call | indexes |\n|---|---|---|---|")
            remembered = {"stats_idempotencyrecord": SINGLE_POSTS + ARRAYS + 2 * WARM_UP}
            for line in (
                *sizes(many, {"dt_api_usage_stats": CALLS, "all sums": CALLS}),
                *sizes(some, remembered),
            ):
                print(line)
    finally:
        server.remove()


if __name__ == "__main__":
    os.environ.update(TEST_ENVIRONMENT)
    main()
