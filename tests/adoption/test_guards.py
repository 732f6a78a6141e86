"""A live database is adopted by saying so, and never taken over (spec §1)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests import legacy
from tests.databases import PrivateServer
from tests.oracle import COLUMNS, Rows, Statistics, Zones
from tests.processes import Done, manage, python

pytestmark = pytest.mark.database("server")

ADOPTED = {
    "ADOPTED": "1",
    "USER_LABEL_COLUMN": "display_name",
    "JOB_LABEL_COLUMN": "original_filename",
    "USER_GROUP_COLUMN": "department",
    "TIME_ZONE": "Asia/Taipei",
}
ZONES = Zones("Asia/Taipei", "UTC")
ASK = """
import json, django
django.setup()
from django.utils import timezone
from stats.models import APIUsageStats, EndUser, TranslationJob
dates = {dates}
print(json.dumps({{
    "users": [APIUsageStats.get_user_statistics(user, **dates) for user in (1, 2, 7, 99)],
    "daily": APIUsageStats.get_daily_statistics(**(dates or {{"start_date": "2024-01-01"}})),
    "trend": APIUsageStats.get_cost_trend(**(dates or {{"start_date": "2024-01-01"}})),
    "top": APIUsageStats.get_top_users(2, **dates),
    "endpoints": APIUsageStats.get_endpoint_statistics(**dates),
    "names": [str(EndUser.objects.get(pk=1)), str(TranslationJob.objects.get(pk=12))],
    "groups": list(EndUser.objects.order_by("pk").values_list("group", flat=True)),
}}))
"""


@pytest.fixture
def legacy_url(database_server: PrivateServer) -> Iterator[str]:
    with legacy.database(database_server, "legacy_live", legacy=True) as url:
        yield url


@pytest.fixture
def empty_url(database_server: PrivateServer) -> Iterator[str]:
    with legacy.database(database_server, "legacy_empty", legacy=False) as url:
        yield url


@dataclass(frozen=True)
class Adopted:
    """The legacy database after `migrate` in adopted mode, and what it held before."""

    url: str
    before: dict[str, Any]
    migrated: Done


@pytest.fixture(scope="module")
def adopted(database_server: PrivateServer) -> Iterator[Adopted]:
    with legacy.database(database_server, "legacy_adopted", legacy=True) as url:
        before = contents(database_server, "legacy_adopted")
        yield Adopted(url, before, manage("migrate", DATABASE_URL=url, **ADOPTED))


def contents(server: PrivateServer, database: str) -> dict[str, Any]:
    return {
        table: (
            legacy.execute(server, database, f"SHOW CREATE TABLE {table}"),
            legacy.execute(server, database, f"SELECT * FROM {table} ORDER BY id"),
        )
        for table in legacy.TABLES
    }


def rows(tables: dict[str, Any]) -> list[Any]:
    """Without the definitions, to which indexes are added (tests/adoption/test_migrating.py)."""
    return [found for _definition, found in tables.values()]


def test_migrate_refuses_tables_of_another_application(
    database_server: PrivateServer, legacy_url: str
) -> None:
    before = contents(database_server, "legacy_live")
    done = manage("migrate", DATABASE_URL=legacy_url)
    assert done.returncode != 0
    [sentence] = done.stderr.splitlines()
    assert "ADOPTED=1" in sentence
    assert all(table in sentence for table in legacy.TABLES)
    assert legacy.tables(database_server, "legacy_live") == sorted(legacy.TABLES)
    assert contents(database_server, "legacy_live") == before


def test_one_foreign_table_is_enough(database_server: PrivateServer, empty_url: str) -> None:
    legacy.execute(database_server, "legacy_empty", "CREATE TABLE dt_glossaries (id INT)")
    done = manage("migrate", DATABASE_URL=empty_url)
    assert done.returncode != 0
    assert "dt_glossaries" in done.stderr
    assert legacy.tables(database_server, "legacy_empty") == ["dt_glossaries"]


@pytest.mark.parametrize(
    ("setting", "names", "table"),
    [
        ("USER_LABEL_COLUMN", "nickname", "dt_users"),
        ("JOB_EXTRA_COLUMNS", "status,nickname", "dt_translation_jobs"),
    ],
)
def test_migrate_refuses_a_setting_that_names_no_column(
    legacy_url: str, setting: str, names: str, table: str
) -> None:
    """Each page that shows it would fail."""
    right = {"USER_LABEL_COLUMN": "Display_Name", "JOB_EXTRA_COLUMNS": "status,JOB_UUID"}
    settings = {"DATABASE_URL": legacy_url, "ADOPTED": "1", **right}
    done = manage("migrate", "-v0", **{**settings, setting: names})
    assert done.returncode == 1
    assert f"(stats.E005) {table} has no column nickname, which a setting names." in done.stderr
    assert manage("migrate", "-v0", **settings).returncode == 0


def test_an_empty_database_is_migrated_and_may_be_again(
    database_server: PrivateServer, empty_url: str
) -> None:
    for _time in range(2):
        done = manage("migrate", DATABASE_URL=empty_url)
        assert (done.returncode, done.stderr) == (0, "")
    assert set(legacy.TABLES) < set(legacy.tables(database_server, "legacy_empty"))


def test_adopting_creates_our_tables_and_leaves_theirs_alone(
    database_server: PrivateServer, adopted: Adopted
) -> None:
    assert (adopted.migrated.returncode, adopted.migrated.stderr) == (0, "")
    assert rows(contents(database_server, "legacy_adopted")) == rows(adopted.before)
    ours = set(legacy.tables(database_server, "legacy_adopted")) - set(legacy.TABLES)
    assert "stats_apikey" in ours
    assert not any(table.startswith("dt_") for table in ours)


@pytest.mark.parametrize("dates", [{}, {"start_date": "2024-01-28", "end_date": "2024-02-29"}])
def test_the_statistics_of_an_adopted_database(
    database_server: PrivateServer, adopted: Adopted, dates: dict[str, str]
) -> None:
    query = f"SELECT {', '.join(COLUMNS)} FROM dt_api_usage_stats"
    stored = legacy.execute(database_server, "legacy_adopted", query)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in stored]
    done = python("-c", ASK.format(dates=dates), DATABASE_URL=adopted.url, **ADOPTED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        **expected(rows, dates.get("start_date"), dates.get("end_date")),
        "names": ["陳偉", "quotation_Q1.pptx"],
        "groups": ["研發部", "業務部", None],
    }


def expected(rows: Rows, start: str | None, end: str | None) -> dict[str, Any]:
    oracle = Statistics(rows, ZONES)
    return {
        "users": [oracle.user(user, start, end, None) for user in (1, 2, 7, 99)],
        "daily": oracle.daily(start or "2024-01-01", end, None),
        "trend": oracle.cost_trend(start or "2024-01-01", end, None),
        "top": oracle.top_users(2, start, end, None),
        "endpoints": oracle.endpoints(start, end, None),
    }


def test_demo_data_is_refused_in_an_adopted_database(
    database_server: PrivateServer, adopted: Adopted
) -> None:
    done = manage("demo_data", "--calls", "10", DATABASE_URL=adopted.url, **ADOPTED)
    assert done.returncode != 0
    assert "ADOPTED=1" in done.stderr
    assert rows(contents(database_server, "legacy_adopted")) == rows(adopted.before)
