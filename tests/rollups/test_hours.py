"""Days that a range cuts: where sums by hour tell, calls of two hours are read at most."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stats.core.periods import Range
from stats.db.expressions import HourNumber, hour_number
from stats.models import APIUsageStats
from stats.query import engine
from stats.query.selection import Selection
from tests.ledger import in_zones, row, write
from tests.oracle import Zones, is_between
from tests.rollups.folded import fold_all
from tests.rollups.statements import answer_and_statement

pytestmark = pytest.mark.django_db(transaction=True)

MIDNIGHT = datetime(2026, 3, 10)
BY_HOUR = "stats_hourendpoint"


def calls_and_statement(selection: Selection) -> tuple[int, str]:
    sums, statement = answer_and_statement(engine.total, selection)
    return sums.calls, statement


def stretches_of_calls(statement: str) -> list[tuple[str, ...]]:
    """From when to when folded calls are read."""
    folded = re.findall(
        r"created_at. >= \S?'([^']+)' AND \S+ <= \S?'([^']+)'[^>]*id. <= ", statement
    )
    return [tuple(moment[:19] for moment in stretch) for stretch in folded]


@pytest.fixture
def calls() -> list[Any]:
    """One every seven minutes of two days."""
    rows = [row(created_at=MIDNIGHT + timedelta(minutes=7 * n)) for n in range(2 * 1440 // 7)]
    write(*rows)
    fold_all()
    return rows


@pytest.mark.parametrize(
    ("start", "end", "stretches"),
    [
        # The shorter part of an hour is added, or taken away.
        ("10:10:00", "15:20:30", [("10:00:00", "10:09:59"), ("15:00:00", "15:20:30")]),
        ("10:40:00", "15:50:30", [("10:40:00", "10:59:59"), ("15:50:31", "15:59:59")]),
        ("10:00:00", "15:59:59", []),
        ("00:00:00", "15:59:59", []),
        # Where the rest of the day is shorter, that is taken away in the same way.
        ("01:59:59", "22:10:00", [("01:59:59", "01:59:59"), ("22:00:00", "22:10:00")]),
        ("10:10:00", "10:20:00", [("10:10:00", "10:20:00")]),
        ("10:05:00", "10:55:00", [("10:00:00", "10:04:59"), ("10:55:01", "10:59:59")]),
    ],
)
def test_a_part_of_an_hour_is_read_from_the_calls(
    calls: list[Any], start: str, end: str, stretches: list[tuple[str, str]]
) -> None:
    since, until = (datetime.fromisoformat(f"2026-03-10T{time}+00:00") for time in (start, end))
    selection = Selection(Range(since, until))
    found, statement = calls_and_statement(selection)
    assert found == sum(is_between(call, since, until, Zones()) for call in calls)
    read = [tuple(moment[11:] for moment in pair) for pair in stretches_of_calls(statement)]
    assert read == stretches
    assert (BY_HOUR in statement) is (start != "10:10:00" or end != "10:20:00")


@pytest.mark.parametrize("filters", [{"endpoint": "/chat-messages"}, {"success": True}])
def test_filters_that_the_sums_know_are_answered_by_hour(calls: list[Any], filters: Any) -> None:
    selection = Selection(Range(MIDNIGHT.replace(hour=9, tzinfo=UTC), None), **filters)
    assert BY_HOUR in calls_and_statement(selection)[1]


@pytest.mark.parametrize("filters", [{"user_ids": (1,)}, {"job_id": 1}])
def test_others_are_not(calls: list[Any], filters: Any) -> None:
    selection = Selection(Range(MIDNIGHT.replace(hour=9, tzinfo=UTC), None), **filters)
    assert BY_HOUR not in calls_and_statement(selection)[1]


def test_an_hour_that_midnight_cuts_is_told_by_day() -> None:
    """In Kolkata days begin at half past 18 of UTC."""
    zones = Zones("Asia/Kolkata", "UTC")
    with in_zones(zones):
        write(*[row(created_at=datetime(2026, 3, 10, 18, minute)) for minute in (10, 29, 30, 50)])
        fold_all()
        for hour, expected in ((4, 2), (20, 2)):
            midnight = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
            part = Range(midnight, midnight + timedelta(hours=hour))
            calls, statement = calls_and_statement(Selection(part))
            assert calls == expected
            assert all(end != "18:29:59" for _start, end in stretches_of_calls(statement))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1001, 1, 1),
        datetime(1500, 2, 28, 23, 59, 59),
        datetime(1969, 12, 31, 23, 59, 59),
        datetime(2024, 2, 29, 12, 30),
        datetime(9998, 12, 31, 23),
    ],
)
def test_python_and_the_database_number_hours_alike(moment: datetime) -> None:
    write(row(created_at=moment))
    numbers = APIUsageStats.objects.values_list(HourNumber("created_at"), flat=True)
    assert list(numbers) == [hour_number(moment)]


def test_no_time_is_no_hour() -> None:
    write(row(created_at=None))
    assert APIUsageStats.objects.values_list(HourNumber("created_at"), flat=True).get() == 0
