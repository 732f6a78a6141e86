"""Sums made anew: the same as those that grew, for some days or from the beginning."""

from datetime import date, datetime
from typing import Any

import pytest

from stats.models import UNDATED, APIUsageStats, DayUser, FoldedChunk, FoldState, MonthUser
from stats.query import engine
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups import chunk, state, verifying
from stats.rollups.rebuilding import (
    DetailsPurgedError,
    RollupsBusyError,
    rebuild,
    rebuild_everything,
)
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.oracle import Zones
from tests.rollups.folded import NOW, expected_tables, fold_all, ids, tables

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

FIRST, LAST = date(2026, 1, 30), date(2026, 3, 2)


def rows() -> list[dict[str, Any]]:
    """Around two ends of a month, and one without a time."""
    days = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-02"]
    dated = [
        row(created_at=datetime.fromisoformat(f"{day} {hour}"), user_id=user, success=hour < "20")
        for day in days
        for hour in ("00:00:00", "12:30:00", "23:59:59")
        for user in (1, 2)
    ]
    return [*dated, row(created_at=None)]


@pytest.fixture
def folded() -> Any:
    write(*rows())
    fold_all(most_calls=7)
    return tables()


def spoil() -> None:
    """Sums of all days and months that are wrong."""
    for model in (DayUser, MonthUser):
        model._default_manager.update(calls=99, cost_units=1)


def test_rebuilt_days_are_those_that_were_folded(folded: Any) -> None:
    spoil()
    rebuild(FIRST, LAST)
    rebuild(UNDATED, UNDATED)
    assert tables() == folded


def test_a_rebuild_touches_no_other_day(folded: Any) -> None:
    spoil()
    rebuild(date(2026, 2, 1), date(2026, 2, 27))
    wrong = {day for day, calls in DayUser.objects.values_list("day", "calls") if calls == 99}
    assert wrong == {
        UNDATED,
        *map(date.fromisoformat, ["2026-01-30", "2026-01-31", "2026-02-28"]),
        *map(date.fromisoformat, ["2026-03-01", "2026-03-02"]),
    }


def test_a_month_is_made_of_its_days_again(folded: Any) -> None:
    MonthUser.objects.update(calls=99)
    rebuild(date(2026, 2, 10), date(2026, 2, 10))
    calls = dict(MonthUser.objects.filter(user_id=1).values_list("month", "calls"))
    assert calls == {date(2026, 1, 1): 99, date(2026, 2, 1): 6, date(2026, 3, 1): 99, UNDATED: 99}


def test_newer_calls_are_left_to_the_fold(folded: Any) -> None:
    write(row(created_at=datetime(2026, 2, 1, 12)))
    rebuild(FIRST, LAST)
    assert tables() == folded
    assert engine.total(Selection()).calls == len(rows()) + 1


def test_days_that_became_empty_vanish(folded: Any) -> None:
    day = Selection(range_of("2026-02-01", "2026-02-01"))
    day.narrow(APIUsageStats.objects.all())._raw_delete("default")
    rebuild(date(2026, 2, 1), date(2026, 2, 1))
    assert not DayUser.objects.filter(day=date(2026, 2, 1)).exists()
    assert verifying.verify(NOW) == []


def test_progress_hears_of_each_day(folded: Any) -> None:
    heard: list[int] = []
    rebuild(FIRST, LAST, heard.append)
    assert heard == [2, 28, 2]


def test_nothing_to_rebuild() -> None:
    rebuild(FIRST, LAST)
    rebuild(LAST, FIRST)
    assert not any(tables().values())


def test_everything_is_forgotten_and_folded_anew(folded: Any) -> None:
    rebuild_everything()
    assert not any(tables().values())
    assert not FoldedChunk.objects.exists()
    assert not read_rollup_state().have_begun
    assert engine.total(Selection()).calls == len(rows())
    fold_all()
    assert tables() == folded


@pytest.mark.parametrize(
    "zones", [Zones("Asia/Kolkata", "UTC"), Zones("America/New_York", "Asia/Taipei")]
)
def test_other_zones_make_other_days(folded: Any, settings: Any, zones: Zones) -> None:
    settings.TIME_ZONE = zones.reading
    rebuild_everything()
    fold_all()
    numbered = [{**each, "id": id} for each, id in zip(rows(), ids(), strict=True)]
    assert tables() == expected_tables(numbered, Zones(zones.reading, "UTC"))
    assert tables() != folded


class TestAfterAPurge:
    @pytest.fixture(autouse=True)
    def purged(self, folded: Any) -> None:
        FoldState.objects.update(purged_before=date(2026, 2, 1))

    def test_days_before_it_are_not_rebuilt(self, folded: Any) -> None:
        for first in (FIRST, date(2026, 1, 31)):
            with pytest.raises(DetailsPurgedError):
                rebuild(first, LAST)
        with pytest.raises(DetailsPurgedError):
            rebuild_everything()
        assert tables() == folded

    def test_later_days_are(self, folded: Any) -> None:
        spoil()
        rebuild(date(2026, 2, 1), LAST)
        assert set(DayUser.objects.filter(calls=99).values_list("day", flat=True)) == {
            FIRST,
            date(2026, 1, 31),
            UNDATED,
        }

    def test_and_so_are_calls_without_a_time(self, folded: Any) -> None:
        spoil()
        rebuild(UNDATED, UNDATED)
        assert not DayUser.objects.filter(day=UNDATED, calls=99).exists()


class TestInTheWay:
    def test_another_writer(self, folded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state, "lock_state", lambda: None)
        with pytest.raises(RollupsBusyError):
            rebuild(FIRST, LAST)
        with pytest.raises(RollupsBusyError):
            rebuild_everything()
        assert tables() == folded

    def test_calls_that_change_meanwhile(
        self, folded: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def changed(*_arguments: Any) -> None:
            raise chunk.ChangedMeanwhileError

        monkeypatch.setattr(chunk, "aggregate", changed)
        with pytest.raises(RollupsBusyError):
            rebuild(FIRST, LAST)
        assert tables() == folded
