"""What a period is compared with is told as far as it reaches, wherever its days show."""

import csv
import io
import re

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import Client

from tests.ledger import in_zones
from tests.oracle import Zones

# How figures are drawn; other tests ask these pages of each database.
pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.once]

# Now it is the 24th, 15:42.
PAGES = {
    "/admin/": 2,
    "/admin/reports/users/": 2,
    "/admin/reports/endpoints/": 2,
    "/admin/reports/changes/": 3,
    "/admin/reports/daily/": 1,
    "/admin/reports/cost/": 3,
    "/admin/reports/users/1/": 2,
    "/admin/reports/jobs/70/": 2,
}
LANGUAGES = {
    "en": ("1–24 Oct until 15:42", "1–24 Oct"),
    "zh-hant": ("10月1日至24日（至 15:42）", "10月1日至24日"),
}
FILES = (
    "users/export.{}",
    "endpoints/export.{}",
    "changes/export.{}",
    "changes/export.{}?table=endpoints",
    "changes/export.{}?table=parts",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_the_days_of_a_running_period_never_show_without_the_time(
    analyst: Client, path: str, language: str
) -> None:
    page = analyst.get(path, headers={"accept-language": language}).content.decode()
    until, days = LANGUAGES[language]
    page = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), page)
    assert page.count(days) == page.count(until) >= PAGES[path]


@pytest.mark.parametrize("path", PAGES)
def test_those_of_a_period_that_is_over_show_as_whole_days(analyst: Client, path: str) -> None:
    days = {"created_at_after": "2026-11-02", "created_at_before": "2026-11-03"}
    page = analyst.get(path, days).content.decode()
    assert "31 Oct–1 Nov" in page
    assert " until 15:42" not in page


def rows(client: Client, path: str, **query: str) -> list[dict[str, str]]:
    text = client.get(f"/admin/reports/{path.format('csv')}", query or None).getvalue().decode()
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", FILES)
def test_a_csv_tells_until_when_each_row_is_compared(analyst: Client, path: str) -> None:
    found = rows(analyst, path)
    assert {row["compared_with"] for row in found} == {"2026-10-01/2026-10-24T15:42:00+00:00"}


def test_a_csv_tells_the_day_that_each_day_is_compared_with(analyst: Client) -> None:
    found = {row["date"]: row["compared_with"] for row in rows(analyst, "cost/export.csv")}
    assert (found["2026-11-01"], found["2026-11-24"]) == ("2026-10-04", "2026-10-27")


def test_in_local_time(analyst: Client) -> None:
    with in_zones(Zones("Asia/Taipei")):
        (compared,) = {row["compared_with"] for row in rows(analyst, "users/export.csv")}
    assert compared == "2026-10-01/2026-10-24T23:42:00+08:00"


def test_whole_days_and_none_at_all(analyst: Client) -> None:
    path = "/admin/reports/users/export.csv?created_at_after={}&created_at_before=2026-11-03"
    for first, compared in (("2026-11-02", "2026-10-31/2026-11-01"), ("2026-09-01", "")):
        text = analyst.get(path.format(first)).getvalue().decode().removeprefix("\ufeff")
        assert {row["compared_with"] for row in csv.DictReader(io.StringIO(text))} == {compared}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["users", "endpoints", "cost", "changes"])
def test_a_workbook_says_it_about_the_file(analyst: Client, name: str, language: str) -> None:
    answer = analyst.get(
        f"/admin/reports/{name}/export.xlsx", headers={"accept-language": language}
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    about = [[cell.value for cell in row] for row in book.worksheets[-1].iter_rows()]
    assert any(LANGUAGES[language][0] in str(value) for row in about for value in row)
