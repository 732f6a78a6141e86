"""A `created_at` of type TIMESTAMP: a moment, told in the zone of whichever session asks."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.processes import python

pytestmark = pytest.mark.database("server")

CALLS = "dt_api_usage_stats"
AS_TIMESTAMP = {
    "NULL": f"ALTER TABLE {CALLS} MODIFY created_at TIMESTAMP NULL",
    "NOT NULL": f"ALTER TABLE {CALLS} MODIFY created_at TIMESTAMP NOT NULL "
    "DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
}
# Where people read; its clock goes back at 06:00 UTC on 3 November 2024, on at 07:00 on 10 March.
READING = {**ADOPTED, "TIME_ZONE": "America/New_York"}
# What the translator in Berlin writes: the offset of its session, the time on its clock, the moment
# and the day in New York.
WRITTEN = [
    ("+01:00", "2024-03-10 07:59:59", "2024-03-10T06:59:59", "2024-03-10"),
    ("+01:00", "2024-03-10 08:00:00", "2024-03-10T07:00:00", "2024-03-10"),
    ("+01:00", "2024-03-31 01:59:59", "2024-03-31T00:59:59", "2024-03-30"),
    ("+02:00", "2024-03-31 03:00:00", "2024-03-31T01:00:00", "2024-03-30"),
    ("+02:00", "2024-10-27 02:30:00", "2024-10-27T00:30:00", "2024-10-26"),
    ("+01:00", "2024-10-27 02:30:00", "2024-10-27T01:30:00", "2024-10-26"),
    ("+01:00", "2024-11-03 06:30:00", "2024-11-03T05:30:00", "2024-11-03"),
    ("+01:00", "2024-11-03 07:30:00", "2024-11-03T06:30:00", "2024-11-03"),
    ("+01:00", "2024-11-04 05:59:59", "2024-11-04T04:59:59", "2024-11-03"),
    ("+01:00", "2024-11-04 06:00:00", "2024-11-04T05:00:00", "2024-11-04"),
]
# Posted here: twice half past one in New York, and the hour that Berlin has twice.
POSTED = {
    "2024-11-03T01:30:00-04:00": "2024-11-03T05:30:00",
    "2024-11-03T01:30:00-05:00": "2024-11-03T06:30:00",
    "2024-10-27T02:30:00+02:00": "2024-10-27T00:30:00",
    "2024-10-27T02:30:00+01:00": "2024-10-27T01:30:00",
}


@pytest.fixture(params=AS_TIMESTAMP.values(), ids=list(AS_TIMESTAMP))
def live(request: pytest.FixtureRequest, live_database: Callable[..., Live]) -> Iterator[Live]:
    """On a server whose own sessions are far away from both."""
    live = live_database(f"DELETE FROM {CALLS}", request.param)
    live.execute("SET GLOBAL time_zone = '+08:00'")
    yield live
    live.execute("SET GLOBAL time_zone = 'SYSTEM'")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def stored(live: Live) -> list[str]:
    """The moments, whatever the session's zone."""
    rows = live.execute(f"SELECT UNIX_TIMESTAMP(created_at) FROM {CALLS} WHERE user_id = 2 "
                        "AND api_endpoint = '/berlin' ORDER BY id")  # fmt: skip
    return [f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}" for (seconds,) in rows]


def days(text: str) -> dict[str, int]:
    return {day["date"]: day["total_calls"] for day in json.loads(text) if day["total_calls"]}


def test_what_the_translator_wrote_is_read_right(live: Live) -> None:
    for offset, clock, _moment, _day in WRITTEN:
        live.execute_leniently(
            f"SET time_zone = '{offset}'",
            f"INSERT INTO {CALLS} (user_id, api_endpoint, success, created_at) "
            f"VALUES (2, '/berlin', 1, '{clock}')",
        )
    moments = [each for _offset, _clock, each, _day in WRITTEN]
    assert stored(live) == moments
    live.adopt(**READING)
    question = "start_date=2024-03-01&end_date=2024-12-31"
    asked: Any = (
        ("GET", "/api/v1/calls/?api_endpoint=/berlin"),
        ("GET", f"/api/v1/statistics/daily/?{question}"),
    )
    per_day: dict[str, int] = {}
    for *_written, day in WRITTEN:
        per_day[day] = per_day.get(day, 0) + 1
    # From the calls, then from the rollups.
    for _time in range(2):
        (_ok, listed), (_fine, daily) = live.ask(*asked, **READING)
        found = [moment(call["created_at"]) for call in json.loads(listed)["results"]]
        assert sorted(found) == sorted(map(datetime.fromisoformat, moments))
        assert days(daily) == per_day
        assert live.manage("fold_usage", **READING).returncode == 0
    done = live.manage("verify_usage", **READING)
    assert done.returncode == 0, done.stdout


def test_what_is_posted_is_written_right(live: Live) -> None:
    live.adopt(**READING)
    call = {"user_id": 2, "api_endpoint": "/berlin"}
    answers = live.ask(
        *(("POST", "/api/v1/calls/", {**call, "created_at": text}) for text in POSTED), **READING
    )
    assert [status for status, _text in answers] == [201] * len(POSTED)
    told = [moment(json.loads(text)["created_at"]).isoformat() for _status, text in answers]
    assert told == stored(live) == list(POSTED.values())


def test_it_is_adopted_as_it_is(live: Live) -> None:
    looked = live.manage("adopt_database", **READING)
    assert looked.returncode == 0, looked.stdout
    assert "differs  dt_api_usage_stats.created_at: timestamp where datetime" in looked.stdout
    assert "ALTER TABLE" not in looked.stdout


def test_another_zone_is_refused_with_what_to_do(live: Live) -> None:
    wrong = {**READING, "DATABASE_TIME_ZONE": "Europe/Berlin"}
    looked = live.manage("adopt_database", **wrong)
    assert looked.returncode == 1
    assert "blocks   DATABASE_TIME_ZONE: dt_api_usage_stats.created_at is a TIMESTAMP" in (
        looked.stdout
    )
    assert "→ Set DATABASE_TIME_ZONE=UTC" in looked.stdout
    before = live.tables()
    done = live.manage("migrate", "-v0", **wrong)
    assert done.returncode == 1
    assert "(stats.E003)" in done.stderr
    assert live.tables() == before
    command = ("-m", "gunicorn", "-c", "usage_project/gunicorn.py", "--bind=127.0.0.1:0")
    started = python(*command, DATABASE_URL=live.url, **wrong)
    assert started.returncode == 1
    assert "Usage Ledger does not start: dt_api_usage_stats.created_at is a TIME" in started.stderr


def test_the_zone_of_now_is_that_of_the_server(live_database: Callable[..., Live]) -> None:
    """Of a DATETIME that the server's own sessions write."""
    live = live_database()
    live.execute("SET GLOBAL time_zone = '+08:00'")
    try:
        said = live.manage("adopt_database", **ADOPTED).stdout
        assert "The server's own NOW() is UTC+08:00" in said
        live.execute(f"INSERT INTO {CALLS} (user_id, api_endpoint, created_at) "
                     "VALUES (1, '/info', NOW())")  # fmt: skip
        assert "UTC+08:00 as the newest call has it" in live.manage("adopt_database").stdout
    finally:
        live.execute("SET GLOBAL time_zone = 'SYSTEM'")
