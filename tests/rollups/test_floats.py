"""Reports add numbers up as floats where these are exact, and as integers beyond (MariaDB)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stats.models import CurrencyName, MonthUser
from stats.query import answer, engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.rollups.counters import MOST_IN_FLOATS
from stats.rollups.grains import MONTH_USER
from tests.ledger import row, write
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True)
QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "user": engine.by_user,
    "day": engine.by_day,
    "job": engine.by_job,
}
# The first whole number that no float has.
NO_FLOAT = 2**53 + 1
FLOAT = "1.0e0"


@pytest.fixture(autouse=True)
def folded() -> None:
    write(row(total_tokens=3), row(total_tokens=4, user_id=2))
    fold_all()


@pytest.mark.parametrize("by", QUESTIONS)
def test_as_floats_first(by: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert sum(sums.total_tokens for sums in QUESTIONS[by](Selection()).values()) == 7
    assert (FLOAT in queries[-1]["sql"]) is (connection.vendor == "mysql")


@pytest.mark.parametrize("by", QUESTIONS)
def test_beyond_what_floats_hold_the_question_is_asked_again(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MOST_IN_FLOATS", 0)
    with CaptureQueriesContext(connection) as queries:
        assert sum(sums.total_tokens for sums in QUESTIONS[by](Selection()).values()) == 7
    assert FLOAT not in queries[-1]["sql"]


def test_so_that_nothing_is_rounded() -> None:
    add_month_of_user_3(calls=MOST_IN_FLOATS + 1, total_tokens=NO_FLOAT)
    assert engine.by_user(Selection())[3].total_tokens == NO_FLOAT


def test_money_is_never_a_float() -> None:
    add_month_of_user_3(calls=1, costed_calls=1, cost_units=NO_FLOAT)
    assert engine.by_user(Selection())[3].cost * 10_000 == NO_FLOAT


def add_month_of_user_3(**counters: int) -> None:
    MonthUser.objects.create(
        month=date(2026, 1, 1),
        user_id=3,
        currency_id=CurrencyName.objects.get(text="USD").pk,
        **dict.fromkeys(MONTH_USER.counters, 0) | counters,
    )
