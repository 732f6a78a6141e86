"""Backup and restore with the commands of docs/backup.md; the sums are verified afterwards."""

import contextlib
import itertools
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PrivateServer, ServerMissingError, program
from tests.faults.processes import FoldingProcess
from tests.numbers import numbers
from tests.processes import Done, manage
from tests.servers import Gunicorn, migrated, new_key
from tests.traffic import Traffic, post

pytestmark = pytest.mark.database("server")

CALLS = "dt_api_usage_stats"
# Posts before, while and after something happens.
ENOUGH = 100
TOTALS = """
from stats.models import APIUsageStats
for found in APIUsageStats.get_endpoint_statistics():
    print(found["endpoint"], found["total_calls"], found["total_cost"])
"""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Ledger:
    """A database of the server, and the application on it."""

    server: PrivateServer
    name: str

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.server.url(self.name)}

    def manage(self, *arguments: str) -> Done:
        return manage(*arguments, **self.environment)

    def succeed(self, *arguments: str) -> str:
        """What a command printed; it must exit with 0."""
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        connection = self.server.connect(self.name)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            connection.commit()
            return list(cursor.fetchall())

    def dump(self, file: Path, *tables: str) -> None:
        options = ["--single-transaction", "--quick", "--hex-blob"]
        if self.server.dumper == "mysqldump":
            options.append("--set-gtid-purged=OFF")
        with file.open("wb") as output:
            self.run(self.server.dumper, *options, self.name, *tables, stdout=output)

    def restore(self, file: Path) -> None:
        with file.open("rb") as dump:
            self.run(self.server.client, self.name, stdin=dump)

    def run(self, name: str, *arguments: str, **streams: Any) -> None:
        try:
            path = program(name, self.server.name)
        except ServerMissingError as error:
            pytest.skip(str(error))
        way = ("--no-defaults", "--user=root", f"--socket={self.server.socket}")
        subprocess.run([path, *way, *arguments], check=True, **streams)

    def calls(self) -> int:
        [(calls,)] = self.execute(f"SELECT COUNT(*) FROM {CALLS}")
        return int(calls)

    def check_books(self) -> None:
        """The sums agree with the calls, by the commands that docs/backup.md names."""
        self.succeed("fold_usage")
        self.succeed("verify_usage")


@pytest.fixture
def new_ledger(database_server: PrivateServer) -> Callable[[], Ledger]:
    """Empty databases."""

    def create() -> Ledger:
        ledger = Ledger(database_server, f"restore_{next(_numbers)}")
        database_server.create_database(ledger.name)
        return ledger

    return create


@pytest.fixture
def ledger(database_server: PrivateServer) -> Ledger:
    """A database with a month of calls."""
    ledger = Ledger(database_server, f"restore_{next(_numbers)}")
    migrated(database_server, ledger.name)
    ledger.succeed("demo_data", "--calls", "3000", "--days", "30", "--seed", "1")
    return ledger


@contextlib.contextmanager
def serving(ledger: Ledger, log: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(log, ledger.environment)
    gunicorn.start()
    try:
        yield gunicorn
    finally:
        gunicorn.stop()


def test_a_dump_taken_under_writes_and_folds(
    ledger: Ledger, new_ledger: Callable[[], Ledger], tmp_path: Path
) -> None:
    key = new_key(ledger.environment)
    with (
        serving(ledger, tmp_path / "log") as gunicorn,
        FoldingProcess(ledger.environment["DATABASE_URL"]) as folding,
        Traffic(gunicorn, key) as traffic,
    ):
        folding.start()
        traffic.wait_for(ENOUGH)
        before = list(traffic.delivered)
        ledger.dump(tmp_path / "dump")
        traffic.wait_for(ENOUGH)
        folding.kill()
    assert traffic.errors == []
    restored = new_ledger()
    restored.restore(tmp_path / "dump")
    restored.check_books()
    there = set(posted(restored))
    assert there >= {name for each in before for name in each.endpoints}
    for each in traffic.delivered:
        assert there.issuperset(each.endpoints) or there.isdisjoint(each.endpoints)
    # What came after the dump is lost; whoever still has it may post it all again.
    with serving(restored, tmp_path / "log") as gunicorn:
        for each in traffic.delivered:
            post(gunicorn, key, each.number)
    assert posted(restored) == sorted(name for each in traffic.delivered for name in each.endpoints)
    restored.check_books()


def posted(ledger: Ledger) -> list[str]:
    """The endpoints of the calls that were posted, sorted; each has one of its own."""
    found = ledger.execute(f"SELECT api_endpoint FROM {CALLS} WHERE api_endpoint REGEXP '^/[0-9]'")
    return sorted(name for (name,) in found)


class TestOnlyTheCalls:
    """The calls of an older dump under sums of later ones."""

    @pytest.fixture
    def lost(self) -> int:
        """How many calls are newer than the dump."""
        return 500

    @pytest.fixture
    def restored(self, ledger: Ledger, tmp_path: Path, lost: int) -> Ledger:
        ledger.dump(tmp_path / "dump", CALLS)
        add_calls(ledger, lost, cost="0.5")
        ledger.succeed("fold_usage")
        ledger.restore(tmp_path / "dump")
        return ledger

    def test_is_noticed_and_mended(self, restored: Ledger) -> None:
        correct = from_the_calls(restored)
        for command in ("fold_usage", "verify_usage"):
            done = restored.manage(command)
            assert (done.returncode, "manage.py rebuild_usage" in done.stderr) == (1, True)
        assert totals(restored) == correct
        restored.succeed("rebuild_usage")
        restored.check_books()
        assert totals(restored) == correct

    def test_is_found_even_when_new_calls_have_taken_the_ids(
        self, restored: Ledger, lost: int
    ) -> None:
        """Writers were let in too early: as many calls as before, and more, but others."""
        add_calls(restored, lost + 100, cost="0.25")
        done = restored.manage("verify_usage")
        assert (done.returncode, "--repair" in done.stderr) == (1, True)
        restored.succeed("verify_usage", "--repair")
        restored.succeed("verify_usage")
        assert totals(restored) == from_the_calls(restored)


class TestAfterAPurge:
    """The sums are all that is left of purged days."""

    @pytest.fixture
    def purged(self, ledger: Ledger) -> Ledger:
        ledger.succeed("fold_usage")
        # Folded so long ago that nothing is recounted any more.
        ledger.execute("UPDATE stats_foldedchunk SET folded_at = folded_at - INTERVAL 2 HOUR")
        add_calls(ledger, 1, cost="0.5")
        ledger.succeed("fold_usage")
        ledger.succeed(
            "purge_calls", "--open-months-too", "--before", str(date.today() - timedelta(days=10))
        )
        return ledger

    def test_the_whole_backup_brings_them_back(
        self, purged: Ledger, new_ledger: Callable[[], Ledger], tmp_path: Path
    ) -> None:
        before = totals(purged)
        assert purged.calls() < sum(calls for calls, _cost in before.values())
        purged.dump(tmp_path / "whole")
        # The calls alone, of another dump: no command may say to forget the sums.
        purged.execute(f"DELETE FROM {CALLS} ORDER BY id DESC LIMIT 20")
        for command in ("fold_usage", "verify_usage", "rebuild_usage"):
            done = purged.manage(command)
            assert done.returncode == 1
            assert "docs/backup.md" in done.stderr
            assert "manage.py rebuild_usage" not in done.stderr
        restored = new_ledger()
        restored.restore(tmp_path / "whole")
        restored.check_books()
        assert totals(restored) == before


def add_calls(ledger: Ledger, number: int, cost: str) -> None:
    """As the other application writes them, some minutes ago."""
    ledger.execute(
        f"INSERT INTO {CALLS} (user_id, api_endpoint, success, cost, created_at) "
        f"SELECT 7, '/x', 1, {cost}, UTC_TIMESTAMP() - INTERVAL 5 MINUTE FROM {numbers(1, number)}"
    )


def totals(ledger: Ledger) -> dict[str, tuple[int, float]]:
    """Calls and cost per endpoint, as the statistics tell them."""
    return {
        name: (int(calls), float(cost))
        for name, calls, cost in map(
            str.split, ledger.succeed("shell", "-v0", "-c", TOTALS).splitlines()
        )
    }


def from_the_calls(ledger: Ledger) -> dict[str, tuple[int, float]]:
    """The same from the calls themselves."""
    found = ledger.execute(f"SELECT api_endpoint, COUNT(*), SUM(cost) FROM {CALLS} GROUP BY 1")
    return {name: (calls, float(cost)) for name, calls, cost in found}
