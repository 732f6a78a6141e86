"""A closed month has a line for each group that a user was in."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from stats.closings import comparing
from stats.closings.bundling import table_faults
from stats.ingest.groups import set_group
from stats.models import ClosedLine, ClosingEntry
from tests.closings.ledgers import (
    NOW,
    OCTOBER,
    SEPTEMBER,
    call,
    close,
    known,
    signed_and_adjusted,
    verified,
)
from tests.ledger import in_zones, row, write
from tests.oracle import Zones
from tests.processes import manage, python
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
ADOPTED = {"ADOPTED": "1", "USER_LABEL_COLUMN": "name", "USER_GROUP_COLUMN": "department"}


def moves(user: int, group: str, since: date) -> None:
    set_group(user, group, since, NOW.date())


def costs(place: int) -> list[tuple[int, str | None, int]]:
    """Users, groups, and costs in ten-thousandths of an entry's lines, in their order."""
    lines = ClosedLine.objects.filter(entry_id=place).order_by("number")
    return list(lines.values_list("user_id", "group", "cost_units"))


@pytest.fixture
def closed() -> None:
    """User 1 is in no group, from the 10th in Law, from the 20th in Sales; user 2 always in Law.
    User 3 changes at the edges of the month."""
    write(
        call("1.0000", day=9, user_id=1),
        call("2.0000", day=10, user_id=1),
        call("4.0000", day=19, user_id=1, prompt_price_unit="EUR"),
        call("8.0000", day=20, user_id=1),
        call("16.0000", day=31, user_id=2),
        call("32.0000", day=1, user_id=3),
        call("64.0000", day=30, month=9, user_id=3),
    )
    moves(1, "Law", date(2026, 10, 10))
    moves(1, "Sales", date(2026, 10, 20))
    moves(2, "Law", date(2026, 1, 1))
    moves(3, "Law", date(2026, 9, 1))
    moves(3, "law", date(2026, 10, 1))
    moves(3, "", date(2026, 11, 1))
    verified()
    close(SEPTEMBER)
    close()


@pytest.mark.usefixtures("closed")
class TestDated:
    def test_a_user_who_moved_has_lines_of_each_group(self) -> None:
        assert costs(1) == [(3, "Law", 640_000)]
        assert costs(2) == [
            (1, None, 10_000),
            (1, "Law", 40_000),
            (1, "Law", 20_000),
            (1, "Sales", 80_000),
            (2, "Law", 160_000),
            (3, "law", 320_000),
        ]
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)
        assert list(table_faults()) == []

    def test_nothing_differs_while_no_group_of_the_month_changes(self) -> None:
        moves(1, "Tax", date(2026, 11, 1))
        moves(2, "Tax", date(2026, 11, 24))
        verified()
        assert ClosingEntry.objects.count() == 2

    def test_a_group_of_the_month_that_is_told_later(self) -> None:
        moves(2, "Tax", date(2026, 10, 31))
        moves(1, "Law", date(2026, 10, 15))
        verified()
        assert costs(3) == [
            (1, "Law", 80_000),
            (1, "Sales", -80_000),
            (2, "Law", -160_000),
            (2, "Tax", 160_000),
        ]
        assert [total.cost_units for total in ClosingEntry.objects.get(place=3).totals.all()] == [0]
        moves(2, "Law", date(2026, 10, 31))
        verified()
        assert costs(4) == [(2, "Law", 160_000), (2, "Tax", -160_000)]
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)

    def test_calls_that_are_not_folded_yet(self) -> None:
        write(
            call("0.0001", day=9, user_id=1),
            call("0.0002", day=10, user_id=1),
            call("0.0004", day=31, user_id=2),
            call("0.0008", day=2, user_id=9),
        )
        (entry,) = comparing.compare(NOW)
        assert costs(entry.place) == [(1, None, 1), (1, "Law", 2), (2, "Law", 4), (9, None, 8)]
        fold_all(now=NOW)
        assert comparing.compare(NOW) == []
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)


def test_the_day_is_that_of_the_ledgers_zone() -> None:
    """In Taipei the 10th, and October, begin eight hours before they do in the column."""
    with in_zones(Zones("Asia/Taipei", "UTC")):
        write(
            row(user_id=1, cost="1.0000", created_at=datetime(2026, 9, 30, 16)),
            row(user_id=1, cost="2.0000", created_at=datetime(2026, 10, 9, 15, 59, 59)),
            row(user_id=1, cost="4.0000", created_at=datetime(2026, 10, 9, 16)),
            row(user_id=1, cost="8.0000", created_at=datetime(2026, 10, 31, 16)),
        )
        moves(1, "Law", date(2026, 10, 1))
        moves(1, "Sales", date(2026, 10, 10))
        now = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
        verified(now)
        close(now=now)
        assert costs(1) == [(1, "Law", 30_000), (1, "Sales", 40_000)]
        write(row(user_id=1, cost="0.0001", created_at=datetime(2026, 10, 9, 16)))
        comparing.compare(now)
        assert costs(2) == [(1, "Sales", 1)]


@pytest.mark.database("sqlite")
def test_adopted_the_group_of_the_closing_stays(tmp_path: Path) -> None:
    """The model has groups from its settings, which are those of a process."""
    file = tmp_path / "adopted.sqlite3"
    url = f"sqlite:///{file}"
    assert manage("migrate", "-v0", DATABASE_URL=url).returncode == 0
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
        connection.commit()
    settings = {**ADOPTED, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = python("-m", "tests.closings.adopted", **settings)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["closed"] == [[1, "Law", 10_000], [2, None, 20_000], [3, None, 40_000]]
    assert found["after_a_move"] == 1
    assert found["adjusted"] == [[1, "Law", 80_000], [3, None, -40_000], [4, "Tax", 160_000]]
    assert found["faults"] == []
    # Other label columns, as of now, change nothing that was written.
    relabelled = {"ADOPTED": "1", "USER_LABEL_COLUMN": "department", "DATABASE_URL": url}
    verified = manage("verify_usage", **relabelled)
    assert (verified.returncode, "Adjusted" in verified.stdout) == (0, False)
    assert manage("verify_closings", **relabelled).stdout == "2 entries: all fits.\n"
