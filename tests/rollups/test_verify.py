"""What a fold cannot see is found by verifying, day by day, and mended by a rebuild."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from stats.models import (
    UNDATED,
    APIUsageStats,
    DayEndpoint,
    DayFailure,
    DayJob,
    DayLatency,
    DayTotal,
    DayUser,
    DayUserEndpoint,
    DayUserOutcome,
    FoldState,
    HourEndpoint,
    MonthLatency,
    MonthUser,
    MonthUserEndpoint,
    MonthUserOutcome,
)
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import chunk, verifying
from stats.rollups.chunk import ChangedMeanwhileError
from stats.rollups.state import read_rollup_state
from stats.rollups.verifying import repair, verify
from tests.ledger import row, write
from tests.rollups.folded import NOW, fold_all, ids, tables, write_with_ids

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

DAY = date(2026, 3, 10)
BY_DAY = (
    DayTotal,
    DayEndpoint,
    HourEndpoint,
    DayUser,
    DayUserOutcome,
    DayUserEndpoint,
    DayJob,
    DayLatency,
)


@pytest.fixture(autouse=True)
def folded() -> None:
    """Two calls a day over three weeks, one of them failed, and one call without a time."""
    days = [datetime(2026, 2, 25, 12) + timedelta(days=n) for n in range(21)]
    write(
        *[row(created_at=day, user_id=2) for day in days],
        *[row(created_at=day, success=False, error_message="timed out") for day in days],
        row(created_at=None),
    )
    fold_all()


def change(sql: str) -> None:
    """As the other application would, behind the fold."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_sums_agree_with_the_calls() -> None:
    assert verify(NOW) == []
    found = FoldState.objects.get()
    assert (found.verified_at, found.differing_days) == (NOW, [])


def test_nothing_at_all_agrees_with_nothing() -> None:
    change("DELETE FROM dt_api_usage_stats")
    for model in (*BY_DAY, DayFailure):
        model._default_manager.all().delete()
    for by_month in (MonthUser, MonthUserOutcome, MonthUserEndpoint, MonthLatency):
        by_month._default_manager.all().delete()
    FoldState.objects.all().delete()
    assert verify(NOW) == []


@pytest.mark.parametrize(
    "assignment",
    [
        "cost = cost + 1",
        "cost = NULL",
        "total_tokens = 0",
        "prompt_tokens = NULL",
        "completion_tokens = 6",
        "prompt_unit_price = NULL, cost = 0",
        "prompt_price_unit = 'RMB'",
        "response_time_ms = 101",
        "response_time_ms = NULL",
        "api_endpoint = '/Chat-messages'",
        "user_id = 1",
        "success = NULL",
        "success = 0, error_message = 'refused'",
    ],
)
def test_a_changed_call_is_found_and_mended(assignment: str) -> None:
    change(
        f"UPDATE dt_api_usage_stats SET {assignment} "
        "WHERE created_at = '2026-03-10 12:00:00' AND success = 1"
    )
    assert verify(NOW) == [DAY]
    assert FoldState.objects.get().differing_days == ["2026-03-10"]
    repair([DAY], NOW)
    assert FoldState.objects.get().differing_days == []
    assert verify(NOW) == []


def test_another_message_makes_another_kind_of_failure() -> None:
    change("UPDATE dt_api_usage_stats SET error_message = 'refused' WHERE success = 0")
    assert len(verify(NOW)) == 21


def test_what_no_sum_tells_makes_no_difference() -> None:
    change("UPDATE dt_api_usage_stats SET job_id = NULL, api_endpoint = '/chat-messages  '")
    change("UPDATE dt_api_usage_stats SET error_message = ' Timed  out' WHERE success = 0")
    assert verify(NOW) == []


def test_a_call_that_moves_differs_on_both_days() -> None:
    change(
        "UPDATE dt_api_usage_stats SET created_at = '2026-03-12 01:00:00' "
        "WHERE created_at = '2026-03-10 12:00:00' AND success = 1"
    )
    assert verify(NOW) == [DAY, date(2026, 3, 12)]


def test_a_call_that_loses_its_time() -> None:
    change(
        "UPDATE dt_api_usage_stats SET created_at = NULL "
        "WHERE created_at = '2026-03-10 12:00:00' AND success = 1"
    )
    assert verify(NOW) == [UNDATED, DAY]
    repair([UNDATED, DAY], NOW)
    assert verify(NOW) == []


def test_a_call_far_from_all_others() -> None:
    first = ids()[0]
    change(f"UPDATE dt_api_usage_stats SET created_at = '2024-01-01 00:00:00' WHERE id = {first}")
    assert verify(NOW) == [date(2024, 1, 1), date(2026, 2, 25)]


def test_deleted_calls() -> None:
    change("DELETE FROM dt_api_usage_stats WHERE created_at = '2026-03-10 12:00:00'")
    assert verify(NOW) == [DAY]
    repair([DAY], NOW)
    assert verify(NOW) == []
    assert engine.total(Selection()).calls == 41


def test_the_last_days_deleted() -> None:
    """Sums reach farther than the calls do."""
    change("DELETE FROM dt_api_usage_stats WHERE created_at > '2026-03-15 00:00:00'")
    assert verify(NOW) == [date(2026, 3, 15), date(2026, 3, 16), date(2026, 3, 17)]


def test_restored_calls() -> None:
    [written] = write_with_ids([row()])
    write(row())
    change(f"DELETE FROM dt_api_usage_stats WHERE id = {written['id']}")
    fold_all()
    [again] = write_with_ids([row()])
    fold_all()
    APIUsageStats.objects.filter(pk=again["id"]).update(id=written["id"])
    write(row())
    fold_all()
    assert verify(NOW) == []
    assert engine.total(Selection()).calls == 46


def test_newer_calls_make_no_difference() -> None:
    write(row(), row(created_at=None))
    assert verify(NOW) == []


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (DayEndpoint, {"calls": 3}),
        (HourEndpoint, {"response_ms": 3}),
        (DayTotal, {"successes": 3}),
        (DayUser, {"cost_units": 3}),
        (DayUser, {"rounded_away_tokens": 3}),
        (DayUserOutcome, {"calls": 3}),
        (DayUserEndpoint, {"timed_calls": 3}),
        (DayJob, {"cost_units": 3}),
        (DayLatency, {"timed_calls": 3}),
        (DayFailure, {"failures": 3}),
        (DayFailure, {"first_at": datetime(2020, 1, 1, tzinfo=UTC)}),
    ],
)
def test_a_spoilt_rollup_by_day(model: Any, values: dict[str, int]) -> None:
    model._default_manager.filter(day=DAY).update(**values)
    assert verify(NOW) == differing(model)
    repair([DAY], NOW)
    assert verify(NOW) == []


@pytest.mark.parametrize("model", [*BY_DAY, DayFailure])
def test_a_lost_row_by_day(model: Any) -> None:
    model._default_manager.filter(day=DAY).delete()
    assert verify(NOW) == differing(model)


def differing(model: Any) -> list[date]:
    """`DAY`, and the first of its month where that is no longer the sum of its days."""
    has_months = model in (DayUser, DayUserOutcome, DayUserEndpoint, DayLatency)
    return [DAY.replace(day=1), DAY] if has_months else [DAY]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (MonthUser, {"calls": 3}),
        (MonthUserOutcome, {"prompt_tokens": 3}),
        (MonthUserEndpoint, {"response_ms": 3}),
        (MonthLatency, {"timed_calls": 3}),
    ],
)
def test_a_spoilt_rollup_by_month_is_found_as_its_first_day(
    model: Any, values: dict[str, int]
) -> None:
    before = tables()
    model._default_manager.filter(month=date(2026, 2, 1)).update(**values)
    assert verify(NOW) == [date(2026, 2, 1)]
    repair([date(2026, 2, 1)], NOW)
    assert verify(NOW) == []
    assert tables() == before


def test_progress_hears_of_each_day() -> None:
    heard: list[int] = []
    verify(NOW, heard.append)
    # Those without a time first.
    assert heard == [1, 7, 7, 7]


def test_reports_are_not_changed_by_it() -> None:
    before = engine.by_user(Selection()), read_rollup_state().folded_to
    verify(NOW)
    assert (engine.by_user(Selection()), read_rollup_state().folded_to) == before


def test_calls_that_keep_changing_leave_their_days_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[Any] = []

    def changed(calls: Any, *_grains: Any) -> None:
        attempts.append(calls)
        raise ChangedMeanwhileError

    monkeypatch.setattr(chunk, "aggregate", changed)
    first = date(2026, 3, 10)
    assert verifying.differing_days(first, first + timedelta(days=1)) == {
        first,
        first + timedelta(days=1),
    }
    assert len(attempts) == verifying.ATTEMPTS
