"""Measures one size: prints a section of docs/benchmarks.md."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from stats.rollups import folding  # noqa: E402
from tests.bench import data, pages, reports, writers  # noqa: E402
from tests.bench.reports import Timing  # noqa: E402

WRITING_SECONDS = 4.0
# Folded piece by piece, so that a fold always runs while the writers write.
TAIL_WITH_WRITERS = 500_000
CHUNK_WITH_WRITERS = 100_000


def main(size: int) -> None:
    """Fill, fold and measure. Progress goes to standard error."""
    settings.FOLD_MARGIN_SECONDS = 0
    now = datetime.now(UTC).replace(microsecond=0)
    say(f"filling {size:,} calls")
    data.fill(size, now.replace(tzinfo=None))
    data.rest()
    print(f"\n## {size:,} calls\n")
    say("folding")
    print_folding(size)
    print_storage()
    say("asking")
    print_timings("The five statistics", reports.five_statistics(now))
    print_timings("Whole days", reports.whole_days(now))
    print_timings("30 days from noon to noon", reports.cut_days(now))
    print_timings("The list of calls, 50 on a page", reports.list_of_calls())
    print_matrix(now)
    print_pages()
    print_pages_under_filters()
    print_tail(now)
    print_writers(now)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def print_folding(size: int) -> None:
    seconds = timed_fold()
    print(f"First fold of all calls: {seconds:.1f} s, {size / seconds:,.0f} rows/s.\n")


def print_writers(now: datetime) -> None:
    """The latency of another application's statements, alone and during a fold of a long tail."""
    alone = writers.latencies(writers.start(WRITING_SECONDS))
    data.add(TAIL_WITH_WRITERS, now.replace(tzinfo=None))
    writer = writers.start(WRITING_SECONDS)
    while writer.poll() is None:
        folding.fold(timezone.now(), CHUNK_WITH_WRITERS)
    meanwhile = writers.latencies(writer)
    rows = []
    for what in ("inserts", "updates"):
        for name, measure in ((what, "median"), (f"{what}_p99", "p99")):
            before, during = getattr(alone, name), getattr(meanwhile, name)
            cells = (f"{before:.3f}", f"{during:.3f}", f"{during / before:.2f}")
            rows.append([f"{what}, {measure}", *cells])
    print_table(["Another application's", "alone, ms", "while we fold, ms", "ratio"], rows)


def timed_fold() -> float:
    begin = perf_counter()
    while folding.fold(timezone.now()).has_more:
        pass
    return perf_counter() - begin


def print_storage() -> None:
    with connection.cursor() as cursor:
        # Otherwise the sizes are outdated.
        cursor.execute(f"ANALYZE TABLE {', '.join(_own_tables())}")
        cursor.fetchall()
        cursor.execute(
            "SELECT SUM(IF(table_name LIKE 'stats\\_%%', data_length + index_length, 0)), "
            "SUM(IF(table_name = 'dt_api_usage_stats', data_length + index_length, 0)) "
            "FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        sums, calls = (float(size) for size in cursor.fetchone())
    print(f"Storage: the sums {sums / 1e6:,.0f} MB, {sums / calls:.0%} of the calls' ")
    print(f"{calls / 1e6:,.0f} MB with their indexes.\n")


def _own_tables() -> list[str]:
    tables = connection.introspection.table_names()
    return [table for table in tables if table.startswith("stats_")]


def print_timings(title: str, timings: Iterable[Timing]) -> None:
    print_table(
        [title, "ms", "from the calls, ms", "ratio"],
        [
            [
                timing.name,
                f"{timing.rollup:.1f}",
                f"{timing.raw:,.0f}" if timing.raw is not None else "",
                f"{timing.ratio:,.0f}" if timing.ratio is not None else "",
            ]
            for timing in timings
        ],
    )


def print_matrix(now: datetime) -> None:
    print("Every question under every filter, over 364 whole days, in ms; — is refused:\n")
    rows = [[name, *cells] for name, cells in reports.matrix(now)]
    print_table(["filter", *reports.QUESTIONS], rows)


def print_pages() -> None:
    administrator = get_user_model().objects.create_superuser("bench", password="bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(administrator)
    rows = [[path, f"{ms:.0f}", str(n)] for path, ms, n in reports.pages(client)]
    print_table(["page", "ms of server time", "statements"], rows)
    print("The list of calls in other orders; after — it says that they are too many to sort:\n")
    lists = [
        [name, f"— ({ms:.0f})" if is_refused else f"{ms:.0f}"]
        for name, ms, is_refused in reports.sorted_lists(client)
    ]
    print_table(["order, whose calls, when", "ms of server time"], lists)


def print_pages_under_filters() -> None:
    """Every page under every filter, with the account of `print_pages`."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(username="bench"))
    for period in pages.PERIODS:
        print(f"Every page under every filter, period={period}, in ms; after — it says that this ")
        print("is too much to read, and how soon it did:\n")
        rows = [[name, *cells] for name, cells in pages.matrix(client, period)]
        print_table(["filter", *pages.pages()], rows)


def print_tail(now: datetime) -> None:
    data.add(10_000, now.replace(tzinfo=None))
    print(f"A fold of a tail of 10,000 calls: {timed_fold():.2f} s.\n")


def print_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print("| " + " | ".join(heading) + " |")
    print("|" + "---|" * len(heading))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


if __name__ == "__main__":
    main(int(sys.argv[1]))
