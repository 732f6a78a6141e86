"""What people come for, as they do it: a file for the accountant, a fault found, two compared."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.models import EndUser
from tests.browser.looks import Look, fits
from tests.databases import TEST_ENVIRONMENT
from tests.ledger import row, write
from tests.processes import manage
from tests.servers import Gunicorn

# A Thursday.
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
PASSWORD = "the password of a test"
GROUPS = {1: "Sales", 2: "Law", 3: "Sales", 4: None}
COSTS = {1: "12.5", 2: "7.25", 3: "0.5", 4: "3"}


@pytest.fixture
def with_departments(tmp_path: Path) -> Iterator[str]:
    """The address of a ledger whose users have groups, which only a process of its own has."""
    file = tmp_path / "ledger.sqlite3"
    environment = {
        **TEST_ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DEBUG": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{file}",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    for command in (
        ("migrate", "-v0"),
        ("createsuperuser", "--noinput", "--username=accountant", "--email=a@example.com"),
    ):
        done = manage(*command, **environment)
        assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(file)) as connection, connection:
        _write_departments(connection)
    adopted = {"ADOPTED": "1", "USER_LABEL_COLUMN": "name", "USER_GROUP_COLUMN": "department"}
    gunicorn = Gunicorn(tmp_path / "log", {**environment, **adopted})
    gunicorn.start()
    yield f"http://127.0.0.1:{gunicorn.port}"
    gunicorn.stop()


def _write_departments(connection: sqlite3.Connection) -> None:
    """Two calls of each user last month, and one of today, which is none of it."""
    connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    last_month = now.replace(day=1) - timedelta(days=9)
    for user, group in GROUPS.items():
        connection.execute(
            "INSERT INTO dt_users (id, name, department) VALUES (?, ?, ?)",
            (user, f"Person {user}", group),
        )
        for moment in (last_month, last_month - timedelta(days=3), now):
            call = row(user_id=user, cost=COSTS[user], created_at=moment.isoformat(" "))
            names, marks = ", ".join(call), ", ".join("?" * len(call))
            values = [str(one) if isinstance(one, Decimal) else one for one in call.values()]
            connection.execute(f"INSERT INTO dt_api_usage_stats ({names}) VALUES ({marks})", values)


def test_last_month_by_department_into_excel(page: Page, look: Look, with_departments: str) -> None:
    page.goto(f"{with_departments}/admin/")
    page.locator("#id_username").fill("accountant")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name=look.said("Log in")).click()
    look.choose_page(page, "/admin/reports/groups/")
    look.choose_period(page, "last_month")
    page.locator(".export summary").click()
    fits(page)
    with page.expect_download() as download:
        page.locator(".files a", has_text="XLSX").click()
    book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
    headings, *rows = book["groups"].values
    told = [dict(zip(headings, cells, strict=True)) for cells in rows]
    assert [(one["group"], one["users"], one["total_cost"], one["currency"]) for one in told] == [
        ("Sales", 2, 26, "USD"),
        ("Law", 1, 14.5, "USD"),
        ("", 1, 6, "USD"),
    ]


@pytest.fixture
def with_an_incident(analyst: Page) -> Iterator[Page]:
    """Two endpoints fail a little all the time; since Tuesday one of them much, for one user."""
    with time_machine.travel(NOW, tick=False):
        write(*_incident())
        EndUser.objects.filter(pk=2).update(name="Wei Chen")
        yield analyst


def _incident() -> Iterator[dict[str, Any]]:
    now = NOW.replace(tzinfo=None)
    for n in range(0, 240):
        failed = n % 12 == 0
        yield row(
            user_id=1 + n % 3,
            api_endpoint=("/chat-messages", "/workflows/run")[n % 24 > 11],
            success=not failed,
            error_message="429: too many requests" if failed else None,
            created_at=now - timedelta(hours=6 * n),
        )
    for n in range(30):
        yield row(
            user_id=2,
            api_endpoint="/workflows/run",
            success=False,
            error_message="504: upstream timed out",
            created_at=datetime(2026, 11, 24, 8) + timedelta(minutes=90 * n),
        )


def test_which_endpoint_fails_since_tuesday_and_whose_calls(
    with_an_incident: Page, look: Look, live_server: LiveServer
) -> None:
    page = with_an_incident
    page.goto(f"{live_server.url}/admin/")
    look.choose_page(page, "/admin/reports/errors/")
    look.choose_period(page, "7d")
    # One page tells where failures rose most, and whose they are.
    for table, name in (("endpoints", "/workflows/run"), ("users", "Wei Chen")):
        rows = page.locator(f"[data-table={table}] tbody tr:not(.others)").all()
        rises = {row.locator("th a").inner_text(): _rise(row, look) for row in rows}
        assert max(rises, key=lambda one: rises[one]) == name
    page.locator("[data-table=endpoints] tbody th a").first.click()
    expect(page.locator(".chips")).to_contain_text("/workflows/run")
    fits(page)
    page.locator(".as-table summary").click()
    failures = page.locator("[data-table=days] tbody td:nth-child(3)").all_inner_texts()
    before, since = failures[:4], failures[4:]
    assert max(map(int, before)) < min(map(int, since))
    culprit = page.locator("[data-table=users] tbody tr").first
    expect(culprit.locator("th a")).to_have_text("Wei Chen")
    number = culprit.locator("td.main a").inner_text()
    culprit.locator("td.main a").click()
    expect(page.locator(".totals strong").first).to_have_text(number)
    expect(page.locator(".chips")).to_contain_text("Wei Chen")
    fits(page)


def _rise(row: Locator, look: Look) -> int:
    """Of failures; a phone tells how many there were."""
    if not look.is_phone:
        return int(row.locator("td").nth(-2).inner_text().replace("−", "-"))
    now, was = row.locator("td.main").inner_text().split("\n")
    return int(now) - int(was.removeprefix("was "))


def test_two_users_beside_each_other(visitor: Page, look: Look, live_server: LiveServer) -> None:
    EndUser.objects.filter(pk=2).update(name="Wei Chen")
    EndUser.objects.filter(pk=3).update(name="Maria Lopez")
    visitor.goto(f"{live_server.url}/admin/?period=30d")
    look.choose_page(visitor, "/admin/reports/compare/")
    field = visitor.locator(".choice .select2-search__field")
    for name in ("Wei", "Maria"):
        field.fill(name)
        visitor.locator(".select2-results__option", has_text=name).click()
    visitor.locator(".choice").get_by_role("button", name=look.said("Compare")).click()
    compared = visitor.locator("[data-table=compared] tbody th")
    expect(compared.locator("a")).to_have_text(["Wei Chen", "Maria Lopez"])
    # A phone has no room for other columns.
    expect(compared.locator(".phone-line").first).to_be_visible(visible=look.is_phone)
    fits(visitor)
    expect(visitor.locator("figcaption:visible strong")).to_have_text(["Wei Chen", "Maria Lopez"])
    assert "period=30d" in visitor.url
    cost = visitor.locator("[data-table=compared] tbody tr").last.locator("td.main").inner_text()
    visitor.get_by_role("link", name="Maria Lopez", exact=True).click()
    expect(visitor.locator("h1")).to_contain_text("Maria Lopez")
    expect(visitor.locator(".tile.wide .figure")).to_contain_text(cost.strip("\u2007\u2008"))
