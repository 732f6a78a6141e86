"""Times in TIME_ZONE: what `astimezone` says, for every second of every zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.tables import times
from stats.tables.times import LocalTimes
from tests.generated import COLUMN_ZONES, EVENTFUL_DAYS, READING_ZONES

pytestmark = pytest.mark.once

ZONES = sorted(available_timezones())
days = st.sampled_from([datetime.fromisoformat(day) for day in EVENTFUL_DAYS])
near_a_change = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds), days, st.integers(-100_000, 200_000)
)
moments = near_a_change | st.datetimes(datetime(1001, 1, 1), datetime(9998, 12, 31))
zones = st.sampled_from(READING_ZONES) | st.sampled_from(ZONES)


def expected(moment: datetime, column_zone: str, zone: str) -> str:
    aware = moment.replace(microsecond=0, tzinfo=ZoneInfo(column_zone))
    return aware.astimezone(ZoneInfo(zone)).isoformat()


@given(zones, st.sampled_from(COLUMN_ZONES), st.lists(moments, min_size=1))
def test_as_astimezone_says(zone: str, column_zone: str, found: list[datetime]) -> None:
    local = LocalTimes(ZoneInfo(column_zone), ZoneInfo(zone))
    # Twice, since the second time the hour is known.
    for moment in found * 2:
        assert local(str(moment)) == expected(moment, column_zone, zone)


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York"])
def test_every_minute_of_days_with_changes(zone: str) -> None:
    for day in EVENTFUL_DAYS:
        local = LocalTimes(ZoneInfo("Europe/Berlin"), ZoneInfo(zone))
        for minute in range(-24 * 60, 26 * 60):
            moment = datetime.fromisoformat(day) + timedelta(minutes=minute, seconds=59)
            assert local(str(moment)) == expected(moment, "Europe/Berlin", zone)


@pytest.mark.parametrize("text", [None, "0000-00-00 00:00:00", "2026-02-30 12:00:00"])
def test_a_text_that_is_no_time_is_none(text: str | None) -> None:
    assert LocalTimes(ZoneInfo("UTC"), ZoneInfo("UTC"))(text) is None


def test_few_hours_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "MOST_HOURS", 3)
    local = LocalTimes(ZoneInfo("UTC"), ZoneInfo("Asia/Taipei"))
    for hour in range(24):
        local(f"2026-11-24 {hour:02}:00:00")
    assert len(local.hours) <= 3
