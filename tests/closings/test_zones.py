"""A closed month is a local month, whatever both clocks do at its edges."""

from datetime import date, timedelta

import pytest

from stats.core.periods import last_of_month, range_of_days
from stats.core.zones import column_zone, reading_zone
from stats.models import ClosedLine
from tests.closings.ledgers import NOW, close, verified
from tests.ledger import in_zones, row, write
from tests.oracle import Row, Zones

HOUR = timedelta(hours=1)


def around_the_edges(month: date) -> list[Row]:
    """A call each, of costs that no two sums share: to the second, and to the hour."""
    start, end = range_of_days(month, last_of_month(month), reading_zone()).bounds
    near = (-2 * HOUR, -HOUR, timedelta(seconds=-1), timedelta(), timedelta(seconds=1), HOUR)
    times = [edge + by for edge in (start, end + timedelta(seconds=1)) for by in near]
    return [
        row(
            cost=f"{2**number}.0000",
            created_at=time.astimezone(column_zone()).replace(tzinfo=None),
        )
        for number, time in enumerate(times)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reading", "column", "month"),
    [
        ("Europe/Berlin", "UTC", date(2026, 3, 1)),
        ("Europe/Berlin", "UTC", date(2026, 10, 1)),
        ("America/New_York", "Asia/Taipei", date(2025, 11, 1)),
        ("Asia/Kathmandu", "Asia/Kolkata", date(2026, 6, 1)),
        # Clocks change by half an hour, at midnight, and on the first of the month.
        ("Australia/Lord_Howe", "UTC", date(2026, 10, 1)),
        ("Africa/Cairo", "UTC", date(2026, 4, 1)),
        ("Asia/Amman", "UTC", date(2016, 4, 1)),
    ],
)
def test_the_months_calls_and_no_others(reading: str, column: str, month: date) -> None:
    zones = Zones(reading=reading, column=column)
    with in_zones(zones):
        rows = around_the_edges(month)
        write(*rows)
        verified(NOW)
        close(month)
        expected = [
            one["cost"] for one in rows if (day := zones.day(one)) and day.replace(day=1) == month
        ]
        assert 0 < len(expected) < len(rows)
        (line,) = ClosedLine.objects.all()
        assert line.cost_units == sum(expected) * 10_000
