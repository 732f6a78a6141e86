"""A clock that was ahead once: what was noted under it is noticed, told and mended."""

import logging
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from stats.models import FoldedChunk, FoldState
from stats.query.extent import future_calls
from stats.rollups import folding, verifying
from stats.rollups.folding import Fold, fold
from stats.rollups.purging import purge
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.rollups.folded import NOW, fold_all

pytestmark = pytest.mark.django_db(transaction=True)

AHEAD = NOW + timedelta(days=400)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def folded_under_a_clock_that_was_ahead() -> None:
    write(row(), row())
    fold_all(now=AHEAD)
    verifying.verify(AHEAD)


@pytest.mark.database("server")
def test_folding_goes_on_after_the_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 5
    write(row())
    fold(AHEAD + HOUR)
    write(row())
    assert fold(NOW) == Fold(0, False)
    assert fold(NOW + 5 * SECOND) == Fold(2, False)
    assert read_rollup_state().tail == 0


def test_it_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        folding.note_newest_id(NOW)
        folding.note_newest_id(NOW)
    [told] = [record.getMessage() for record in caplog.records]
    assert "folded_at 2031-02-19T12:00:00+00:00" in told
    assert "a clock was wrong" in told


def test_a_clock_that_is_ahead_by_seconds_is_as_clocks_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = FoldState.objects.values().get()
    folding.note_newest_id(AHEAD - 30 * SECOND)
    after = FoldState.objects.values().get()
    assert (after["folded_at"], after["verified_at"]) == (AHEAD, AHEAD)
    assert before["folded_to"] == after["folded_to"]
    assert not caplog.records


def test_times_to_come_are_set_right() -> None:
    assert read_rollup_state().clock_ahead(NOW) == timedelta(days=400)
    fold(NOW)
    rollups = read_rollup_state()
    assert (rollups.folded_at, rollups.verified_at) == (NOW, None)
    assert rollups.clock_ahead(NOW) is None


def test_what_was_folded_is_recounted_for_an_hour_and_no_longer() -> None:
    fold(NOW)
    assert FoldedChunk.objects.exists()
    fold(NOW + HOUR + SECOND)
    assert not FoldedChunk.objects.exists()


def test_it_holds_no_purge_up() -> None:
    fold(NOW)
    fold(NOW + HOUR + SECOND)
    assert purge((NOW - timedelta(days=1)).date(), NOW + 2 * HOUR) == 2


def test_fold_usage_says_so() -> None:
    with time_machine.travel(NOW, tick=False):
        assert "400 days, 0:00:00 ahead of this machine's clock" in said("fold_usage")
        assert "ahead" not in said("fold_usage")


def said(command: str) -> str:
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


def test_calls_dated_in_the_future_are_told() -> None:
    write(*(row(created_at=datetime(year, 1, 1)) for year in (2031, 9999)))
    assert future_calls(NOW) == 2
    with time_machine.travel(NOW, tick=False):
        fold_all()
        assert "Dated in the future: 2 calls." in said("verify_usage")
    assert future_calls(NOW.replace(year=2032)) == 1
