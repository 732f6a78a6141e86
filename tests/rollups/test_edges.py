"""Days that a range cuts: of users, who have no sums by hour, calls are read, along the ids where
these follow time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stats.query import engine, plan
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from tests.ledger import row, write
from tests.rollups.folded import fold_all
from tests.rollups.statements import answer_and_statement

pytestmark = pytest.mark.django_db(transaction=True)

AFTERNOON = Selection(range_of("2026-03-10T12:00:00", "2026-03-11T23:59:59"))
START = datetime(2026, 3, 10)
ALONG_IDS = "FORCE INDEX (PRIMARY)"


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    plan._ids_in.cache_clear()


@pytest.fixture
def two_days() -> None:
    """Twelve calls of each of two days, one every other hour."""
    write(*[row(created_at=START + timedelta(hours=2 * n), user_id=1 + n % 3) for n in range(24)])
    fold_all()


def calls_and_statement(selection: Selection) -> tuple[int, str]:
    users, statement = answer_and_statement(engine.by_user, selection)
    return sum(sums.calls for sums in users.values()), statement


def test_they_are_read_along_the_ids(two_days: None) -> None:
    calls, statement = calls_and_statement(AFTERNOON)
    assert calls == 18
    assert (ALONG_IDS in statement) is (connection.vendor == "mysql")


def test_a_call_that_was_recorded_at_another_time_is_found(two_days: None) -> None:
    # Between the first call of the afternoon and the last, with an id that is not.
    write(row(created_at=START + timedelta(hours=13)))
    fold_all()
    calls, statement = calls_and_statement(AFTERNOON)
    assert calls == 19
    assert (ALONG_IDS in statement) is (connection.vendor == "mysql")
    assert engine.by_user(AFTERNOON)[1].calls == 7
    assert engine.total(AFTERNOON).calls == 19


@pytest.mark.parametrize("minutes", [13 * 60 + 10, 23 * 60 + 10])
def test_nor_is_it_missed_where_it_is_the_first_or_the_last(two_days: None, minutes: int) -> None:
    """Then its id, far from those between, bounds what is read along the ids."""
    write(row(created_at=START + timedelta(minutes=minutes)))
    fold_all()
    since_one = Selection(range_of("2026-03-10T13:00:00", "2026-03-11T23:59:59"))
    assert calls_and_statement(since_one)[0] == 18


def test_many_ids_are_not_read_for_few_calls(
    two_days: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MOST_IDS", 3)
    calls, statement = calls_and_statement(AFTERNOON)
    assert calls == 18
    assert ALONG_IDS not in statement


@pytest.mark.parametrize("filters", [{"user_ids": (1,)}, {"job_id": 1}])
def test_the_index_of_a_user_or_a_job_is_better(two_days: None, filters: Any) -> None:
    selection = Selection(AFTERNOON.range, **filters)
    assert ALONG_IDS not in calls_and_statement(selection)[1]


def test_one_statement_finds_the_ids_of_all_edges_and_questions(two_days: None) -> None:
    selection = Selection(range_of("2026-03-10T09:00:00", "2026-03-11T15:00:00"))
    with CaptureQueriesContext(connection) as queries:
        assert engine.by_user_in_brief(selection)[2].calls == 5
        assert engine.by_user(selection)[1].calls == 5
    # Per question the state and the answer; of both, once, the ids.
    assert len(queries) == (5 if connection.vendor == "mysql" else 4)
    assert queries[-1]["sql"].count(ALONG_IDS) == (2 if connection.vendor == "mysql" else 0)
