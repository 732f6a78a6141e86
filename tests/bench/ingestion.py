"""Posting calls over HTTP, compared with the bare driver, a bare view and a textbook view."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import msgspec

from tests.bench import load, posts
from tests.databases import TEST_ENVIRONMENT, PrivateServer, new_server
from tests.servers import AS_DEPLOYED, Gunicorn, migrated, new_key

# Short measurements need many rounds, since the machine's load varies.
ROUNDS = {1_000: 15, 10_000: 5}
SINGLE_ROUNDS = 9
LATENCY_ROUNDS = 3
SINGLE_POSTS = 1_500
BODIES = 100
BODY_BYTES = 10 * 1024 * 1024 - 1024
DATABASE = "ingestion"


class Bench:
    """Three servers on one database, and a connection of the bare driver."""

    def __init__(self, server: PrivateServer, folder: Path, database: str = DATABASE) -> None:
        os.environ.update(TEST_ENVIRONMENT)
        self.environment = migrated(server, database) | {"API_RATE": "100000000"}
        self.key = new_key(self.environment)
        self.driver = server.connect(database)
        self.ours = Gunicorn(folder / "ours", self.environment, options=AS_DEPLOYED)
        bare = "tests.bench.bare_wsgi"
        self.others = Gunicorn(folder / "others", self.environment, bare, AS_DEPLOYED)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        try:
            self.ours.start()
            self.others.start()
            yield
        finally:
            self.ours.stop()
            self.others.stop()

    def request(self, body: bytes) -> bytes:
        return load.request("/api/v1/calls/", body, Authorization=f"Api-Key {self.key}")

    def rows_per_second(self, variant: str, number: int) -> float:
        """The speed of one array, or one executemany, of `number` calls."""
        calls = posts.in_columns(number)
        write = getattr(self, f"_{variant}")(calls)
        begin = time.perf_counter()
        write()
        return number / (time.perf_counter() - begin)

    def _driver(self, calls: list[dict[str, object]]) -> Callable[[], None]:
        rows = [posts.as_row(call) for call in calls]

        def write() -> None:
            with self.driver.cursor() as cursor:
                cursor.executemany(posts.INSERT, rows)
            self.driver.commit()

        return write

    def _columns(self, calls: list[dict[str, object]]) -> Callable[[], None]:
        sent = self.request(msgspec.json.encode(calls))
        return lambda: load.Connection(self.ours.port).send(sent)

    def _metadata(self, calls: list[dict[str, object]]) -> Callable[[], None]:
        return self._columns([posts.with_metadata(call) for call in calls])

    def _textbook(self, calls: list[dict[str, object]]) -> Callable[[], None]:
        sent = load.request("/textbook/", msgspec.json.encode(calls))
        return lambda: load.Connection(self.others.port).send(sent)


def section(server: PrivateServer) -> str:
    """A section of docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder))
        with bench.running():
            lines = ["\n## Posting calls\n", *arrays(bench), *singles(bench)]
        lines += memory(bench)
    return "\n".join(lines)


def arrays(bench: Bench) -> Iterator[str]:
    yield "Rows a second; gunicorn as it is deployed, with 2 workers; in brackets the ratio.\n"
    yield "| calls in an array | executemany | columns | metadata | textbook |"
    yield "|---|---|---|---|---|"
    variants = ("driver", "columns", "metadata", "textbook")
    for number, rounds in ROUNDS.items():
        measure = partial(bench.rows_per_second, number=number)
        yield _line(f"{number:,}", in_turn(variants, measure, rounds))
    yield ""


def singles(bench: Bench) -> Iterator[str]:
    call = posts.in_columns(1)[0]
    columns, metadata = msgspec.json.encode(call), msgspec.json.encode(posts.with_metadata(call))
    sent = {
        "bare": (bench.others.port, load.request("/bare/", columns)),
        "columns": (bench.ours.port, bench.request(columns)),
        "metadata": (bench.ours.port, bench.request(metadata)),
        "textbook": (bench.others.port, load.request("/textbook/", columns)),
    }
    found = in_turn(
        tuple(sent), lambda variant: load.per_second(*sent[variant], SINGLE_POSTS), SINGLE_ROUNDS
    )
    first = f"one call a request, over {load.CONNECTIONS} connections"
    yield f"| {first} | a bare view's INSERT | columns | metadata | textbook |"
    yield "|---|---|---|---|---|"
    yield _line("requests a second", found)
    rate = found["metadata"] / 2
    runs = [load.latencies(*sent["metadata"], SINGLE_POSTS, rate) for _run in range(LATENCY_ROUNDS)]
    middles, p99s = [median(taken) for taken in runs], [_p99(taken) for taken in runs]
    times = median(p99 / middle for p99, middle in zip(p99s, middles, strict=True))
    yield f"\nAt half of that ({rate:,.0f} a second) a post of metadata takes "
    yield f"{median(middles):.1f} ms, p99 {median(p99s):.1f} ms: {times:.1f} times.\n"


def memory(bench: Bench) -> Iterator[str]:
    """The memory of one worker after a hundred arrays of the largest size."""
    # The setting of docs/deploy/.
    environment = bench.environment | {"MALLOC_ARENA_MAX": "2"}
    alone = Gunicorn(bench.ours.log, environment, options=(*AS_DEPLOYED, "--workers=1"))
    alone.start()
    try:
        sent = bench.request(posts.padded(BODY_BYTES, 10_000))
        load.Connection(alone.port).send(bench.request(msgspec.json.encode(posts.in_columns(1)[0])))
        (worker,) = alone.workers()
        before = _megabytes(worker)
        for _body in range(BODIES):
            load.Connection(alone.port).send(sent)
        yield f"{BODIES} arrays of 10 MiB: a worker's memory grew from {before:.0f} MB to "
        yield f"{_megabytes(worker):.0f} MB.\n"
    finally:
        alone.stop()


def in_turn(
    variants: tuple[str, ...], measure: Callable[[str], float], rounds: int
) -> dict[str, float]:
    """The median of each variant; each round runs all of them, after a warm-up round."""
    found = [{name: measure(name) for name in variants} for _round in range(rounds + 1)][1:]
    return {name: median(one[name] for one in found) for name in variants}


def _p99(taken: list[float]) -> float:
    """The 99th percentile of sorted values."""
    return taken[len(taken) * 99 // 100]


def _line(title: str, found: dict[str, float]) -> str:
    floor = next(iter(found.values()))
    cells = [f"{value:,.0f} ({value / floor:.2f})" for value in found.values()]
    return "| " + " | ".join([title, *cells]) + " |"


def _megabytes(process: int) -> float:
    """The resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    (kilobytes,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(kilobytes) / 1000


if __name__ == "__main__":
    server = new_server(sys.argv[1:])
    try:
        print(section(server))
    finally:
        server.remove()
