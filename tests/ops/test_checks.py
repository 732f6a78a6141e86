"""Traps of a deployment are told when it starts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stats.ops.checks import changes_offset
from tests.processes import manage

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("UTC", False),
        ("Asia/Taipei", False),
        ("Asia/Kolkata", False),
        ("Europe/Berlin", True),
        ("America/New_York", True),
        ("Australia/Lord_Howe", True),
    ],
)
def test_a_zone_with_daylight_saving_is_known(zone: str, changes: bool) -> None:
    assert changes_offset(ZoneInfo(zone), NOW) == changes


@pytest.mark.database("sqlite")
def test_the_check_warns_and_says_what_to_do() -> None:
    done = manage("check", DATABASE_TIME_ZONE="Europe/Berlin")
    assert done.returncode == 0
    assert "stats.W001" in done.stderr
    assert "Europe/Berlin has daylight saving" in done.stderr
    assert "HINT" in done.stderr
    assert manage("check", DATABASE_TIME_ZONE="Asia/Taipei").stderr == ""
