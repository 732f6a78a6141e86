"""How long closing a month takes, and comparing three years of closed months: prints a section.

The months of two further years have the sums of the first: calls play no part in it.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402

from stats.closings import bundling, comparing  # noqa: E402
from stats.closings.chain import Signer  # noqa: E402
from stats.core.periods import local_day  # noqa: E402
from stats.core.zones import reading_zone  # noqa: E402
from stats.models import ClosedLine, FoldState, MonthUserEndpoint  # noqa: E402
from tests.bench.figures import took  # noqa: E402
from tests.closings.ledgers import close  # noqa: E402

YEARS, MONTHS = 3, 36
Took = tuple[float, float]


def main() -> None:
    """Close them one by one, compare them twice, and make a bundle."""
    now = datetime.now(UTC).replace(microsecond=0)
    months = _months(local_day(now, reading_zone()))
    print("\n".join(section(months, now)))


def section(months: list[date], now: datetime) -> Iterator[str]:
    FoldState.objects.update(verified_at=now)
    for years in range(1, YEARS):
        _copy_sums(years)
    closed = sorted(_took(partial(_close, month, now)) for month in months)
    compared = _took(partial(comparing.compare, now))
    MonthUserEndpoint.objects.filter(month=months[-1], user_id=1).update(calls=7)
    adjusted = _took(partial(comparing.compare, now))
    bundled = _took(partial(bundling.bundle, months[-1]))
    verified = _took(lambda: list(bundling.table_faults()))
    lines = ClosedLine.objects.count()
    yield f"\n## Closed months\n\n{len(months)} months, {lines:,} lines; no call is read.\n"
    yield "| | seconds | seconds that server and Python computed |"
    yield "|---|---|---|"
    for name, (elapsed, busy) in (
        ("closing a month, median", closed[len(closed) // 2]),
        ("closing a month, slowest", closed[-1]),
        ("comparing all, nothing differs", compared),
        ("comparing all, one user's month differs", adjusted),
        ("a bundle", bundled),
        ("verify_closings", verified),
    ):
        yield f"| {name} | {elapsed:.1f} | {busy:.1f} |"


def _months(today: date) -> list[date]:
    """The last ones that are over, the oldest first."""
    count = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(count - MONTHS, count)]


def _copy_sums(years: int) -> None:
    table = MonthUserEndpoint._meta.db_table
    names = [field.column for field in MonthUserEndpoint._meta.concrete_fields if field.column]
    # The month in which the year begins is there already.
    shifted = [f"month - INTERVAL {years} YEAR" if name == "month" else name for name in names]
    newest = "month >= CURRENT_DATE - INTERVAL 1 YEAR - INTERVAL 1 DAY"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT IGNORE INTO {table} ({', '.join(names)}) "
            f"SELECT {', '.join(shifted)} FROM {table} WHERE {newest}"
        )


def _close(month: date, now: datetime) -> None:
    close(month, Signer("bench", 1), now)


def _took(action: Callable[[], object]) -> Took:
    elapsed, busy = took(action, 1)
    return elapsed / 1000, busy / 1000


if __name__ == "__main__":
    main()
