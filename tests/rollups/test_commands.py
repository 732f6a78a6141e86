"""The commands that care for the sums: what they say and their exit status."""

import os
import signal
from datetime import date, datetime, timedelta
from functools import partial
from io import StringIO
from threading import Event
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from stats.models import APIUsageStats, FoldState
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import folding, state
from stats.rollups.chunk import CHUNK_CALLS
from stats.rollups.state import read_rollup_state
from tests.ledger import row, write
from tests.rollups.folded import NOW, fold_all, ids, tables

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

DAYS = ("2026-03-09", "2026-03-10", "2026-03-11")


@pytest.fixture(autouse=True)
def calls() -> None:
    write(*[row(created_at=datetime.fromisoformat(f"{day} 12:00")) for day in DAYS])
    write(row(created_at=None))


def said(name: str, *args: str) -> str:
    """What a command writes; it has no terminal and so no bar."""
    out = StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue().strip()


def complaint(name: str, *args: str) -> str:
    """The sentence with which a command ends in exit status 1."""
    with pytest.raises(CommandError) as caught:
        said(name, *args)
    assert caught.value.returncode == 1
    return str(caught.value)


@pytest.fixture
def other_zone(settings: Any) -> None:
    fold_all()
    settings.TIME_ZONE = "Asia/Taipei"


class TestFold:
    def test_says_how_far_it_has_come(self) -> None:
        assert said("fold_usage") == f"Folded up to call {ids()[-1]}.\nNewer ids left: 0."
        assert engine.total(Selection()).calls == read_rollup_state().folded_to - ids()[0] + 1

    def test_folds_all_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert CHUNK_CALLS > 1
        monkeypatch.setattr("stats.rollups.folding.fold.__defaults__", (1,))
        said("fold_usage")
        assert read_rollup_state().tail == 0

    def test_nothing_new(self) -> None:
        said("fold_usage")
        before = tables()
        assert "Newer ids left: 0." in said("fold_usage")
        assert tables() == before

    @pytest.mark.database("server")
    def test_waits_for_the_margin(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The newest call there is when it starts is folded when it ends."""
        settings.FOLD_MARGIN_SECONDS = 0.01
        said("fold_usage")
        assert read_rollup_state().tail == 0

    def test_again_and_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        waited: list[float] = []

        class Stop(Event):
            def wait(self, timeout: float | None = None) -> bool:
                if timeout:
                    waited.append(timeout)
                    write(row())
                return len(waited) == 3

        # That of the command alone: other threads wait, too.
        monkeypatch.setattr("stats.management.stopping.Event", Stop)
        said("fold_usage", "--loop", "7")
        assert waited == [7, 7, 7]
        assert read_rollup_state().tail == 1

    @pytest.mark.parametrize("arguments", [(), ("--loop", "60")])
    def test_told_to_stop_it_ends_with_the_chunk_in_hand(
        self, arguments: tuple[str, ...], settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.FOLD_MARGIN_SECONDS = 0
        folding.note_newest_id(NOW)
        fold_one = partial(folding.fold, most_calls=1)

        def fold(now: datetime) -> folding.Fold:
            os.kill(os.getpid(), signal.SIGTERM)
            return fold_one(now)

        monkeypatch.setattr(folding, "fold", fold)
        before = signal.getsignal(signal.SIGTERM)
        told = f"Folded up to call {ids()[0]}.\nNewer ids left: 3."
        assert said("fold_usage", *arguments) == told
        assert signal.getsignal(signal.SIGTERM) == before

    def test_refuses_sums_of_other_zones(self, other_zone: None) -> None:
        assert "rebuild_usage" in complaint("fold_usage")

    def test_refuses_sums_of_another_table(self) -> None:
        said("fold_usage")
        APIUsageStats.objects.filter(pk__in=ids()[2:])._raw_delete("default")
        assert "rebuild_usage" in complaint("fold_usage")


class TestRebuild:
    def test_some_days(self) -> None:
        fold_all()
        before = tables()
        assert said("rebuild_usage", "--from", DAYS[0], "--to", DAYS[1]) == "Rebuilt 2 days."
        assert tables() == before

    def test_everything(self) -> None:
        fold_all()
        before = tables()
        assert "fold_usage" in said("rebuild_usage")
        assert not any(tables().values())
        said("fold_usage")
        assert tables() == before

    def test_mends_another_zone(self, other_zone: None) -> None:
        assert "not enough" in complaint("rebuild_usage", "--from", DAYS[0], "--to", DAYS[1])
        said("rebuild_usage")
        said("fold_usage")
        assert read_rollup_state().are_usable
        assert said("verify_usage").endswith("agree.")

    def test_half_a_range(self) -> None:
        assert complaint("rebuild_usage", "--from", DAYS[0]) == "--from and --to belong together."
        assert complaint("rebuild_usage", "--to", DAYS[0]) == "--from and --to belong together."

    def test_a_range_that_ends_before_it_starts(self) -> None:
        fold_all()
        assert "before" in complaint("rebuild_usage", "--from", DAYS[1], "--to", DAYS[0])

    def test_no_date(self) -> None:
        assert "--from" in complaint("rebuild_usage", "--from", "yesterday", "--to", DAYS[0])

    def test_purged_days(self) -> None:
        fold_all()
        FoldState.objects.update(purged_before="2026-03-10")
        assert "2026-03-10 are gone" in complaint(
            "rebuild_usage", "--from", DAYS[0], "--to", DAYS[1]
        )
        refused = complaint("rebuild_usage")
        assert "2026-03-10 are gone" in refused
        assert "--from" in refused
        assert "docs/backup.md" in refused

    def test_another_writer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fold_all()
        monkeypatch.setattr(state, "lock_state", lambda: None)
        assert "Another process" in complaint("rebuild_usage")


class TestUnusableAfterAPurge:
    """What is purged is known to the sums alone: no command says to forget them."""

    COMMANDS = (
        ("fold_usage",),
        ("verify_usage",),
        ("verify_usage", "--repair"),
        ("rebuild_usage",),
        ("rebuild_usage", "--from", DAYS[2], "--to", DAYS[2]),
        ("purge_calls", "--open-months-too", "--before", DAYS[2]),
    )

    @pytest.fixture(autouse=True)
    def purged(self) -> None:
        fold_all(now=NOW.replace(year=2020))
        said("fold_usage")
        said("purge_calls", "--open-months-too", "--before", DAYS[1])

    @pytest.mark.parametrize("command", COMMANDS)
    def test_a_restored_table_wants_the_whole_backup(self, command: tuple[str, ...]) -> None:
        APIUsageStats.objects.filter(pk=ids()[-1])._raw_delete("default")
        FoldState.objects.update(purged_to=ids()[0])
        told = complaint(*command)
        assert "docs/backup.md" in told
        assert "rebuild_usage" not in told

    @pytest.mark.parametrize("command", COMMANDS)
    def test_other_zones_are_to_be_set_back(self, settings: Any, command: tuple[str, ...]) -> None:
        settings.TIME_ZONE = "Asia/Taipei"
        told = complaint(*command)
        assert "set TIME_ZONE=UTC and DATABASE_TIME_ZONE=UTC again" in told
        assert "rebuild_usage" not in told


class TestVerify:
    def test_all_agrees(self) -> None:
        fold_all()
        # Three days, and the calls without a time.
        assert said("verify_usage") == "Verified 4 days: rollups and calls agree."

    def differ(self) -> None:
        fold_all()
        APIUsageStats.objects.filter(pk__in=[ids()[0], ids()[-1]]).update(cost=99)

    def test_days_that_differ_are_named(self) -> None:
        self.differ()
        out = StringIO()
        with pytest.raises(CommandError, match="2 days differ; --repair") as caught:
            call_command("verify_usage", stdout=out)
        assert caught.value.returncode == 1
        assert out.getvalue().splitlines() == [
            "Differs: calls without a time",
            f"Differs: {DAYS[0]}",
        ]
        assert FoldState.objects.get().differing_days == ["1000-01-01", DAYS[0]]

    def test_they_can_be_mended_at_once(self) -> None:
        self.differ()
        lines = said("verify_usage", "--repair").splitlines()
        assert lines[:2] == ["Rebuilt: calls without a time", f"Rebuilt: {DAYS[0]}"]
        assert said("verify_usage").endswith("agree.")
        assert FoldState.objects.get().differing_days == []

    def test_sums_of_other_zones(self, other_zone: None) -> None:
        assert "rebuild_usage" in complaint("verify_usage")
        assert "rebuild_usage" in complaint("verify_usage", "--repair")

    def test_another_writer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fold_all()
        monkeypatch.setattr(state, "lock_state", lambda: None)
        assert "Another process" in complaint("verify_usage")


class TestPurge:
    @pytest.fixture(autouse=True)
    def folded(self) -> None:
        """Long ago, so that nothing is recounted any more."""
        fold_all(now=NOW.replace(year=2020))
        said("fold_usage")

    def test_says_how_many(self) -> None:
        assert (
            said("purge_calls", "--open-months-too", "--before", DAYS[2])
            == "2 calls removed; their sums are kept."
        )
        assert len(ids()) == 2
        assert engine.total(Selection()).calls == 4

    def test_says_how_many_have_to_wait(self) -> None:
        """A late call is still recounted."""
        write(row(created_at=datetime.fromisoformat(f"{DAYS[0]} 13:00")))
        said("fold_usage")
        told = said("purge_calls", "--open-months-too", "--before", DAYS[2])
        assert told.startswith("2 calls removed; their sums are kept. 1 of these days stay")

    def test_wants_a_date(self) -> None:
        assert "--before" in complaint("purge_calls")
        assert "--before" in complaint("purge_calls", "--before", "soon")

    def test_the_future(self) -> None:
        before = str(date.today() + timedelta(days=9))
        assert "future" in complaint("purge_calls", "--open-months-too", "--before", before)
        assert len(ids()) == 4

    def test_days_that_differ(self) -> None:
        APIUsageStats.objects.filter(pk=ids()[0]).update(cost=99)
        assert "differ on 2026-03-09" in complaint(
            "purge_calls", "--open-months-too", "--before", DAYS[2]
        )
        assert len(ids()) == 4

    def test_another_writer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state, "lock_state", lambda: None)
        assert "Another process" in complaint(
            "purge_calls", "--open-months-too", "--before", DAYS[2]
        )
