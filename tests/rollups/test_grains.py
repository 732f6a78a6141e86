"""Every dimension under every filter: the sums say what the calls themselves say."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db.models import Model

from stats.models import (
    DayEndpoint,
    DayJob,
    DayTotal,
    DayUser,
    DayUserEndpoint,
    DayUserOutcome,
    FoldState,
    MonthUser,
    MonthUserEndpoint,
    MonthUserOutcome,
)
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.statistics import range_of
from tests.ledger import row, write
from tests.rollups.folded import fold_all
from tests.rollups.statements import answer_and_statement

QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "total": lambda selection: {0: sums} if (sums := engine.total(selection)).calls else {},
    "user": engine.by_user,
    "endpoint": engine.by_endpoint,
    "job": engine.by_job,
    "day": engine.by_day,
}
FILTERS: dict[str, list[Any]] = {
    "user_ids": [(), (1,), (2, 3)],
    "endpoint": [None, "/A  ", ""],
    "success": [None, True, False],
    "currency": [None, "usd", "none"],
    "unknown_cost": [None, "unpriced"],
    "job_id": [None, 2],
}
UNSET = {name: values[0] for name, values in FILTERS.items()}
# Up to two at a time; any number of them is for the properties of test_engine.py.
FEW_FILTERS = [
    filters
    for values in product(*FILTERS.values())
    if len((filters := dict(zip(FILTERS, values, strict=True))).items() - UNSET.items()) <= 2
]
# Months, days and cut days; the rest of what a range can be is for the properties.
RANGES = [
    (None, None),
    ("2026-01-15T07:30:01", "2026-03-03T18:29:59"),
    ("2026-02-02", "2026-02-27T06:00:00"),
]


@pytest.fixture
def half_folded(transactional_db: None) -> None:
    rows = [
        row(
            created_at=datetime(2026, 1, 2) + timedelta(hours=19 * n),
            user_id=1 + n % 4,
            job_id=[1, 2, 3, None][n // 3 % 4],
            api_endpoint=["/a", "/A", "/b", ""][n % 5 % 4],
            success=[True, False, None][n % 7 % 3],
            prompt_price_unit=["USD", "usd", None][n % 3],
            cost=f"0.{n:04}",
            total_tokens=n,
        )
        for n in range(110)
    ]
    write(*rows[:70], row(created_at=None), row(created_at=None, success=False))
    fold_all()
    write(*rows[70:], row(created_at=None))


@contextmanager
def from_the_calls() -> Iterator[None]:
    """Sums of other zones are not read."""
    before = FoldState.objects.get().zones
    FoldState.objects.update(zones="of somewhere else")
    yield
    FoldState.objects.update(zones=before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bounds", RANGES)
@pytest.mark.parametrize("by", QUESTIONS)
def test_sums_and_calls_give_one_answer(
    half_folded: None, by: str, bounds: tuple[str | None, str | None]
) -> None:
    ask = QUESTIONS[by]
    selections = [Selection(range_of(*bounds), **filters) for filters in FEW_FILTERS]
    answers = [ask(selection) for selection in selections]
    with from_the_calls():
        expected = [ask(selection) for selection in selections]
    for selection, found, of_calls in zip(selections, answers, expected, strict=True):
        assert found == of_calls, str(selection)
    assert sum(map(bool, expected)) > 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("by", "filters", "grains"),
    [
        ("total", {}, {DayTotal}),
        ("day", {"currency": "usd"}, {DayTotal}),
        ("total", {"success": True}, {DayEndpoint}),
        ("day", {"unknown_cost": "unpriced"}, {DayEndpoint}),
        ("day", {"endpoint": "/a"}, {DayEndpoint}),
        ("endpoint", {"success": False}, {DayEndpoint}),
        ("day", {"user_ids": (1,)}, {DayUser}),
        ("user", {}, {DayUser, MonthUser}),
        ("total", {"user_ids": (1,)}, {DayUser, MonthUser}),
        ("user", {"currency": "usd"}, {DayUser, MonthUser}),
        ("user", {"success": True}, {DayUserOutcome, MonthUserOutcome}),
        ("user", {"unknown_cost": "unpriced"}, {DayUserOutcome, MonthUserOutcome}),
        ("day", {"user_ids": (1,), "success": False}, {DayUserOutcome}),
        ("user", {"endpoint": "/a"}, {DayUserEndpoint, MonthUserEndpoint}),
        ("endpoint", {"user_ids": (1,)}, {DayUserEndpoint, MonthUserEndpoint}),
        ("day", {"user_ids": (1,), "endpoint": ""}, {DayUserEndpoint}),
        ("job", {}, {DayJob}),
        ("job", {"currency": "usd"}, {DayJob}),
        ("job", {"unknown_cost": "unpriced"}, set()),
        ("day", {"job_id": 2}, {DayJob}),
        ("total", {"job_id": 2, "success": True}, set()),
        ("job", {"user_ids": (1,)}, set()),
        ("job", {"endpoint": "/a"}, set()),
    ],
)
def test_each_question_is_put_to_its_grain(
    half_folded: None, by: str, filters: Any, grains: set[type[Model]]
) -> None:
    selection = Selection(range_of("2026-01-15", "2026-03-10"), **filters)
    _answer, statement = answer_and_statement(QUESTIONS[by], selection)
    read = set(re.findall(r"stats_(?:hour|day|month)\w+", statement))
    assert read == {grain._meta.db_table for grain in grains}


ONLY_CALLS: dict[str, Any] = {
    "cost_min": 1,
    "cost_max": 1,
    "response_time_ms_min": 1,
    "response_time_ms_max": 1,
    "has_error": True,
}


@pytest.mark.parametrize(("name", "value"), ONLY_CALLS.items())
def test_what_no_grain_knows_is_asked_of_the_calls(name: str, value: Any) -> None:
    assert not Selection.of({name: value}).is_known_to_sums


@pytest.mark.django_db(transaction=True)
class TestTheBound:
    """Calls are read up to a number; beyond it there is no answer, and no wait."""

    @pytest.fixture(autouse=True)
    def calls(self, settings: Any) -> None:
        settings.MOST_CALLS_READ = 3
        write(*[row(user_id=1)] * 4, *[row(user_id=2)] * 3)
        fold_all()

    def test_more_than_that_is_refused(self) -> None:
        for selection in (Selection(user_ids=(1,)), Selection(endpoint="/a")):
            with pytest.raises(engine.TooManyCallsError):
                engine.by_job(selection)

    def test_exactly_as_many_are_read(self) -> None:
        assert engine.by_job(Selection(user_ids=(2,)))[None].calls == 3

    def test_the_sums_have_no_bound(self) -> None:
        assert engine.total(Selection()).calls == 7
        assert engine.total(Selection(user_ids=(1,))).calls == 4
        assert engine.by_job(Selection())[None].calls == 7
