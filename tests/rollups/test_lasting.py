"""Calls that never add up: said by whoever folds, and no page waits for them."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q

from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import chunk, folding
from tests.ledger import row, write
from tests.rollups.folded import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours: failures are read by another rule than they are counted by."""
    write(row(success=False), row(), row(success=False))
    monkeypatch.setattr(chunk, "FAILED", Q(pk__lt=0))


def test_fold_usage_fails_loudly(faulty: None) -> None:
    with pytest.raises(CommandError, match="do not add up: 2 of them failed, and 0 failures are"):
        call_command("fold_usage")


def test_reports_go_on(faulty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "LONG_TAIL", 1)
    folding.note_newest_id(NOW)
    with folding.reading_at(NOW):
        assert engine.total(Selection()).calls == 3
        assert folding.current_rollup_state().tail == 3
