"""`make bench`: fills, folds and times a private MariaDB, and writes docs/benchmarks.md."""

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
SERVER_OPTIONS = (
    "--innodb-buffer-pool-size=6G",
    "--innodb-log-file-size=1G",
    "--innodb-flush-log-at-trx-commit=2",
)


def main() -> None:
    """Measure at SIZE calls and at a tenth of it; each section is written at once."""
    size = int(os.environ.get("SIZE", "1000000"))
    server = new_server(SERVER_OPTIONS)
    found: list[str] = []
    try:
        for section in sections(server, size):
            found.append(section)
            PAGE.write_text("\n".join([*introduction(server, size), *found]))
    finally:
        server.remove()
    print(f"Written: {PAGE.name}")


def sections(server: PrivateServer, size: int) -> Iterator[str]:
    """Measure and yield the sections of the page."""
    small = size // 10
    yield measured(server, small)
    yield measured(server, size)
    yield ingestion.section(server)
    yield imports.section(server, size)
    yield in_process(server, small, "tests.bench.weight")
    yield in_process(server, small, "tests.bench.exports")


def measured(server: PrivateServer, calls: int) -> str:
    """The section of one size, measured in a new database."""
    server.create_database(database(calls))
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, env=environment(server, calls), check=True)
    return in_process(server, calls, "tests.bench.measure", str(calls))


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
