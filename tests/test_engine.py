"""Every sum of the engine, for any selection, against the oracle."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.reports import engine
from stats.reports.selection import Selection
from stats.reports.sums import Sums
from tests import oracle
from tests.generated import Ledger, ledgers, selections
from tests.ledger import in_zones, rolled_back, write

pytestmark = pytest.mark.django_db

QUESTIONS: dict[str, Callable[[Selection], Mapping[Any, Sums]]] = {
    "total": lambda selection: {(): engine.total(selection)},
    "user": engine.by_user,
    "job": engine.by_job,
    "endpoint": engine.by_endpoint,
    "day": engine.by_day,
}


@given(ledger=ledgers(), data=st.data())
@settings(max_examples=150)
def test_any_selection_adds_up_as_the_oracle_says(ledger: Ledger, data: st.DataObject) -> None:
    selection = data.draw(selections(ledger))
    with in_zones(ledger.zones), rolled_back():
        write(*ledger.rows)
        for by, question in QUESTIONS.items():
            answer = {key: asdict(sums) for key, sums in question(selection).items()}
            assert answer == oracle.sums(ledger.rows, selection, by, ledger.zones)
