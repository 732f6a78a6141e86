"""One fold: each call into the sums once, whatever it meets on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from stats.db import expressions
from stats.db.catalogue import have_ten_digits
from stats.db.rows import count_rows
from stats.models import APIUsageStats, DayEndpoint, FoldedChunk, FoldState
from stats.query import engine
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups import folding, rebuilding, recounting, state, verifying
from stats.rollups.chunk import CHUNK_CALLS
from stats.rollups.folding import Fold, fold, reading_at
from stats.rollups.purging import purge
from stats.rollups.recounting import recount_recent
from stats.rollups.state import NOTHING_FOLDED, read_rollup_state
from tests.ledger import EMPTY, in_zones, row, write
from tests.oracle import Zones
from tests.rollups.folded import NOW, expected_tables, fold_all, ids, tables, write_with_ids

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def on(day: str, **values: Any) -> dict[str, Any]:
    return row(created_at=datetime.fromisoformat(f"{day} 12:00"), **values)


# ── what a fold takes ───────────────────────────────────────────────────────────────────────────


def test_a_fold_takes_so_many_ids_and_says_whether_there_are_more() -> None:
    write(*[row()] * 5)
    assert fold(NOW, 2) == Fold(2, True)
    assert fold(NOW, 2) == Fold(2, True)
    assert fold(NOW, 2) == Fold(1, False)
    assert fold(NOW, 2) == Fold(0, False)
    assert engine.total(Selection()).calls == 5


def test_an_empty_table_is_folded_to_nothing() -> None:
    assert fold(NOW) == Fold(0, False)
    assert not FoldedChunk.objects.exists()


def test_gaps_in_the_ids_are_passed_over() -> None:
    rows = write_with_ids([row()] * 9)
    APIUsageStats.objects.filter(pk__in=[each["id"] for each in rows[1:8]])._raw_delete("default")
    assert fold_all(most_calls=2) == 2
    assert read_rollup_state().tail == 0


def test_the_hour_that_the_clock_shows_twice_lies_on_one_day() -> None:
    """Berlin's 02:30 is first 23:30, then 00:30 in Cape Verde: it is read as the first."""
    with in_zones(Zones("Atlantic/Cape_Verde", "Europe/Berlin")):
        write(row(created_at=datetime(2024, 10, 27, 2, 30)))

        def calls_per_day() -> list[int]:
            days = ("2024-10-26", "2024-10-27")
            return [engine.total(Selection(range_of(day, day))).calls for day in days]

        assert calls_per_day() == [1, 0]
        fold_all()
        assert calls_per_day() == [1, 0]
        rebuilding.rebuild(date(2024, 10, 26), date(2024, 10, 27))
        assert calls_per_day() == [1, 0]


def test_each_null_is_folded_as_the_table_would_count_it() -> None:
    rows = write_with_ids([EMPTY, row(), row(created_at=None), row(success=None)])
    fold_all()
    assert tables() == expected_tables(rows, Zones())


@pytest.mark.parametrize("named_in_statements", [expressions.MOST_LITERALS, 1])
def test_texts_alike_but_for_case_accents_and_blanks_stay_apart(
    named_in_statements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that are too many to be named in a statement."""
    monkeypatch.setattr(expressions, "MOST_LITERALS", named_in_statements)
    endpoints = ["/straße", "/strasse", "/STRASSE", "/strasse  ", "", " "]
    rows = write_with_ids([row(api_endpoint=text, prompt_price_unit=text) for text in endpoints])
    fold_all(most_calls=1)
    assert tables() == expected_tables(rows, Zones())
    assert set(engine.by_endpoint(Selection())) == {"/straße", "/strasse", "/STRASSE", ""}


def test_the_largest_numbers_add_up() -> None:
    rows = write_with_ids(
        [
            row(
                total_tokens=2**31 - 1,
                response_time_ms=2**31 - 1,
                cost="999999.9999",
                user_id=2**31 - 1,
            )
        ]
        * 50
    )
    fold_all(most_calls=7)
    assert tables() == expected_tables(rows, Zones())


def test_as_many_of_the_longest_numbers_as_a_fold_takes_are_exact_as_floats() -> None:
    assert CHUNK_CALLS * 10**10 <= 2**53


@pytest.fixture
def wider_tokens() -> Iterator[None]:
    """As an adopted table may have them."""
    change = "ALTER TABLE dt_api_usage_stats MODIFY total_tokens {} COMMENT '總token數'"
    with connection.cursor() as cursor:
        cursor.execute(change.format("BIGINT"))
        have_ten_digits.cache_clear()
        yield
        cursor.execute("DELETE FROM dt_api_usage_stats")
        cursor.execute(change.format("INT"))
        have_ten_digits.cache_clear()


@pytest.mark.database("server")
@pytest.mark.usefixtures("wider_tokens")
def test_longer_numbers_are_added_up_exactly_too() -> None:
    """A float has no odd number above 2^53."""
    write(row(total_tokens=2**53), row(total_tokens=1))
    fold_all()
    assert engine.total(Selection()).total_tokens == 2**53 + 1


def test_back_dated_calls_go_to_their_days() -> None:
    write(on("2026-03-10"), on("2026-03-11"))
    fold_all()
    write(on("2026-03-10"))
    fold_all()
    days = dict(DayEndpoint.objects.values_list("day", "calls"))
    assert {day.isoformat(): calls for day, calls in days.items()} == {
        "2026-03-10": 2,
        "2026-03-11": 1,
    }


@pytest.mark.database("server")
def test_within_a_transaction_there_is_no_fold() -> None:
    """It could not count what is uncommitted."""
    write(*[row()] * 3)
    with pytest.raises(OperationalError), transaction.atomic():
        fold(NOW)
    assert fold_all() == 3


# ── the margin ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.database("server")
def test_ids_are_folded_when_they_have_been_there_for_the_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 5
    write(*[row()] * 3)
    assert fold(NOW) == Fold(0, False)
    write(row())
    assert fold(NOW + timedelta(seconds=4)) == Fold(0, False)
    assert fold(NOW + timedelta(seconds=5)) == Fold(3, False)
    assert fold(NOW + timedelta(seconds=10)) == Fold(1, False)


@pytest.mark.database("sqlite")
def test_on_sqlite_ids_show_in_their_order(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 5
    write(*[row()] * 3)
    assert fold(NOW) == Fold(3, False)


# ── reports that fold ───────────────────────────────────────────────────────────────────────────


class TestALongTail:
    @pytest.fixture(autouse=True)
    def short_tails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "LONG_TAIL", 5)
        monkeypatch.setattr(folding, "PIECE_CALLS", 4)

    def test_a_report_folds_a_piece_first(self) -> None:
        write(*[row()] * 6)
        with reading_at(NOW):
            assert engine.total(Selection()).calls == 6
        assert read_rollup_state().tail == 2

    def test_a_short_tail_is_left_alone(self) -> None:
        write(*[row()] * 5)
        with reading_at(NOW):
            assert engine.total(Selection()).calls == 5
        assert read_rollup_state().tail == 5

    def test_without_a_time_a_report_does_not_fold(self) -> None:
        write(*[row()] * 6)
        assert engine.total(Selection()).calls == 6
        assert read_rollup_state().tail == 6

    def test_within_a_transaction_a_report_does_not_fold(self) -> None:
        write(*[row()] * 6)
        with transaction.atomic(), reading_at(NOW):
            assert engine.total(Selection()).calls == 6
        assert read_rollup_state().tail == 6


# ── interrupted anywhere ────────────────────────────────────────────────────────────────────────


class StoppedError(Exception):
    pass


class Interruption:
    """Lets so many statements pass."""

    def __init__(self, statements: int) -> None:
        self.left = statements

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.left == 0:
            raise StoppedError
        self.left -= 1
        return execute(sql, params, many, context)


@contextmanager
def interrupted(after: int) -> Iterator[None]:
    with connection.execute_wrapper(Interruption(after)):
        yield


def statements_until_done(work: Any, prepare: Any) -> Iterator[int]:
    """How far `work` came before it was interrupted: once per statement that it has."""
    for statements in range(1_000):
        prepare()
        try:
            with interrupted(statements):
                work()
        except StoppedError:
            yield statements
        else:
            return
    raise AssertionError("It never ends.")


def test_a_fold_that_ends_at_any_statement_leaves_all_or_nothing() -> None:
    written = []

    def write_some() -> None:
        written.extend(write_with_ids([row(success=False), row(created_at=None)]))

    interruptions = 0
    for _statements in statements_until_done(lambda: fold(NOW), write_some):
        interruptions += 1
        folded = [each for each in written if each["id"] <= read_rollup_state().folded_to]
        assert tables() == expected_tables(folded, Zones())
        assert engine.total(Selection()).calls == len(written)
    assert interruptions > 20
    fold_all()
    assert tables() == expected_tables(written, Zones())
    assert verifying.verify(NOW) == []


# ── what comes late ─────────────────────────────────────────────────────────────────────────────


class TestRecount:
    """Calls that appear behind the fold, or vanish, while their chunk is recent."""

    def hide(self, **values: Any) -> int:
        """A call that will be committed late: its id is taken, and it is not there."""
        write(row(), row(**values), row())
        _first, hidden, _last = ids()[-3:]
        self.late = dict(APIUsageStats.objects.filter(pk=hidden).values().get())
        APIUsageStats.objects.filter(pk=hidden)._raw_delete("default")
        return hidden

    def show(self) -> None:
        APIUsageStats(**self.late).save(force_insert=True)

    def calls(self) -> int:
        return engine.total(Selection()).calls

    def test_a_late_call_is_found_by_the_next_fold(self) -> None:
        self.hide(created_at=datetime(2026, 2, 1, 3))
        fold_all()
        self.show()
        assert self.calls() == 2
        fold(NOW)
        assert self.calls() == 3
        assert verifying.verify(NOW) == []

    def test_it_is_found_once(self) -> None:
        self.hide()
        fold_all()
        self.show()
        for _time in range(3):
            fold(NOW)
        assert self.calls() == 3

    def test_a_late_call_without_a_time(self) -> None:
        self.hide(created_at=None)
        fold_all()
        self.show()
        fold(NOW)
        assert self.calls() == 3

    def test_a_call_that_vanishes_again_is_taken_out(self) -> None:
        hidden = self.hide(created_at=datetime(2026, 2, 1, 3))
        fold_all()
        self.show()
        fold(NOW)
        APIUsageStats.objects.filter(pk=hidden)._raw_delete("default")
        fold(NOW)
        assert self.calls() == 2
        assert verifying.verify(NOW) == []

    def test_calls_are_noted_in_stretches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recounting, "ID_RANGE_CALLS", 2)
        self.hide()
        write(row(), row())
        fold_all()
        noted = FoldedChunk.objects.values_list("after_id", "last_id", "calls")
        assert list(noted.order_by("last_id")) == [(NOTHING_FOLDED, 3, 2), (3, 5, 2)]

    def test_what_was_just_folded_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of very many ids the newest, since a transaction is seldom open for long."""
        monkeypatch.setattr(recounting, "FRESH_CALLS", 3)
        monkeypatch.setattr(recounting, "OLDER_CALLS", 3)
        write(*[row()] * 3)
        fold(NOW)
        self.hide()
        fold(NOW)
        write(*[row()] * 2)
        assert recounted_by(lambda: fold(NOW)) == [(3, 6)]
        self.show()
        assert recounted_by(lambda: fold(NOW)) == [(6, 8)]
        write(row())
        [by_lot] = recounted_by(lambda: fold(NOW + 3 * MINUTE))
        assert by_lot in [(NOTHING_FOLDED, 3), (3, 6), (6, 8)]

    def test_what_is_older_has_its_turn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recounting, "OLDER_CALLS", 3)
        self.hide()
        fold(NOW)
        for _chunk in range(3):
            write(*[row()] * 3)
            fold(NOW)
        self.show()
        folds = 0
        while self.calls() < 12:
            fold(NOW + 3 * MINUTE)
            folds += 1
            assert folds < 500
        assert verifying.verify(NOW) == []

    def test_chunks_are_recounted_for_an_hour(self) -> None:
        self.hide()
        fold_all(now=NOW)
        self.show()
        fold(NOW + HOUR + timedelta(seconds=1))
        assert not FoldedChunk.objects.exists()
        assert self.calls() == 2
        assert [day.isoformat() for day in verifying.verify(NOW)] == ["2026-03-10"]

    def test_the_window_is_a_setting(self, settings: Any) -> None:
        settings.FOLD_RECOUNT_MINUTES = 24 * 60
        self.hide()
        fold_all(now=NOW)
        self.show()
        fold(NOW + 23 * HOUR)
        assert self.calls() == 3

    def test_late_calls_of_purged_days_stop_no_fold(self) -> None:
        """Their day cannot be rebuilt; others must not wait for it."""
        write(on("2026-01-01"))
        fold_all(now=NOW)
        fold(NOW + 2 * HOUR)
        assert purge(datetime(2026, 2, 1).date(), NOW) == 1
        self.hide(created_at=datetime(2026, 1, 1, 3))
        fold_all(now=NOW + 2 * HOUR)
        self.show()
        write(row())
        assert fold(NOW + 2 * HOUR) == Fold(1, False)
        assert self.calls() == 4

    def test_late_calls_without_a_time_are_mended_after_a_purge_too(self) -> None:
        write(on("2026-01-01"))
        fold_all(now=NOW)
        fold(NOW + 2 * HOUR)
        purge(datetime(2026, 2, 1).date(), NOW)
        self.hide(created_at=None)
        fold_all(now=NOW + 2 * HOUR)
        self.show()
        fold(NOW + 2 * HOUR)
        assert self.calls() == 4

    def test_where_another_process_writes_the_fold_waits_for_its_turn(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A report that folds on the way must not fail."""
        self.hide()
        fold_all()
        self.show()

        def busy(*_args: Any) -> None:
            raise rebuilding.RollupsBusyError

        monkeypatch.setattr(rebuilding, "rebuild_chunk", busy)
        write(row())
        assert fold(NOW) == Fold(0, False)
        assert read_rollup_state().tail == 1


def recounted_by(work: Callable[[], object]) -> list[recounting.IdRange]:
    """The stretches of ids that are counted again, those just folded left out."""
    counted: list[recounting.IdRange] = []

    def counting(table: str, stretches: list[recounting.IdRange], **of_fold: bool) -> list[int]:
        if not of_fold:
            counted.extend(stretches)
        return count_rows(table, stretches, **of_fold)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recounting, "count_rows", counting)
        work()
    return counted


def test_nothing_recent_needs_no_mending() -> None:
    write(row())
    fold_all()
    before = FoldState.objects.values().get()
    recount_recent(NOW)
    assert FoldState.objects.values().get() == before


# ── rollups of another table ────────────────────────────────────────────────────────────────────


class TestUnusableBooks:
    def test_another_zone_is_noticed_and_reports_stay_exact(self, settings: Any) -> None:
        late = row(created_at=datetime(2026, 3, 10, 20))
        write(late, row())
        fold_all()
        settings.TIME_ZONE = "Asia/Taipei"
        assert not read_rollup_state().are_usable
        assert fold(NOW) == Fold(0, False)
        days = {day.isoformat(): sums.calls for day, sums in engine.by_day(Selection()).items()}
        assert days == {"2026-03-10": 1, "2026-03-11": 1}
        rebuilding.rebuild_everything()
        fold_all()
        assert read_rollup_state().are_usable
        assert tables()["DayUser"].keys() == {(day, 1, "USD") for day in engine.by_day(Selection())}

    def test_before_the_first_fold_any_zone_will_do(self, settings: Any) -> None:
        fold(NOW)
        settings.TIME_ZONE = "Asia/Taipei"
        assert read_rollup_state().are_usable
        write(row())
        assert fold(NOW) == Fold(1, False)
        assert read_rollup_state().are_usable

    def test_a_restored_table_is_noticed(self) -> None:
        write(*[row()] * 4)
        fold_all()
        APIUsageStats.objects.filter(pk__in=ids()[2:])._raw_delete("default")
        assert not read_rollup_state().are_usable
        assert engine.total(Selection()).calls == 2
        with pytest.raises(state.RollupsUnusableError):
            verifying.verify(NOW)
        rebuilding.rebuild_everything()
        fold_all()
        assert engine.total(Selection()).calls == 2
        assert verifying.verify(NOW) == []

    def test_an_emptied_table_is_noticed(self) -> None:
        write(row())
        fold_all()
        APIUsageStats.objects.all()._raw_delete("default")
        assert not read_rollup_state().are_usable
        assert engine.total(Selection()).calls == 0
