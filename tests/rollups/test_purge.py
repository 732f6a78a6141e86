"""Old calls go, their sums stay, and reports say what they still know."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stats.models import APIUsageStats, FoldedChunk, FoldState
from stats.query import answer, engine
from stats.query.failures import failure_groups
from stats.query.latency import percentiles_in_all_and_by_endpoint
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.statistics import range_of
from stats.rollups import purging, rebuilding, state, verifying
from stats.rollups.folding import fold
from stats.rollups.purging import NotPurgedError, purge
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.rollups.folded import fold_all, ids, tables

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

# Later than all rows, and not so much that verifying all days until then takes long.
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
BEFORE = date(2026, 2, 15)
QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "total": lambda selection: {(): engine.total(selection)},
    "user": engine.by_user,
    "endpoint": engine.by_endpoint,
    "job": engine.by_job,
    "day": engine.by_day,
}


def rows() -> list[dict[str, Any]]:
    """Three calls a day, on every other day from January to March, and two without a time."""
    days = [datetime(2026, 1, 1) + timedelta(days=2 * n) for n in range(45)]
    dated = [
        row(
            created_at=day + timedelta(hours=hour),
            user_id=1 + hour % 3,
            job_id=[1, 2, None][(day.day + hour) % 3],
            success=hour != 23,
            error_message="timed out" if hour == 23 else None,
            response_time_ms=hour * 100,
        )
        for day in days
        for hour in (0, 12, 23)
    ]
    return [*dated, row(created_at=None), row(created_at=None, success=False)]


@pytest.fixture(autouse=True)
def folded() -> None:
    write(*rows())
    fold_all(most_calls=20, now=NOW)
    # An hour later nothing is recounted any more.
    fold(LATER)


def answers(selection: Selection) -> Any:
    sums = {
        by: {key: asdict(found) for key, found in ask(selection).items()}
        for by, ask in QUESTIONS.items()
    }
    return sums, percentiles_in_all_and_by_endpoint(selection)


def during(start: str | None, end: str | None) -> Selection:
    return Selection(range_of(start, end))


def calls_by_day() -> set[date]:
    times = APIUsageStats.objects.values_list("created_at", flat=True)
    return {time.astimezone(ZoneInfo("UTC")).date() for time in times if time}


# ── what goes, what stays ───────────────────────────────────────────────────────────────────────


def test_calls_of_earlier_days_go_and_all_others_stay() -> None:
    before = len(ids())
    purged = purge(BEFORE, LATER)
    assert purged == sum(
        1 for each in rows() if each["created_at"] and each["created_at"].date() < BEFORE
    )
    assert len(ids()) == before - purged
    assert min(calls_by_day()) >= BEFORE
    assert APIUsageStats.objects.filter(created_at__isnull=True).count() == 2


def test_the_books_remember() -> None:
    newest = max(APIUsageStats.objects.filter(created_at__lt="2026-02-15 00:00Z").values_list("pk"))
    purge(BEFORE, LATER)
    rollups = read_rollup_state()
    assert rollups.purged_before == BEFORE
    assert rollups.are_usable
    assert FoldState.objects.get().purged_to == newest[0]


@pytest.mark.parametrize(
    "bounds",
    [
        (None, None),
        ("2026-01-01", "2026-12-31"),
        ("2026-01-10", "2026-02-20"),
        (None, "2026-01-20"),
        ("2026-02-15T07:30:00", None),
        ("2026-02-01", "2026-02-28T22:59:59"),
    ],
)
def test_every_total_is_kept(bounds: tuple[str | None, str | None]) -> None:
    before = answers(during(*bounds))
    failures = failure_groups(during(*bounds))
    sums = tables()
    purge(BEFORE, LATER)
    assert answers(during(*bounds)) == before
    assert failure_groups(during(*bounds)) == failures
    assert tables() == sums


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (("2026-01-11T12:30:00", "2026-01-21T00:00:00"), ("2026-01-11", "2026-01-21")),
        (("2026-01-11T05:00:00", "2026-01-11T06:00:00"), ("2026-01-11", "2026-01-11")),
        (("2026-02-12T12:30:00", "2026-03-02T12:00:00"), ("2026-02-12", "2026-03-02T12:00:00")),
    ],
)
def test_where_calls_are_gone_ranges_mean_whole_days(
    cut: tuple[str, str], whole: tuple[str, str]
) -> None:
    expected = answers(during(*whole))
    assert answers(during(*cut)) != expected
    purge(BEFORE, LATER)
    assert answers(during(*cut)) == expected


def test_a_purge_under_the_hands_of_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is read before it, the statement comes after it."""
    cut = during("2026-01-11T12:30:00", "2026-02-20T12:00:00")
    expected = engine.total(during("2026-01-11", "2026-02-20T12:00:00"))
    stale = read_rollup_state()
    opened = iter([stale])

    def current_rollup_state() -> state.RollupState:
        rollups = next(opened, None)
        if rollups is None:
            return read_rollup_state()
        purge(BEFORE, LATER)
        return rollups

    monkeypatch.setattr(answer, "current_rollup_state", current_rollup_state)
    assert engine.total(cut) == expected


def test_with_all_calls_gone_the_sums_still_stand() -> None:
    before = answers(during("2026-01-01", "2026-12-31"))
    purge(date(2026, 12, 31), LATER)
    assert len(ids()) == 2
    assert answers(during("2026-01-01", "2026-12-31")) == before
    assert verifying.verify(LATER) == []


def test_the_newest_calls_gone_are_no_restored_table() -> None:
    APIUsageStats.objects.filter(created_at__isnull=True)._raw_delete("default")
    rebuilding.rebuild_everything()
    fold_all(now=NOW)
    fold(LATER)
    purge(date(2026, 12, 31), LATER)
    assert not ids()
    assert read_rollup_state().are_usable
    assert engine.total(Selection()).calls == len(rows()) - 2


def test_local_days_are_purged(settings: Any) -> None:
    """Midnight in Taipei is 16:00 of the day before in the column."""
    settings.TIME_ZONE = "Asia/Taipei"
    rebuilding.rebuild_everything()
    fold_all(now=NOW)
    fold(LATER)
    before = answers(during("2026-01-01", "2026-12-31"))
    purge(BEFORE, LATER)
    first = APIUsageStats.objects.exclude(created_at=None).earliest("created_at").created_at
    assert first is not None
    assert first.isoformat() == "2026-02-14T23:00:00+00:00"
    assert answers(during("2026-01-01", "2026-12-31")) == before


def test_new_calls_of_purged_days_are_added() -> None:
    purge(BEFORE, LATER)
    before = engine.total(during("2026-01-03", "2026-01-03")).calls
    write(row(created_at=datetime(2026, 1, 3, 5)))
    assert engine.total(during("2026-01-03", "2026-01-03")).calls == before + 1
    fold_all(now=LATER)
    assert engine.total(during("2026-01-03", "2026-01-03")).calls == before + 1
    assert verifying.verify(LATER) == []


def test_what_is_not_folded_stays() -> None:
    write(row(created_at=datetime(2026, 1, 3, 5)))
    before = answers(during(None, None))
    purge(BEFORE, LATER)
    assert [day for day in calls_by_day() if day < BEFORE] == [date(2026, 1, 3)]
    assert answers(during(None, None)) == before


def test_what_is_still_recounted_stays() -> None:
    write(row(created_at=datetime(2026, 1, 3, 5)))
    fold_all(now=LATER)
    assert FoldedChunk.objects.count() == 1
    before = answers(during(None, None))
    purge(BEFORE, LATER)
    assert [day for day in calls_by_day() if day < BEFORE] == [date(2026, 1, 3)]
    assert answers(during(None, None)) == before
    # It goes when its chunk is no longer recounted.
    fold(LATER + timedelta(hours=2))
    assert purge(BEFORE, LATER) == 1
    assert answers(during(None, None)) == before


# ── again, and interrupted ──────────────────────────────────────────────────────────────────────


def test_purging_farther() -> None:
    before = answers(during(None, None))
    purge(date(2026, 1, 15), LATER)
    purge(BEFORE, LATER)
    assert read_rollup_state().purged_before == BEFORE
    assert answers(during(None, None)) == before


def test_purging_less_far_changes_nothing() -> None:
    purge(BEFORE, LATER)
    assert purge(date(2026, 1, 15), LATER) == 0
    assert read_rollup_state().purged_before == BEFORE


def test_interrupted_it_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 4)
    before = answers(during(None, None))

    def stop(_removed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge(BEFORE, LATER, stop)
    assert len(ids()) == len(rows()) - 4
    assert answers(during(None, None)) == before
    heard: list[int] = []
    purge(BEFORE, LATER, heard.append)
    assert min(calls_by_day()) >= BEFORE
    assert max(heard) <= 4
    assert answers(during(None, None)) == before
    assert verifying.verify(LATER) == []


def test_calls_are_removed_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 10)
    heard: list[int] = []
    purged = purge(BEFORE, LATER, heard.append)
    assert sum(heard) == purged
    assert max(heard) == 10


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


class TestRefused:
    def refused(self, before: date, says: str, now: datetime = LATER) -> None:
        with pytest.raises(NotPurgedError, match=says):
            purge(before, now)
        assert len(ids()) == len(rows())
        assert read_rollup_state().purged_before is None

    def test_days_that_are_not_over(self, settings: Any) -> None:
        self.refused(LATER.date() + timedelta(days=1), "future")
        # In Taipei it is already tomorrow.
        settings.TIME_ZONE = "Asia/Taipei"
        rebuilding.rebuild_everything()
        fold_all(now=NOW)
        fold(LATER)
        assert purge(LATER.date() + timedelta(days=1), LATER.replace(hour=16)) > 0

    def test_today_itself_is_not_purged(self) -> None:
        write(row(created_at=LATER.replace(tzinfo=None)))
        fold_all(now=LATER)
        fold(LATER + timedelta(hours=2))
        purge(LATER.date(), LATER)
        assert calls_by_day() == {LATER.date()}

    def test_days_that_differ(self) -> None:
        APIUsageStats.objects.filter(pk=ids()[0]).update(cost=99)
        self.refused(BEFORE, "2026-01-01")

    def test_days_that_differ_later_are_no_hindrance(self) -> None:
        APIUsageStats.objects.filter(created_at__gte="2026-03-01 00:00Z").update(cost=99)
        assert purge(BEFORE, LATER) > 0

    def test_sums_of_other_zones(self, settings: Any) -> None:
        settings.TIME_ZONE = "Asia/Taipei"
        self.refused(BEFORE, "rebuild_usage")

    def test_a_missing_call(self) -> None:
        missing = ids()[0]
        APIUsageStats.objects.filter(pk=missing)._raw_delete("default")
        with pytest.raises(NotPurgedError):
            purge(BEFORE, LATER)
        assert len(ids()) == len(rows()) - 1

    def test_while_another_process_writes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state, "lock_state", lambda: None)
        with pytest.raises(rebuilding.RollupsBusyError):
            purge(BEFORE, LATER)
        assert len(ids()) == len(rows())

    def test_rebuilding_purged_days(self) -> None:
        purge(BEFORE, LATER)
        sums = tables()
        with pytest.raises(rebuilding.DetailsPurgedError):
            rebuilding.rebuild(date(2026, 2, 14), date(2026, 2, 20))
        rebuilding.rebuild(BEFORE, date(2026, 3, 31))
        assert tables() == sums


def test_nothing_there_nothing_purged() -> None:
    APIUsageStats.objects.all()._raw_delete("default")
    rebuilding.rebuild_everything()
    assert purge(BEFORE, LATER) == 0


def test_verification_compares_nothing_before_it() -> None:
    purge(BEFORE, LATER)
    assert verifying.verify(LATER) == []
    # The first day from then on that has calls.
    assert verifying.spans()[1][0] == date(2026, 2, 16)
    APIUsageStats.objects.filter(created_at__gte="2026-03-01 00:00Z").update(cost=99)
    assert min(verifying.verify(LATER)) == date(2026, 3, 2)
