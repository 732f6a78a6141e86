"""manage.py import_calls compared with arrays posted to the API, and its peak memory."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import msgspec

from tests.bench import posts
from tests.bench.ingestion import Bench
from tests.databases import PrivateServer, new_server
from tests.processes import PROJECT

ARRAY = 10_000
ARRAYS = 5
DATABASE = "imports"


def section(server: PrivateServer, rows: int) -> str:
    """A section of docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), DATABASE)
        with bench.running():
            return "\n".join(["\n## Importing calls\n", *lines(bench, Path(folder), rows)])


def lines(bench: Bench, folder: Path, rows: int) -> Iterator[str]:
    """Two sizes, a tenth first: memory must not grow with the file."""
    paths = {name: folder / f"{name}.jsonl" for name in ("tenth", "whole")}
    numbers = {"tenth": rows // 10, "whole": rows, "whole, again": rows}
    for name, path in paths.items():
        write(path, name, numbers[name])
    rates = arrays(bench)
    found = {}
    for name, number in numbers.items():
        found[name] = imported(bench, paths[name.partition(",")[0]], number)
        # Before and after each import, since the machine's load varies.
        rates += arrays(bench)
    middle = median(rates)
    yield "JSONL, the command's start and end included; in brackets the ratio to arrays of "
    yield f"{ARRAY:,} calls, of which {middle:,.0f} calls a second are written in the meantime.\n"
    yield "| rows of a file | rows a second | peak of memory, MB |"
    yield "|---|---|---|"
    for name, (rate, megabytes) in found.items():
        title = f"{numbers[name]:,} ({name})"
        yield f"| {title} | {rate:,.0f} ({rate / middle:.2f}) | {megabytes:.0f} |"
    yield ""


def arrays(bench: Bench) -> list[float]:
    """Calls a second of some arrays, after a warm-up."""
    return [bench.rows_per_second("columns", ARRAY) for _array in range(ARRAYS + 1)][1:]


def write(path: Path, name: str, rows: int) -> None:
    """Write a file with the calls of `posts`, each with an id."""
    with path.open("wb") as file:
        for first in range(0, rows, ARRAY):
            for number, call in enumerate(posts.in_columns(min(ARRAY, rows - first)), first):
                file.write(msgspec.json.encode({"id": f"{name}:{number}", **call}) + b"\n")


def imported(bench: Bench, path: Path, rows: int) -> tuple[float, float]:
    """Rows a second, and the peak memory of the process."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_calls", "jsonl", str(path)],
        cwd=PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "usage_project.settings",
            **bench.environment,
        },
        stdout=subprocess.DEVNULL,
    )
    _id, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return rows / (time.perf_counter() - begin), usage.ru_maxrss / 1000


if __name__ == "__main__":
    server = new_server(sys.argv[2:])
    try:
        print(section(server, int(sys.argv[1])))
    finally:
        server.remove()
