"""The page of jobs, of any period: the first ones in full, the others in one row."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from stats.admin.components import tables
from stats.models import DayJob, FoldState
from tests.admin.conftest import ANN, BOB, NOW, at
from tests.ledger import row, write
from tests.reading import html
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/admin/reports/jobs/"
COLUMNS = ("Job", "Cost, USD", "Calls", "Failures")


@pytest.fixture(autouse=True)
def jobs(people: None, settings: Any) -> None:
    """This year's jobs 71 to 75, each of one month and dearer than the one before; Patent (70) goes
    on through all of it. More calls than any page reads."""
    settings.FOLD_MARGIN_SECONDS, settings.MOST_CALLS_READ = 0, 3
    write(
        *(
            row(
                job_id=70 + month - 6,
                user_id=ANN,
                cost=month,
                success=n != 1,
                created_at=at(2 + n, month=month),
            )
            for month in range(7, 12)
            for n in range(4)
        ),
        *(
            row(job_id=70, user_id=BOB, cost="0.5", created_at=at(9, month=month))
            for month in range(3, 12)
        ),
        *(row(user_id=BOB, cost="0.25", created_at=at(11 + n)) for n in range(3)),
    )
    fold_all(now=NOW)
    write(row(job_id=75, user_id=ANN, cost="0.125", created_at=at(23)))


def read(client: Client, **query: str) -> list[tuple[str, ...]]:
    """What the table says in `COLUMNS`."""
    page = client.get(PATH, query)
    assert page.status_code == 200
    (table,) = html.tables(html.parse(page.content.decode()))
    blanks = str.maketrans("", "", "\u2007\u2008")
    return [tuple(line.under(one).translate(blanks) for one in COLUMNS) for line in table.lines]


def ranks(client: Client, **query: str) -> list[tuple[str, str]]:
    (table,) = html.tables(html.parse(client.get(PATH, query).content.decode()))
    return [(line.under("Job"), line.under("Change of rank")) for line in table.part("tbody")]


def is_refused(client: Client, **query: str) -> bool:
    page = client.get(PATH, query)
    assert page.status_code == 200
    return b"Too many calls to read one by one" in page.content


@pytest.mark.parametrize("period", ["this_year", "all"])
def test_the_dearest_of_a_long_period(
    analyst: Client, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    """The newest call, which no sum has yet, counts too."""
    monkeypatch.setattr(tables, "MOST", 2)
    assert read(analyst, period=period) == [
        ("number 75", "44.13", "5", "1"),
        ("number 74", "40.00", "4", "1"),
        ("5 others", "101.25", "24", "3"),
        ("", "185.38", "33", "5"),
    ]
    assert "7 jobs" in analyst.get(PATH, {"period": period}).content.decode()


def test_by_failures_ties_by_id(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST", 2)
    assert read(analyst, period="this_year", rank="failures") == [
        ("number 71", "28.00", "4", "1"),
        ("number 72", "32.00", "4", "1"),
        ("5 others", "125.38", "25", "3"),
        ("", "185.38", "33", "5"),
    ]


def test_beside_the_month_before(analyst: Client) -> None:
    """Job 73 is no longer there; of the last month, two thirds are over."""
    assert ranks(analyst, period="last_month") == [
        ("number 74", "new"),
        ("Patent", ""),
        ("number 73", "was 1"),
    ]
    assert ranks(analyst, period="this_month") == [
        ("number 75", "new"),
        ("without a job", "new"),
        ("Patent", "was 2"),
        ("number 74", "was 1"),
    ]


def test_a_rank_before_beyond_the_first_is_not_told(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patent was the third, and only the first two of the month before are read."""
    write(row(job_id=76, cost=20, created_at=at(5, month=10)))
    write(row(job_id=70, cost=90, created_at=at(24, 9)))
    was = dict(ranks(analyst, period="this_month"))
    assert was["Patent"] == "was 3"
    monkeypatch.setattr(tables, "MOST", 1)
    assert ranks(analyst, period="this_month") == [
        ("Patent", ""),
        ("number 74", "was 1"),
        ("2 others", ""),
    ]


def test_a_file_has_all_of_them(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST", 2)
    file = analyst.get(f"{PATH}export.csv", {"period": "this_year"}).getvalue().decode("utf-8")
    jobs = [line.split(",")[2] for line in file.splitlines()[1:]]
    assert jobs == ["75", "74", "73", "72", "71", "70", ""]


@pytest.mark.parametrize(
    "filters",
    [
        {"user_id": BOB},
        {"api_endpoint": "/chat-messages"},
        {"success": "false"},
        {"cost_min": "1"},
    ],
)
def test_what_no_sum_of_jobs_knows_is_refused_beyond_the_bound(
    analyst: Client, filters: dict[str, str]
) -> None:
    assert is_refused(analyst, period="this_year", **filters)


def test_so_it_is_while_the_sums_are_not_filled(analyst: Client) -> None:
    """As a version without them left the ledger."""
    DayJob.objects.all().delete()
    FoldState.objects.update(fills=None)
    assert is_refused(analyst, period="this_year")
    call_command("fold_usage", stdout=StringIO())
    assert not is_refused(analyst, period="this_year")
    assert read(analyst, period="this_year")[0] == ("number 75", "44.13", "5", "1")


def test_not_compared_where_the_calls_before_are_too_many(analyst: Client) -> None:
    """Two calls of an endpoint, and four before them, where three are read."""
    write(
        *(
            row(job_id=76, created_at=at(day), api_endpoint="/info")
            for day, calls in ((21, 4), (23, 2))
            for _n in range(calls)
        )
    )
    query = {
        "created_at_after": "2026-11-22",
        "created_at_before": "2026-11-23",
        "api_endpoint": "/info",
    }
    page = analyst.get(PATH, query).content.decode()
    assert "Not compared: there are too many calls in" in page
    assert "Change since" not in page
