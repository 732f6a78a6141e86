"""The zone of the other application's NOW(), guessed from a call that was just written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from stats.adoption.facts import CALLS, Facts
from stats.adoption.findings import Finding, blocks, differs, fits
from stats.ops.checks import READ_IN_UTC, SET_UTC

SUBJECT = "time zone of NOW()"
# How recent the last write to the table and the newest call must be.
FRESH = timedelta(minutes=5)
# Offsets from UTC are multiples of a quarter of an hour. Clocks may differ by TOLERANCE.
STEP = timedelta(minutes=15)
TOLERANCE = timedelta(minutes=1)
WEST, EAST = timedelta(hours=-12), timedelta(hours=14)


def judge_zone(facts: Facts, zone_name: str) -> Iterator[Finding]:
    """Blocks a TIMESTAMP unless `zone_name`, DATABASE_TIME_ZONE, is UTC."""
    table = facts.tables.get(CALLS)
    column = table and table.column("created_at")
    if column and column.data_type == "timestamp" and zone_name != "UTC":
        yield blocks("DATABASE_TIME_ZONE", READ_IN_UTC, SET_UTC)


def judge_clock(facts: Facts, zone: tzinfo, zone_name: str) -> Finding:
    """Compares the newest call with `zone`, DATABASE_TIME_ZONE."""
    offset = guess_offset(facts)
    expected = facts.server.utc_now.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    if offset is None:
        return differs(
            SUBJECT,
            "Unknown: no call was written in the last minutes. The server's own NOW() is "
            f"{_name(facts.server.offset)}, which a session may have set otherwise.",
            f"Look again when calls come in; DATABASE_TIME_ZONE is {zone_name}.",
        )
    if offset == expected:
        return fits(SUBJECT, f"{_name(offset)} as the newest call has it, like {zone_name}")
    return differs(
        SUBJECT,
        f"{_name(offset)} as the newest call has it; DATABASE_TIME_ZONE={zone_name} is another.",
        f"Set DATABASE_TIME_ZONE to a zone that is {_name(offset)} now, or every day is wrong.",
    )


def guess_offset(facts: Facts) -> timedelta | None:
    """The offset from UTC of the newest call's time; None if the call is not recent."""
    table = facts.tables.get(CALLS)
    if table is None or table.idle_seconds is None or facts.newest is None:
        return None
    if timedelta(seconds=table.idle_seconds) > FRESH:
        return None
    return _offset(facts.newest, facts.server.utc_now)


def _offset(newest: datetime, utc_now: datetime) -> timedelta | None:
    ahead = newest - utc_now
    offset = -((TOLERANCE - ahead) // STEP) * STEP
    age = offset - ahead
    return offset if WEST <= offset <= EAST and age <= FRESH else None


def _name(offset: timedelta) -> str:
    sign = "-" if offset < timedelta(0) else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"
