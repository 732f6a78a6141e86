"""`make bench`: fills, folds and times a private MariaDB, and writes docs/benchmarks.md."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import imports, ingestion
from tests.databases import TEST_ENVIRONMENT, PrivateServer, new_server

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MYSQL_PAGE = PAGE.with_name("benchmarks-mysql.md")
SERVER_OPTIONS = (
    "--innodb-buffer-pool-size=6G",
    # MariaDB's, and MySQL's.
    "--loose-innodb-log-file-size=1G",
    "--loose-innodb-redo-log-capacity=1G",
    "--innodb-flush-log-at-trx-commit=2",
    "--skip-log-bin",
)


# Of what was done, ms it took and ms that were computed.
Figures = dict[str, tuple[float, float]]
# More rows of a file say nothing new, and take half an hour.
MOST_IMPORTED = 1_000_000


def main() -> None:
    """Measure at SIZE calls and at a tenth of it; each section is written at once."""
    size = int(os.environ.get("SIZE", "1000000"))
    if os.environ.get("DATABASE") == "mysql":
        compare(size)
        return
    server = new_server(SERVER_OPTIONS)
    found: list[str] = []
    try:
        for section in sections(server, size):
            found.append(section)
            PAGE.write_text("\n".join([*introduction(server, size), *found]))
    finally:
        server.remove()
    print(f"Written: {PAGE.name}")


def compare(size: int) -> None:
    """Measure MariaDB and MySQL at SIZE calls, in turns."""
    servers: dict[str, PrivateServer] = {}
    found: dict[str, Figures] = {"mariadb": {}, "mysql": {}}
    try:
        for name in found:
            servers[name] = new_server(SERVER_OPTIONS, name)
            migrate(servers[name], size)
        for step in ("fold", "ask"):
            for name, server in servers.items():
                figures = in_process(server, size, "tests.bench.figures", step, str(size))
                found[name] |= json.loads(figures)
    finally:
        for server in servers.values():
            server.remove()
    MYSQL_PAGE.write_text("\n".join(compared(size, found["mariadb"], found["mysql"])))
    print(f"Written: {MYSQL_PAGE.name}")


def compared(size: int, mariadb: Figures, mysql: Figures) -> Iterator[str]:
    """The page: what both took, and what MySQL computed for each ms that MariaDB did."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    yield "# MariaDB and MySQL side by side\n"
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield f"Written by `make bench DATABASE=mysql SIZE={size}` on {moment}:"
    yield f"both servers in turns on {os.cpu_count()} cores, without a binary log, load average at"
    yield f"the end {load}. In ms: how long it took, and how long server and client computed,"
    yield "which hardly depends on that load; the ratio is of the latter.\n"
    yield "| | MariaDB | MySQL | MariaDB computed | MySQL computed | ratio |"
    yield "|---|---|---|---|---|---|"
    for name, (elapsed, computed) in mariadb.items():
        figures = (elapsed, mysql[name][0], computed, mysql[name][1])
        cells = [f"{ms:,.1f}" for ms in figures]
        yield f"| {name} | {' | '.join(cells)} | {mysql[name][1] / max(computed, 0.1):.2f} |"
    yield ""


def sections(server: PrivateServer, size: int) -> Iterator[str]:
    """Measure and yield the sections of the page."""
    small = size // 10
    yield measured(server, small)
    yield measured(server, size)
    yield ingestion.section(server)
    yield imports.section(server, min(size, MOST_IMPORTED))
    yield in_process(server, small, "tests.bench.weight")
    yield in_process(server, small, "tests.bench.exports")
    # The last one, since it makes sums of months without calls.
    yield in_process(server, size, "tests.bench.closings")


def measured(server: PrivateServer, calls: int) -> str:
    """The section of one size, measured in a new database."""
    migrate(server, calls)
    return in_process(server, calls, "tests.bench.measure", str(calls))


def migrate(server: PrivateServer, calls: int) -> None:
    server.create_database(database(calls))
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, env=environment(server, calls), check=True)


def in_process(server: PrivateServer, calls: int, module: str, *arguments: str) -> str:
    """The output of a module in a separate process, since Django is set up for one database."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment(server, calls),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def database(calls: int) -> str:
    return f"bench_{calls}"


def environment(server: PrivateServer, calls: int) -> dict[str, str]:
    url = server.url(database(calls))
    return {**os.environ, **TEST_ENVIRONMENT, "DATABASE_URL": url}


def introduction(server: PrivateServer, size: int) -> Iterator[str]:
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    yield "# Benchmarks\n"
    yield f"Written by `make bench SIZE={size}` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC:"
    yield f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
    yield f"MariaDB in the same machine, load average at the end {load}. Medians of five runs, in"
    yield "one run of the machine; the ratios say more than the milliseconds.\n"


if __name__ == "__main__":
    main()
