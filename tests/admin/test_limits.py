"""How long a request that only reads may keep the database at work."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from stats.accounts import keys
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.admin.pages.calls import CallsPage
from stats.db.dialects import sqlite
from stats.db.errors import TooSlowError
from stats.db.limits import answering_within
from tests.admin.conftest import ANN, NOW
from tests.ledger import row, write
from tests.numbers import numbers

pytestmark = pytest.mark.django_db
ENDLESS = {
    "mysql": f"SELECT MAX(SHA2(seq, 512)) FROM {numbers(1, 10**9)}",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT COUNT(*) FROM n",
}
REPORTS = [page for page in PAGES if issubclass(page, ReportPage)]
# The rows of a list of calls are read while they go out.
SUMMED = [page for page in REPORTS if page is not CallsPage]
STATISTICS = ["users/1/", "daily/", "top-users/", "cost-trend/", "endpoints/"]


def ask_without_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS[connection.vendor])
        cursor.fetchall()


def test_a_statement_is_ended() -> None:
    with pytest.raises(TooSlowError), answering_within(0.05):
        ask_without_end()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_the_nearer_of_two_limits_holds() -> None:
    for outer, inner in ((600, 0.05), (0.05, 600)):
        with (
            pytest.raises(TooSlowError),
            answering_within(outer),
            answering_within(inner),
        ):
            ask_without_end()


def test_afterwards_nothing_is_limited() -> None:
    with answering_within(0):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM dt_users a, dt_users b, dt_users c")
        assert cursor.fetchone() == (0,)


@pytest.fixture
def no_time(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is through in time; SQLite looks at the clock at each of its steps."""
    monkeypatch.setattr(sqlite, "INSTRUCTIONS", 1)
    settings.PAGE_SECONDS = 0


def address(page: type[ReportPage]) -> str:
    subject = {"reports_user": f"{ANN}/", "reports_job": "70/"}.get(page.name, "")
    return f"/admin/{page.path.partition('<')[0]}{subject}"


@pytest.mark.usefixtures("no_time")
@pytest.mark.parametrize("page", REPORTS, ids=lambda page: page.name)
def test_each_page_says_so_in_place_of_its_figures(
    administrator: Client, ledger: None, page: type[ReportPage]
) -> None:
    answer = administrator.get(address(page))
    assert answer.status_code == 503
    text = answer.content.decode()
    assert "This takes too long" in text
    # Its filters are still there, to ask for less.
    assert 'name="created_at_after"' in text


@pytest.mark.usefixtures("no_time")
@pytest.mark.parametrize("page", SUMMED, ids=lambda page: page.name)
def test_so_do_the_files(administrator: Client, ledger: None, page: type[ReportPage]) -> None:
    answer = administrator.get(f"{address(page)}export.csv")
    assert (answer.status_code, answer.content.decode()) == (503, "This takes too long")


@pytest.fixture
def no_request(no_time: None, settings: Any) -> None:
    settings.REQUEST_SECONDS = 0


@pytest.mark.usefixtures("no_request")
@pytest.mark.parametrize("path", ["calls/", *(f"statistics/{name}" for name in STATISTICS)])
def test_the_api_answers_503(administrator: Client, path: str) -> None:
    write(*(row(user_id=n) for n in range(1, 30)))
    answer = administrator.get(f"/api/v1/{path}")
    assert answer.status_code == 503
    assert "takes too long" in answer.json()["detail"]
    assert answer["Retry-After"] == "30"


@pytest.mark.usefixtures("no_request")
def test_any_other_page_does_too(administrator: Client) -> None:
    answer = administrator.get("/admin/stats/apikey/")
    assert answer.status_code == 503
    assert "takes too long" in answer.content.decode()
    assert answer["Retry-After"] == "30"


@pytest.mark.usefixtures("no_request")
def test_who_records_is_not_limited(administrator: Client, settings: Any) -> None:
    write(row())
    _key, secret = keys.create("translator", ["record"], None, NOW)
    answer = administrator.post(
        "/api/v1/calls/",
        {"user_id": 1, "api_endpoint": "/x"},
        "application/json",
        headers={"Authorization": f"Api-Key {secret}"},
    )
    assert answer.status_code == 201
