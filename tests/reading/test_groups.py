"""The groups of users, where the users' table has a column of them."""

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from stats.reports.ranking import Measure
from tests.processes import manage, python
from tests.reading import expected as oracle
from tests.reading import html
from tests.reading.calls import MIXED, RUNNING, Variant
from tests.reading.cells import Reading
from tests.reading.expected import Case, Expected, Figures
from tests.reading.grouped import GROUPS
from tests.reading.headings import LANGUAGES
from tests.reading.test_links import LINKED, check_list
from tests.reading.test_tables import check_value

# The pages come from a SQLite file of their own, whatever the tests run on.
pytestmark = pytest.mark.database("sqlite")
Ledger = Callable[[Variant], None]
Ask = Callable[..., list[str]]
ADOPTED = {
    "ADOPTED": "1",
    "USER_LABEL_COLUMN": "name",
    "JOB_LABEL_COLUMN": "name",
    "USER_GROUP_COLUMN": "department",
    "DJANGO_SETTINGS_MODULE": "tests.settings",
}
PATHS = {"users": "/admin/reports/users/", "groups": "/admin/reports/groups/"}
NONE = ("no group", "無群組")
OF_USER = " ".join(f"WHEN {user} THEN '{group or ''}'" for user, group in GROUPS.items())
GROUP = f"CASE user_id {OF_USER} END"


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks for addresses, each in a language, over a variant of the ledger."""
    folder = tmp_path_factory.mktemp("grouped")
    empty = folder / "empty.sqlite3"
    done = manage("migrate", "-v0", DATABASE_URL=f"sqlite:///{empty}")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(empty) as connection:
        connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
    # As a whole, not in a log beside it.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()

    def case(variant: Variant, *addresses: tuple[str, str]) -> list[str]:
        file = folder / f"{variant}.sqlite3"
        if not file.exists():
            shutil.copy(empty, file)
        done = python(
            "-m",
            "tests.reading.grouped",
            json.dumps([variant.name, addresses]),
            DATABASE_URL=f"sqlite:///{file}",
            **ADOPTED,
        )
        assert done.returncode == 0, done.stderr
        found: list[str] = json.loads(done.stdout)
        return found

    return case


def groups(case: Case) -> Expected:
    """Ranked as users are, with those that have none."""
    now = case.now.in_currency(case.ranked_in).distinct("user_id")
    members = [GROUPS[user] or "" for user in now]

    def of_key(key: str) -> tuple[tuple[str, str], Figures]:
        return (key, key) if key else NONE, {"group": key, "users": members.count(key)}

    found = oracle.ranked(case, GROUP, "group", of_key, is_compared=True)
    assert found.total
    columns = {**found.total.columns, "users": len(members)}
    total = replace(found.total, labels=("All groups", "所有群組"), columns=columns)
    return replace(found, total=total)


def users(case: Case) -> Expected:
    """With the group of each."""
    found = oracle.users(case)
    rows = [
        replace(row, columns={**row.columns, "group": GROUPS[row.columns["user_id"]]})
        for row in found.rows
    ]
    return replace(found, rows=rows)


TABLES = {"users": users, "groups": groups}


def table_of(page: Element, name: str) -> html.Table:
    (found,) = (table for table in html.tables(page) if table.name == name)
    return found


@pytest.mark.parametrize("variant", [RUNNING, MIXED], ids=str)
def test_groups_say_what_their_users_calls_do(variant: Variant, ledger: Ledger, ask: Ask) -> None:
    """Under each of what is ranked by, in each language."""
    ledger(variant)
    cases = [(language, measure.value) for language in LANGUAGES for measure in Measure]
    for name, path in PATHS.items():
        pages = ask(variant, *((language, f"{path}?rank={rank}") for language, rank in cases))
        for (language, rank), text in zip(cases, pages, strict=True):
            case = Case(f"reports_{name}", variant, {"rank": rank})
            table = table_of(html.parse(text), name)
            Reading(table, case, TABLES[name](case), language, is_plain=False).check()


@pytest.mark.parametrize("variant", [RUNNING, MIXED], ids=str)
def test_files_have_the_groups_too(variant: Variant, ledger: Ledger, ask: Ask) -> None:
    ledger(variant)
    case = Case("reports_users", variant)
    texts = ask(variant, *(("en", f"{PATHS[name]}export.csv") for name in TABLES))
    for rows, text in zip(TABLES.values(), texts, strict=True):
        found = list(csv.DictReader(text.splitlines()))
        for row, exact in zip(found, rows(case).rows, strict=True):
            for column, value in row.items():
                check_value(column, value, exact.columns)


def test_a_group_leads_to_its_users_and_its_calls(ledger: Ledger, ask: Ask) -> None:
    ledger(RUNNING)
    case = Case("reports_groups", RUNNING)
    table = table_of(html.parse(ask(RUNNING, ("en", PATHS["groups"]))[0]), "groups")
    read = Reading(table, case, groups(case), "en", is_plain=False)
    rows = [(line, row) for line, row in read.rows if not row.is_gone]
    names = [line.cells["Group today"][0].link for line, _row in rows]
    for text, (_line, row) in zip(ask(RUNNING, *_english(names)), rows, strict=True):
        members = table_of(html.parse(text), "users").part("tbody")
        assert len([line for line in members if "gone" not in line.classes]) == row.columns["users"]
    told = [
        (line.cells[heading][0].link, found.column, row.columns[found.column])
        for line, row in rows
        for heading, found in read.headings.items()
        if found.column in LINKED and row.columns[found.column]
    ]
    pages = ask(RUNNING, *_english(link for link, _column, _exact in told))
    for text, (_link, column, exact) in zip(pages, told, strict=True):
        check_list(html.parse(text), column, exact, "USD")


def _english(links: Iterable[str]) -> Iterator[tuple[str, str]]:
    return (("en", link) for link in links)
