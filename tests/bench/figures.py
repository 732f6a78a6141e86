"""What one server takes, to be compared with another's: prints JSON of its figures by name."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from stats.query.engine import TooManyCallsError  # noqa: E402
from tests.bench import data, reports  # noqa: E402
from tests.bench.measure import timed_fold  # noqa: E402

RUNS = 5
TICKS = os.sysconf("SC_CLK_TCK")
# Of what was done: ms it took, and ms that the server and this process computed meanwhile. The
# latter hardly depend on what else the machine is doing.
Figures = Iterator[tuple[str, tuple[float, float]]]


def computed() -> float:
    """Seconds that the server and this process have computed so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file")
        server = Path(cursor.fetchone()[0]).read_text().strip()
    _name, _bracket, rest = Path(f"/proc/{server}/stat").read_text().rpartition(")")
    user, system = rest.split()[11:13]
    return (int(user) + int(system)) / TICKS + process_time()


def took(action: Callable[[], object], runs: int) -> tuple[float, float]:
    """Of one run, on average."""
    begin, computed_before = perf_counter(), computed()
    for _run in range(runs):
        action()
    return (
        (perf_counter() - begin) * 1000 / runs,
        (computed() - computed_before) * 1000 / runs,
    )


def fold(size: int) -> Figures:
    """Fill the database, then fold it."""
    settings.FOLD_MARGIN_SECONDS = 0
    data.fill(size, datetime.now(UTC).replace(microsecond=0, tzinfo=None))
    data.rest()
    elapsed, busy = took(timed_fold, 1)
    yield "first fold, of a thousand calls", (elapsed * 1000 / size, busy * 1000 / size)


def ask(_size: int) -> Figures:
    """Ask what the reports do, and the five statistics of the calls too."""
    now = datetime.now(UTC).replace(microsecond=0)
    five = reports.questions_of_five(now)
    for name, question in five.items():
        question()
        yield name, took(question, RUNS)
    for name, question in five.items():
        yield f"{name}, from the calls", took(partial(reports.once_from_the_calls, question), 1)
    for name, selection in reports.filters(reports.year_until(now)).items():
        for asked, put in reports.QUESTIONS.items():
            with suppress(TooManyCallsError):
                put(selection)
                yield f"{name}: {asked}", took(partial(put, selection), RUNS)


if __name__ == "__main__":
    step, size = sys.argv[1:]
    print(json.dumps(dict({"fold": fold, "ask": ask}[step](int(size)))))
