"""Whoever hears of one group hears of nothing else: whatever the way to them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.notices.grouped import HEAD, WHOSE
from tests.processes import manage, python

# The answers come from a SQLite file of their own; tests/adoption asks the servers.
pytestmark = pytest.mark.database("sqlite")
ADOPTED = {
    "ADOPTED": "1",
    "USER_LABEL_COLUMN": "name",
    "JOB_LABEL_COLUMN": "name",
    "USER_GROUP_COLUMN": "department",
}
OF_LAW = ["ann of law", "law"]
OF_OTHERS = sorted(set(WHOSE) - set(OF_LAW))


def found_in(url: str, **environment: str) -> dict[str, Any]:
    """What `tests.notices.grouped` finds in a database."""
    settings = {**environment, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = python("-m", "tests.notices.grouped", **settings)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(found: dict[str, Any]) -> None:
    """Law's alone goes to those who are limited to it; all goes to those who are not."""
    assert found["named_by_budgets"] == {"head": OF_LAW, "all": sorted(WHOSE)}
    assert found["limited_later"] == {
        "told": [f"Budget “{name}” has reached 100\u202f% in November 2026" for name in OF_LAW],
        "given up": OF_OTHERS,
        "why": ["The recipient hears of group Law alone."],
    }
    error = {"mails": f"These hear of another group alone: {HEAD}."}
    assert found["refused"] == dict.fromkeys(OF_OTHERS, error)
    assert found["unusual_days"] == {"head": ["group Law", "user 1"], "all": 7}
    nobody = {"group": ["No user is in this group."]}
    assert found["form"] == {"Law": {}, "law": nobody, "Nobody's": nobody, "": {}}


def test_they_hear_of_their_group_alone(tmp_path: Path) -> None:
    file = tmp_path / "grouped.sqlite3"
    assert manage("migrate", "-v0", DATABASE_URL=f"sqlite:///{file}").returncode == 0
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
        connection.executemany(
            "INSERT INTO dt_users (id, name) VALUES (?, ?)", [(1, "Ann"), (2, "Bob"), (7, "Eve")]
        )
        connection.commit()
    check(found_in(f"sqlite:///{file}", **ADOPTED))
