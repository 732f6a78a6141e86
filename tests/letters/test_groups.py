"""The letter to the head of a group has that group alone."""

import json
import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.letters.grouped import ALL, HEAD
from tests.processes import manage, python

# The answers come from a SQLite file of their own; tests/adoption asks a server.
pytestmark = pytest.mark.database("sqlite")
ADOPTED = {
    "ADOPTED": "1",
    "USER_LABEL_COLUMN": "name",
    "JOB_LABEL_COLUMN": "name",
    "USER_GROUP_COLUMN": "department",
}
NAMES = {1: "Ann", 2: "Bob", 3: "Tilda", 4: "Nemo"}
# Names, endpoints, budgets and numbers of others, and what is of all together.
OF_OTHERS = re.compile(r"Tilda|Nemo|Tax|tax|everybody|endpoint/|666|777|2331|1665|555|1999|1777")


def found_in(url: str, **environment: str) -> dict[str, Any]:
    """What `tests.letters.grouped` finds in a database."""
    settings = {**environment, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = python("-m", "tests.letters.grouped", **settings)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(found: dict[str, Any]) -> None:
    """Law's letter, that of everything, who got which."""
    subject, text, html, cells, name = found["letters"]["law"]
    assert subject == "LLM costs of Law, October 2026"
    assert text.startswith("In October 2026 Law spent USD\xa030.50. [1]")
    assert "Budget of Law" in text
    assert "Budget of one of Law" in text
    assert "mainly Ann [" in text
    closed = "— The month is closed\nClosed by ann, 24 Nov 2026, 15:42:00 UTC."
    assert f"{closed}\n\n" in text
    assert "Keep this letter" not in text
    for part in (subject, text, html, json.dumps(cells), name):
        assert OF_OTHERS.search(part) is None, OF_OTHERS.search(part)
    assert set(cells) == {"sums", "users", "lines", "About this file"}
    assert [line[1] for line in cells["users"][1:]] == ["Ann", "Bob"]
    assert sum(Decimal(line[-1]) for line in cells["lines"][1:]) == Decimal("30.5")
    assert all("group=Law" in link for link in re.findall(r"created_at_after\S+", text))

    subject, text, html, cells, _name = found["letters"]["everything"]
    assert subject == "LLM costs, October 2026"
    assert "— Who spent it\n• Tax: USD\xa02,331.77" in text
    assert closed in text
    assert "Known now: USD\xa0666.66 more than closed." in text
    assert "Keep this letter" in text
    assert "• no group: USD\xa01,665.55, 41.4\u202f% [" in text
    assert {"Tilda", "Nemo", "Budget of Tax"} <= set(re.findall(r"Tilda|Nemo|Budget of Tax", text))
    assert {line[1] for line in cells["groups"][1:]} == {"Law", "Tax", "no group"}
    assert OF_OTHERS.search(html)

    assert found["by_itself"] == {
        "sent": [[ALL, "LLM costs, October 2026"], [HEAD, "LLM costs of Law, October 2026"]],
        "later": [],
        "why": "The recipient hears of group Tax alone.",
    }
    assert found["refused"] == ["--group: no user is in this group."] * 3


def test_it_has_that_group_alone(tmp_path: Path) -> None:
    file = tmp_path / "grouped.sqlite3"
    assert manage("migrate", "-v0", DATABASE_URL=f"sqlite:///{file}").returncode == 0
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
        connection.executemany("INSERT INTO dt_users (id, name) VALUES (?, ?)", NAMES.items())
        connection.commit()
    check(found_in(f"sqlite:///{file}", **ADOPTED))
