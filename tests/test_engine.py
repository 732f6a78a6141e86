"""Every sum of the engine, for any selection, against the oracle."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings

from stats.reports import engine
from stats.reports.selection import Selection
from stats.reports.sums import Sums
from tests import oracle
from tests.generated import Ledger, ledgers
from tests.ledger import in_zones, rolled_back, write

pytestmark = pytest.mark.django_db

QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "total": lambda selection: {(): engine.total(selection)},
    "user": engine.by_user,
    "job": engine.by_job,
    "endpoint": engine.by_endpoint,
    "day": engine.by_day,
}


@given(ledgers)
@settings(max_examples=60)
def test_any_selection_adds_up_as_the_oracle_says(ledger: Ledger) -> None:
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        for selection in [ledger.selection() for _time in range(6)]:
            for by, question in QUESTIONS.items():
                answer = {key: asdict(sums) for key, sums in question(selection).items()}
                expected = oracle.sums(ledger.rows, selection, by, ledger.zones)
                assert answer == expected, f"by {by}: {selection}"
