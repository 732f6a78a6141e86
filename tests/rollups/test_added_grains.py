"""A rollup that is added to a ledger in use: read when it is filled, and never before."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from stats.models import APIUsageStats, DayJob, DayUser, FoldState
from stats.query import engine
from stats.query.engine import TooManyCallsError
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.statistics import range_of
from stats.rollups import chunk, filling, grains, rebuilding, state, verifying
from stats.rollups.filling import fill_month
from stats.rollups.folding import fold
from stats.rollups.grains import DAY_JOB
from stats.rollups.purging import NotPurgedError, purge
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.oracle import Rows, Zones
from tests.rollups.added import (
    ADDED,
    MONTH_ENDPOINT,
    NEW_GRAINS,
    OLD_GRAINS,
    MonthEndpoint,
    migrated,
    version,
)
from tests.rollups.folded import NOW, expected_tables, fold_all, tables, write_with_ids
from tests.rollups.statements import answer_and_statement

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

LATER = NOW + timedelta(hours=2)
PURGED = date(2026, 2, 15)
ALL = Selection()


def rows(calls: int = 60, start: int = 0) -> list[Any]:
    """Over four months, of two jobs and of none, of three endpoints; some without a time."""
    return [
        row(
            created_at=None if n % 19 == 7 else datetime(2026, 1, 3, 5) + timedelta(hours=47 * n),
            job_id=[1, 2, None][n % 3],
            user_id=1 + n % 2,
            api_endpoint=["/a", "/b", "/c", "/a"][n % 4],
            success=n % 5 != 0,
            prompt_price_unit=["USD", "EUR"][n % 7 % 2],
            cost=f"0.{n + 1:04}",
            total_tokens=n,
        )
        for n in range(start, start + calls)
    ]


@pytest.fixture(autouse=True)
def next_version(transactional_db: None) -> Iterator[None]:
    """The migration has run; the code is that of the old version until a test says otherwise."""
    with migrated(), version(OLD_GRAINS):
        yield


@pytest.fixture
def added(next_version: None) -> Iterator[Rows]:
    """The new version meets a ledger that is folded."""
    written = write_with_ids(rows())
    fold_all()
    with version(NEW_GRAINS):
        yield written


def fill_all() -> int:
    """How many steps it took."""
    steps = 0
    while fill_month():
        steps += 1
    return steps


def jobs(selection: Selection = ALL) -> dict[int | None, Sums]:
    return engine.by_job(selection)


def from_the_calls(selection: Selection = ALL) -> dict[int | None, Sums]:
    with version(OLD_GRAINS):
        return engine.by_job(selection)


def tables_read(selection: Selection, by: Any = engine.by_job) -> set[str]:
    _answer, statement = answer_and_statement(by, selection)
    return set(re.findall(r"stats_(?:hour|day|month)\w+", statement))


def are_as_expected(written: Rows) -> bool:
    return tables() == expected_tables(written, Zones("UTC", "UTC"))


def said(name: str, *args: str) -> str:
    out = StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue().strip()


class TestBehind:
    def test_it_is_not_believed(self, added: Rows) -> None:
        assert not DayJob._default_manager.exists()
        assert jobs() == from_the_calls()
        assert {job: sums.calls for job, sums in jobs().items()} == {1: 20, 2: 20, None: 20}
        assert not tables_read(ALL)
        assert tables_read(ALL, engine.by_endpoint) == {"stats_dayendpoint"}

    def test_a_finer_one_is_read_instead(self, added: Rows) -> None:
        """Whatever may be behind: days of users are asked of what these are summed up from."""
        of_users = frozenset(OLD_GRAINS) - {grains.DAY_USER, grains.MONTH_USER}
        before = engine.by_user(ALL)
        DayUser.objects.all().delete()
        with pytest.MonkeyPatch.context() as patch:
            for module in ("grains", "fills"):
                patch.setattr(f"stats.rollups.{module}.FIRST_GRAINS", of_users)
            assert read_rollup_state().behind == (
                DAY_JOB,
                grains.DAY_USER,
                grains.MONTH_USER,
                MONTH_ENDPOINT,
            )
            assert engine.by_user(ALL) == before
            read = {"stats_dayuseroutcome", "stats_monthuseroutcome"}
            dated = Selection(range_of("2026-01-10", "2026-04-09"))
            assert tables_read(dated, engine.by_user) == read

    def test_the_bound_holds(self, added: Rows, settings: Any) -> None:
        settings.MOST_CALLS_READ = 3
        with pytest.raises(TooManyCallsError):
            jobs()
        fill_all()
        assert sum(sums.calls for sums in jobs().values()) == len(added)

    def test_no_call_is_purged(self, added: Rows) -> None:
        fold(LATER)
        with pytest.raises(NotPurgedError, match=r"stats_dayjob, stats_monthendpoint .*fold_usage"):
            purge(PURGED, LATER)
        assert APIUsageStats.objects.count() == len(added)


class TestFilled:
    def test_from_the_calls_and_from_a_finer_one(self, added: Rows) -> None:
        expected = from_the_calls()
        assert read_rollup_state().behind == ADDED
        fill_all()
        assert read_rollup_state().behind == ()
        assert are_as_expected(added)
        assert jobs() == expected
        assert tables_read(ALL) == {"stats_dayjob"}
        dated = Selection(range_of("2026-01-10", "2026-04-09"), endpoint="/a")
        assert tables_read(dated, engine.total) == {"stats_dayendpoint", "stats_monthendpoint"}

    @pytest.mark.parametrize("filters", [{"job_id": 1}, {"currency": "EUR"}, {}])
    @pytest.mark.parametrize("bounds", [(None, None), ("2026-01-10T07:30:01", "2026-03-20")])
    def test_answers_are_those_of_the_calls(
        self, added: Rows, filters: Any, bounds: tuple[str | None, str | None]
    ) -> None:
        selection = Selection(range_of(*bounds), **filters)
        expected = from_the_calls(selection)
        fill_all()
        assert jobs(selection) == expected
        assert tables_read(selection) == {"stats_dayjob"}

    def test_by_the_command(self, added: Rows) -> None:
        filled = "Filled stats_dayjob.\nFilled stats_monthendpoint.\nFolded up to"
        assert filled in said("fold_usage")
        assert are_as_expected(added)
        assert said("fold_usage").startswith("Folded up to")

    def test_before_the_first_fold(self) -> None:
        with version(NEW_GRAINS):
            written = write_with_ids(rows())
            fold_all(most_calls=7)
            assert read_rollup_state().behind == ()
            assert are_as_expected(written)
            assert tables_read(ALL) == {"stats_dayjob"}

    def test_of_an_empty_ledger(self) -> None:
        with version(NEW_GRAINS):
            assert read_rollup_state().behind == ()
            assert fill_month() is None

    def test_beside_folds(self, added: Rows) -> None:
        """Calls of filled months, of those to come and of new ones, and one that comes late."""
        written, start = added, 60
        for _round in range(4):
            assert fill_month()
            new = write_with_ids(rows(9, start) + rows(9))
            written, start = [*written, *new], start + 9
            fold_all(most_calls=5)
            assert jobs() == from_the_calls()
            assert sum(sums.calls for sums in jobs().values()) == len(written)
        fill_all()
        assert are_as_expected(written)
        assert verifying.verify(NOW) == []

    def test_a_call_that_came_late(self, added: Rows) -> None:
        """Committed behind the fold, on a day that is filled already and on one that is not."""
        in_time = write(*({**each, "id": 1000 + 2 * n} for n, each in enumerate(rows(3))))
        fold_all()
        while (read_rollup_state().fill_of(DAY_JOB).before or date.min) < date(2026, 2, 1):
            fill_month()
        times = [datetime(2026, 1, 20), datetime(2026, 3, 20)]
        late = [{**row(created_at=at, job_id=2), "id": 1001 + 2 * n} for n, at in enumerate(times)]
        write(*late)
        fold_all()
        assert jobs() == from_the_calls()
        fill_all()
        assert are_as_expected([*added, *in_time, *late])


class TestInterrupted:
    @pytest.mark.parametrize("grain", ADDED)
    def test_killed_half_way_it_goes_on(
        self, added: Rows, grain: grains.Grain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of the month in hand nothing stays, and what was filled before is not made again."""
        place, name = (chunk, "add_sums") if grain is DAY_JOB else (rebuilding, "fill_from_finer")
        write_rows = getattr(place, name)

        def die_in_february(*given: Any) -> None:
            write_rows(*given)
            if any("2026-02" in str(key[0]) for key in tables()[grain.model.__name__]):
                raise KeyboardInterrupt

        while read_rollup_state().behind[0] is not grain:
            fill_month()
        monkeypatch.setattr(place, name, die_in_february)
        with pytest.raises(KeyboardInterrupt):
            fill_all()
        monkeypatch.undo()
        fill = read_rollup_state().fill_of(grain)
        assert (fill.before, fill.is_complete) == (date(2026, 2, 1), False)
        assert jobs() == from_the_calls()
        made = tables()[grain.model.__name__]
        assert {key[0].replace(day=1) for key in made} == {date(1000, 1, 1), date(2026, 1, 1)}
        # Changed since: months that are filled are not read again.
        APIUsageStats.objects.filter(created_at__lt="2026-02-01 00:00Z").update(job_id=None)
        fill_month()
        assert made.items() <= tables()[grain.model.__name__].items()
        fill_all()
        assert are_as_expected(added)

    def test_another_process_holds_the_sums(
        self, added: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(state, "lock_state", lambda: None)
        assert fill_month() is None
        assert not DayJob._default_manager.exists()
        assert "stats_dayjob is not filled yet: run fold_usage again." in said("fold_usage")

    def test_two_that_fill_at_once(self, added: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both saw that it is behind; the second comes when the first is through."""
        fill_next = filling._fill_next_month

        def first(grain: grains.Grain) -> None:
            monkeypatch.setattr(filling, "_fill_next_month", fill_next)
            fill_all()
            fill_next(grain)

        monkeypatch.setattr(filling, "_fill_next_month", first)
        fill_month()
        assert are_as_expected(added)

    def test_calls_that_change_meanwhile(
        self, added: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def changed(*_arguments: Any) -> None:
            raise chunk.ChangedMeanwhileError

        with monkeypatch.context() as patch:
            patch.setattr(chunk, "aggregate", changed)
            fill_all()
            assert read_rollup_state().behind == ADDED
        fill_all()
        assert are_as_expected(added)


class TestAnOlderVersion:
    def test_folds_past_it(self, added: Rows) -> None:
        fill_all()
        with version(OLD_GRAINS):
            new = write_with_ids(rows(20, 60))
            fold_all()
        assert read_rollup_state().behind == ADDED
        assert jobs() == from_the_calls()
        fill_all()
        assert are_as_expected([*added, *new])

    def test_folds_past_one_that_is_half_filled(self, added: Rows) -> None:
        fill_month()
        fill_month()
        with version(OLD_GRAINS):
            new = write_with_ids(rows(20))
            fold_all()
        fill_all()
        assert are_as_expected([*added, *new])

    def test_forgets_all_sums_but_these(self, added: Rows) -> None:
        fill_all()
        with version(OLD_GRAINS):
            rebuilding.rebuild_everything()
        fold_all()
        assert read_rollup_state().behind == ADDED
        fill_all()
        assert are_as_expected(added)


class TestAfterAPurge:
    @pytest.fixture
    def purged(self, next_version: None) -> Iterator[Rows]:
        """The calls that stayed; purged before the new version came."""
        written = write_with_ids(rows())
        fold_all()
        fold(LATER)
        purge(PURGED, LATER)
        stayed = set(APIUsageStats.objects.values_list("pk", flat=True))
        with version(NEW_GRAINS):
            yield [each for each in written if each["id"] in stayed]

    def test_a_finer_one_tells_purged_days_too(self, purged: Rows) -> None:
        before = engine.by_endpoint(ALL)
        fill_all()
        months = set(MonthEndpoint._default_manager.values_list("month", flat=True))
        assert date(2026, 1, 1) in months
        assert engine.by_endpoint(ALL) == before
        assert sum(sums.calls for sums in before.values()) == 60
        in_january = Selection(range_of("2026-01-01", "2026-01-31"))
        assert tables_read(in_january, engine.by_endpoint) >= {"stats_monthendpoint"}

    def test_what_only_the_calls_told_is_known_from_then_on(self, purged: Rows) -> None:
        fill_all()
        assert read_rollup_state().fill_of(DAY_JOB).known_from == PURGED
        since = Selection(range_of("2026-02-15", None))
        assert jobs(since) == from_the_calls(since)
        assert tables_read(since) == {"stats_dayjob"}
        for bounds in [(None, None), ("2026-02-14", None), ("2026-01-20", "2026-03-20")]:
            before = Selection(range_of(*bounds))
            assert jobs(before) == from_the_calls(before)
            assert not tables_read(before)

    def test_verified_rebuilt_and_purged_again(self, purged: Rows) -> None:
        fill_all()
        since = Selection(range_of("2026-02-15", None))
        before = jobs(since)
        assert verifying.verify(LATER) == []
        rebuilding.rebuild(PURGED, date(2026, 12, 31))
        purge(date(2026, 3, 20), LATER)
        assert jobs(since) == before


class TestVerifying:
    def test_one_that_is_behind_is_no_difference(self, added: Rows) -> None:
        assert verifying.verify(NOW) == []
        assert "Not compared: stats_dayjob is not filled yet" in said("verify_usage")
        fill_all()
        assert "Not compared" not in said("verify_usage")

    def test_one_that_is_filled_is_compared(self, added: Rows) -> None:
        fill_all()
        DayJob._default_manager.filter(day=date(2026, 1, 3)).delete()
        MonthEndpoint._default_manager.filter(month=date(2026, 3, 1)).update(calls=F("calls") + 1)
        found = [date(2026, 1, 3), date(2026, 3, 1)]
        assert verifying.verify(NOW) == found
        verifying.repair(found, NOW)
        assert are_as_expected(added)

    def test_days_rebuilt_while_it_is_behind(self, added: Rows) -> None:
        fill_month()
        fill_month()
        rebuilding.rebuild(date(2026, 1, 1), date(2026, 12, 31))
        fill_all()
        assert are_as_expected(added)

    def test_all_made_anew(self, added: Rows) -> None:
        fill_all()
        rebuilding.rebuild_everything()
        assert not any(tables().values())
        fold_all()
        assert read_rollup_state().behind == ()
        assert are_as_expected(added)


def test_the_rollups_of_before_are_as_far_as_the_state_row() -> None:
    """Also where the state row was written before there were fill states."""
    write(*rows())
    fold_all()
    FoldState.objects.update(fills=None)
    assert read_rollup_state().behind == ()
    assert all(read_rollup_state().cover(grain, None) for grain in OLD_GRAINS)
