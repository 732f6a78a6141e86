"""Ids with gaps, huge ones, some below 1, committed in any order: steps follow the calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stats.models import APIUsageStats, FoldedChunk
from stats.query import engine
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups import folding, id_steps, rebuilding, recounting, verifying
from stats.rollups.folding import Fold, fold
from stats.rollups.purging import purge
from stats.rollups.state import read_rollup_state
from tests.ledger import cleared, row, write
from tests.oracle import Rows, Zones, sums
from tests.rollups.folded import NOW, expected_tables, fold_all, rebuild_all_days, tables
from tests.rollups.statements import counted_statements

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

BILLION = 10**9
DAY = timedelta(days=1)
MARCH = datetime(2026, 3, 10, 12)


def write_as(*ids: int) -> Rows:
    """Calls under these ids, a few to a day."""
    with zero_is_an_id():
        return write(*(row(id=id, created_at=MARCH + (id % 3) * DAY) for id in ids))


@contextmanager
def zero_is_an_id() -> Iterator[None]:
    """As a dump may have it: MariaDB takes it for the next id otherwise."""
    if connection.vendor != "mysql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET @before = @@sql_mode")
        cursor.execute("SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
        yield
        cursor.execute("SET sql_mode = @before")


def test_a_gap_of_a_billion_ids_costs_no_fold() -> None:
    write_as(BILLION, BILLION + 1, 2 * BILLION)
    assert fold(NOW) == Fold(3, False)
    assert engine.total(Selection()).calls == 3


def test_the_tail_is_the_calls_that_wait_and_not_the_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_as(5)
    fold_all()
    write_as(BILLION, BILLION + 7)
    assert read_rollup_state().tail == 2
    monkeypatch.setattr(folding, "LONG_TAIL", 2)
    with folding.reading_at(NOW):
        engine.total(Selection())
    assert read_rollup_state().tail == 2


def test_ids_below_one_are_in_the_sums_as_others_are() -> None:
    rows = write_as(-BILLION, -5, 0, 1, 2)
    assert engine.total(Selection()).calls == 5
    assert fold(NOW, 2) == Fold(2, True)
    assert engine.total(Selection()).calls == 5
    fold_all()
    assert tables() == expected_tables(rows, Zones())
    assert engine.total(Selection()).calls == 5
    assert verifying.verify(NOW) == []
    day = engine.total(Selection(range_of("2026-03-10T12:00", "2026-03-11T11:00")))
    assert day.calls == len([each for each in rows if each["created_at"] == MARCH])


def test_all_below_one_and_then_none() -> None:
    write_as(-9, -8)
    fold_all()
    assert read_rollup_state().are_usable
    APIUsageStats.objects.filter(pk=-8)._raw_delete("default")
    assert not read_rollup_state().are_usable


def test_a_call_below_one_that_comes_late_is_found_by_the_next_fold() -> None:
    write_as(3, 4)
    fold_all()
    write_as(-7)
    fold(NOW)
    assert engine.total(Selection()).calls == 3


def test_ids_below_one_can_be_purged() -> None:
    write_as(-BILLION, -2, 3)
    fold_all(now=NOW)
    fold(NOW + timedelta(hours=2))
    assert purge((MARCH + 5 * DAY).date(), NOW) == 3
    assert read_rollup_state().are_usable
    assert engine.total(Selection()).calls == 3


def test_calls_that_lie_apart_are_cut_into_stretches_of_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that none is recounted, or mended, with more than belongs together."""
    monkeypatch.setattr(id_steps, "SAMPLE", 2)
    monkeypatch.setattr(id_steps, "SPREAD", 4)
    monkeypatch.setattr(recounting, "ID_RANGE_CALLS", 3)
    write_as(*(n * 1000 for n in range(1, 9)))
    assert fold(NOW, 7) == Fold(7, True)
    noted = FoldedChunk.objects.order_by("last_id").values_list("last_id", "calls")
    assert list(noted) == [(3000, 3), (6000, 3), (7000, 1)]


def test_where_ids_follow_one_upon_the_other_nothing_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then a step is found from its first calls: a first fold reads no call twice for it."""
    monkeypatch.setattr(id_steps, "SAMPLE", 2)
    monkeypatch.setattr(id_steps, "SPREAD", 4)
    write(*[row()] * 9)
    with counted_statements() as counted:
        assert id_steps.step(0, 9, 7) == 7
    assert len(counted) == 1


# ── any ids ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def big_ids(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """BIGINT, as an adopted table may have it."""
    change = "ALTER TABLE dt_api_usage_stats MODIFY id {} NOT NULL AUTO_INCREMENT"
    with django_db_blocker.unblock():
        if connection.vendor == "mysql":
            connection.cursor().execute(change.format("BIGINT"))
        yield
        if connection.vendor == "mysql":
            connection.cursor().execute("DELETE FROM dt_api_usage_stats")
            connection.cursor().execute(change.format("INT"))
            connection.cursor().execute("ALTER TABLE dt_api_usage_stats AUTO_INCREMENT = 1")


STARTS = [-(2**62), -BILLION, -3, 0, 1, 2**31, 7 * 10**15, 2**62]
GAPS = [1, 1, 1, 2, 40, BILLION]


@st.composite
def layouts(draw: st.DrawFn) -> list[list[int]]:
    """Ids in the batches in which they are committed, in any order."""
    taken = set()
    for start in draw(st.lists(st.sampled_from(STARTS), min_size=1, max_size=2, unique=True)):
        id = start
        for gap in draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=4)):
            taken.add(id)
            id += gap
    mixed = draw(st.permutations(sorted(taken)))
    cut = draw(st.integers(0, len(mixed)))
    return [batch for batch in (mixed[:cut], mixed[cut:]) if batch]


@pytest.mark.usefixtures("big_ids")
@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(layouts(), st.sampled_from([2, 900_000]), st.sampled_from([2, 1000]))
def test_whatever_the_ids_are_sums_are_exact_and_folds_are_few(
    layout: list[list[int]], most_calls: int, sample: int
) -> None:
    rows: Rows = []
    with pytest.MonkeyPatch.context() as patch, cleared():
        patch.setattr(id_steps, "SAMPLE", sample)
        patch.setattr(id_steps, "SPREAD", 2 * sample)
        patch.setattr(recounting, "ID_RANGE_CALLS", 3)
        for batch in layout:
            rows += write_as(*batch)
            check(rows, most_calls)
        for work in (rebuild_all_days, rebuilding.rebuild_everything):
            work()
            check(rows, most_calls)


def check(rows: Rows, most_calls: int) -> None:
    with counted_statements() as counted:
        folds = 1
        while fold(NOW, most_calls).has_more:
            folds += 1
        differing = verifying.verify(NOW)
    assert differing == []
    assert folds <= len(rows)
    assert len(counted) <= 150 * folds + 1_000
    assert tables() == expected_tables(rows, Zones())
    found = {(): asdict(engine.total(Selection()))}
    assert found == sums(rows, Selection(), "total", Zones())
    cut = Selection(range_of("2026-03-10T12:00", "2026-03-11T11:00"))
    assert engine.total(cut).calls == sum(each["created_at"] == MARCH for each in rows)
