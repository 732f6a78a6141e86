"""Every sum of the engine, for any selection, against the oracle."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from stats.core.periods import ALL_TIME, Range
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.rollups.folding import fold
from stats.rollups.state import newest_id, read_rollup_state
from tests.generated import Ledger, ledgers
from tests.ledger import EMPTY, cleared, in_zones, rolled_back, write
from tests.oracle import Rows, Zones, sums

NOW = datetime(2026, 3, 10, 15, 30, 20, 700_000, tzinfo=UTC)
QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "total": lambda selection: {(): engine.total(selection)},
    "user": engine.by_user,
    "job": engine.by_job,
    "endpoint": engine.by_endpoint,
    "day": engine.by_day,
}


@pytest.mark.django_db
@given(ledgers)
@settings(max_examples=25)
def test_any_selection_adds_up_as_the_oracle_says(ledger: Ledger) -> None:
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        for _time in range(6):
            check(ledger, ledger.rows)


@pytest.mark.django_db(transaction=True)
@given(ledgers)
@settings(max_examples=25)
def test_it_adds_up_the_same_however_much_is_folded(ledger: Ledger) -> None:
    written: Rows = []
    with in_zones(ledger.zones), cleared():
        for some in ledger.portions():
            written += write(*some)
            fold_up_to((newest_id() or 0) - ledger.rng.choice([0, 0, 1, 3]))
            for _time in range(3):
                check(ledger, written)


def fold_up_to(last_id: int) -> None:
    """One fold, and a minute earlier the look that it relies on."""
    for moment in (NOW, NOW + timedelta(minutes=1)):
        fold(moment, last_id - read_rollup_state().folded_to)


def check(ledger: Ledger, rows: Rows) -> None:
    check_selection(ledger.selection(), rows, ledger.zones)


def check_selection(selection: Selection, rows: Rows, zones: Zones) -> None:
    for by, question in QUESTIONS.items():
        answer = {key: asdict(sums) for key, sums in question(selection).items()}
        assert answer == sums(rows, selection, by, zones), f"by {by}: {selection}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("days_before", [0, 1])
def test_a_time_that_the_clock_leaves_out_lies_on_the_day_that_begins_there(
    days_before: int,
) -> None:
    """Midnight in Cape Verde is where Berlin's clock goes from 02:00 to 03:00."""
    zones = Zones("Atlantic/Cape_Verde", "Europe/Berlin")
    midnight = datetime(2024, 3, 31, 1, tzinfo=UTC)
    start = midnight - timedelta(days=days_before)
    with in_zones(zones), cleared():
        rows = write({**EMPTY, "created_at": datetime(2024, 3, 31, 2, 30)})
        fold_up_to(newest_id() or 0)
        for end in (midnight, midnight + timedelta(seconds=1), midnight + timedelta(days=1)):
            for range in (Range(None, end), Range(start, end), Range(end, None)):
                check_selection(Selection(range), rows, zones)


@pytest.mark.django_db
@pytest.mark.parametrize("by", QUESTIONS)
def test_no_message_is_no_call(by: str) -> None:
    """Where nothing failed in the way that is asked for."""
    write({**EMPTY, "success": False, "created_at": NOW.replace(tzinfo=None)})
    for range in (ALL_TIME, Range(NOW - timedelta(days=1), NOW)):
        answer = QUESTIONS[by](Selection(range, messages=()))
        assert all(total == Sums() for total in answer.values())
