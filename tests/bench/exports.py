"""Exports of calls compared with a bare loop over the same rows; prints a section.

DATABASE_URL is a database filled by `tests.bench.data`.
"""

import contextlib
import csv
import http.client
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from MySQLdb.cursors import SSCursor  # noqa: E402

from stats.core.periods import Range  # noqa: E402
from stats.models import APIUsageStats  # noqa: E402
from stats.query.extent import extent  # noqa: E402
from stats.query.selection import Selection  # noqa: E402
from stats.tables.calls import FIELDS, calls_table  # noqa: E402
from stats.tables.csvfile import csv_chunks  # noqa: E402
from tests.servers import Gunicorn  # noqa: E402

ROUNDS = 3
BLOCK = 1024 * 1024
ADDRESS = "/admin/stats/apiusagestats/export."
SELECT = f"SELECT {', '.join(FIELDS)} FROM dt_api_usage_stats ORDER BY created_at DESC, id DESC"


def main() -> None:
    """Rows a second in this process and downloaded, and a worker's memory."""
    calls = APIUsageStats.objects.count()
    print(f"\n## Export of {calls:,} calls\n")
    print("| | rows/s | of the bare loop |\n|---|---|---|")
    bare, ours = in_turn(bare_loop, our_csv)
    print(f"| a bare loop: the driver's rows, csv.writer | {calls / bare:,.0f} | |")
    print(f"| our CSV | {calls / ours:,.0f} | {bare / ours:.2f} |")
    memory = []
    for format, seconds, idle, most in over_http():
        name = f"{format} downloaded, from a gunicorn with one worker"
        print(f"| {name} | {calls / seconds:,.0f} | {bare / seconds:.2f} |", flush=True)
        memory.append(f"{format} {most - idle:.0f} MB above the idle worker's {idle:.0f} MB")
    print(f"\nMemory at its height: {', '.join(memory)}.\n")


def in_turn(*variants: Callable[[], None]) -> list[float]:
    """The median seconds of each variant; each round runs all of them."""
    rounds = [[_timed(variant) for variant in variants] for _round in range(ROUNDS)]
    return [median(seconds) for seconds in zip(*rounds, strict=True)]


def _timed(action: Callable[[], None]) -> float:
    begin = perf_counter()
    action()
    return perf_counter() - begin


def bare_loop() -> None:
    connection.ensure_connection()
    with Path(os.devnull).open("w") as file, connection.connection.cursor(SSCursor) as cursor:
        writer = csv.writer(file)
        cursor.execute(SELECT)
        for row in cursor:
            writer.writerow(row)


def our_csv() -> None:
    # With a period, so that the calls are read by time.
    selection = Selection(Range(extent(Selection()).first))
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        for chunk in csv_chunks(calls_table(selection)):
            file.write(chunk)


def over_http() -> Iterator[tuple[str, float, float, float]]:
    """Per format: the seconds, and the worker's MB when idle and at most."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("exporter"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].OutputString()
    with tempfile.TemporaryDirectory() as folder:
        for format in ("csv", "xlsx"):
            options = ("--workers=1", "--worker-class=gthread", "--threads=4")
            environment = {"DATABASE_URL": os.environ["DATABASE_URL"]}
            gunicorn = Gunicorn(Path(folder) / format, environment, options=options)
            gunicorn.start()
            try:
                # A first download, so that imports on first use do not count.
                _download(gunicorn.port, f"{ADDRESS}{format}?period=today", cookie)
                (worker,) = gunicorn.workers()
                idle = _megabytes(worker, "VmRSS")
                address = f"{ADDRESS}{format}?period=all"
                seconds = _timed(lambda: _download(gunicorn.port, address, cookie))  # noqa: B023
                yield format.upper(), seconds, idle, _megabytes(worker, "VmHWM")
            finally:
                gunicorn.stop()


def _download(port: int, address: str, cookie: str) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=3600)
    with contextlib.closing(client):
        client.request("GET", address, headers={"Cookie": cookie})
        answer = client.getresponse()
        assert answer.status == 200, answer.read()
        while answer.read(BLOCK):
            pass


def _megabytes(process: int, line: str) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    (kilobytes,) = [found.split()[1] for found in status.splitlines() if found.startswith(line)]
    return int(kilobytes) / 1000


if __name__ == "__main__":
    main()
