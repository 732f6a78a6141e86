"""What one server takes, to be compared with another's: prints JSON of its figures by name."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from stats.query.engine import TooManyCallsError  # noqa: E402
from tests.bench import data, reports  # noqa: E402
from tests.bench.measure import timed_fold  # noqa: E402

Figures = Iterator[tuple[str, float | str]]


def fold(size: int) -> Figures:
    """Fill the database, then fold it."""
    settings.FOLD_MARGIN_SECONDS = 0
    now = datetime.now(UTC).replace(microsecond=0)
    data.fill(size, now.replace(tzinfo=None))
    data.rest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        yield "version", cursor.fetchone()[0]
    yield "first fold, rows/s", size / timed_fold()


def ask(_size: int) -> Figures:
    """What the reports take, and the same from the calls."""
    now = datetime.now(UTC).replace(microsecond=0)
    for timings in (
        reports.five_statistics(now),
        reports.whole_days(now),
        reports.cut_days(now),
    ):
        for timing in timings:
            yield timing.name, timing.rollup
            if timing.raw:
                yield f"{timing.name}, from the calls", timing.raw
    for name, selection in reports.filters(reports.year_until(now)).items():
        for question, put in reports.QUESTIONS.items():
            with suppress(TooManyCallsError):
                yield f"filter {name}: {question}", reports.milliseconds(partial(put, selection))


if __name__ == "__main__":
    step, size = sys.argv[1:]
    print(json.dumps(dict({"fold": fold, "ask": ask}[step](int(size)))))
