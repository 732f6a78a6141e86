"""As closed + adjustments = as known now, for every line, whatever happens to the table."""

import os

import pytest

from stats.closings.bundling import table_faults
from tests.closings.changes import change

CHANGES = int(os.environ.get("CLOSING_CHANGES", "20"))
# Of one ledger: comparing grows with its chain.
MOST_STEPS = 100


@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.parametrize("seed", range(max(1, CHANGES // MOST_STEPS)))
def test_closed_and_adjusted_is_known(seed: int) -> None:
    steps = min(CHANGES, MOST_STEPS)
    entries = change(seed, steps)
    assert entries > steps // 5
    assert list(table_faults()) == []
