"""A call at an end of the calendar: work grows with the calls, not with the time between them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from stats.models import DayEndpoint
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import rebuilding, verifying
from stats.rollups.local_days import first_and_last_time, offsets_between
from stats.rollups.purging import purge
from tests.ledger import in_zones, row, write
from tests.oracle import Zones
from tests.rollups.folded import NOW, expected_tables, fold_all, tables, write_with_ids
from tests.rollups.statements import counted_statements

pytestmark = pytest.mark.django_db(transaction=True)

NEAR = [datetime(2026, 3, 1), datetime(2026, 3, 10), datetime(2026, 3, 20)]
FAR = [datetime(1001, 1, 1), datetime(2026, 3, 10), datetime(9999, 12, 31, 23, 59, 59)]
WORK: dict[str, Callable[[], Any]] = {
    "fold": fold_all,
    "verify": lambda: verifying.verify(NOW),
    "rebuild": lambda: rebuilding.rebuild(date(1001, 1, 1), date.max),
    "repair": lambda: verifying.repair(verifying.verify(NOW), NOW),
    "purge": lambda: purge(date(2026, 3, 21), NOW.replace(year=2031)),
}


def statements_of(work: Callable[[], Any], times: list[datetime]) -> int:
    write(*(row(created_at=time, success=False) for time in times))
    if work is not fold_all:
        fold_all()
    with counted_statements() as counted:
        work()
    return len(counted)


@pytest.mark.parametrize("name", WORK)
def test_days_without_calls_cost_nothing(name: str) -> None:
    near = statements_of(WORK[name], NEAR)
    rebuilding.rebuild_everything() if name != "purge" else None
    far = statements_of(WORK[name], FAR)
    assert far < 3 * near + 100


def test_a_zone_with_daylight_saving_has_as_many_offsets_as_years_have_calls() -> None:
    write(*(row(created_at=time) for time in FAR))
    with in_zones(Zones("Europe/Berlin")):
        assert len(offsets_between(*first_and_last_time())) < 10


@pytest.mark.parametrize(
    "zones", [Zones(), Zones("Europe/Berlin"), Zones("America/New_York", "Asia/Taipei")]
)
def test_calls_at_the_ends_of_the_calendar_have_days_as_others_have(zones: Zones) -> None:
    with in_zones(zones):
        rows = write_with_ids([row(created_at=time) for time in FAR])
        fold_all()
        found = tables()
        assert engine.total(Selection()).calls == 3
        assert verifying.verify(NOW) == []
        rebuilding.rebuild(date(1000, 12, 31), date.max)
        assert tables() == found
        assert {name: len(table) for name, table in found.items()} == {
            name: len(table) for name, table in expected_tables(rows, Zones()).items()
        }


def test_a_day_that_has_sums_and_no_calls_any_more_is_found() -> None:
    write(*(row(created_at=time) for time in FAR))
    fold_all()
    DayEndpoint.objects.filter(day="2026-03-10").update(day="1500-06-01")
    assert verifying.verify(NOW) == [date(1500, 6, 1), date(2026, 3, 10)]
    verifying.repair([date(1500, 6, 1), date(2026, 3, 10)], NOW)
    assert verifying.verify(NOW) == []
