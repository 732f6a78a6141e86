"""What else the owner's jobs have, by JOB_STATUS_COLUMN and JOB_EXTRA_COLUMNS."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import quote

import openpyxl  # type: ignore[import-untyped]
import pytest

from tests import legacy
from tests.adoption.conftest import ADOPTED, Live, Ours
from tests.reading import html

PERIOD = "created_at_after=2024-01-01&created_at_before=2024-03-31"
LIST = "/admin/stats/apiusagestats/"
SHOWN = {"JOB_STATUS_COLUMN": "status", "JOB_EXTRA_COLUMNS": "target_language, page_count, done_at"}
ENVIRONMENT = {**ADOPTED, **SHOWN}
COLUMNS = ("status", "target_language", "page_count", "done_at")
JOBS = {
    11: ("COMPLETED", "zh-TW", "12", "2024-01-28 16:00:01"),
    12: ("FAILED", "=1+1", None, None),
    13: (None, None, None, None),
}
OF_CALLS = {101: 11, 102: 11, 103: 12, 104: None, 105: None, 106: 11, 107: 13, 250: 12}
MORE = (
    "ALTER TABLE dt_translation_jobs ADD target_language VARCHAR(10)",
    "ALTER TABLE dt_translation_jobs ADD page_count INT",
    "ALTER TABLE dt_translation_jobs ADD done_at DATETIME",
    "ALTER TABLE dt_translation_jobs ADD thumbnail BLOB",
    "UPDATE dt_translation_jobs SET target_language = 'zh-TW', page_count = 12, "
    "done_at = '2024-01-28 16:00:01' WHERE id = 11",
    "UPDATE dt_translation_jobs SET target_language = '=1+1' WHERE id = 12",
    "INSERT INTO dt_translation_jobs (id, user_id, job_uuid, original_filename) "
    "VALUES (13, 7, 'u13', '空白.docx')",
    "UPDATE dt_api_usage_stats SET job_id = 13 WHERE id = 107",
)
AS_ENUM = "ALTER TABLE dt_translation_jobs MODIFY status ENUM('PENDING','COMPLETED','FAILED')"
# More calls than a report reads one by one, of which every tenth is of the failed job.
MANY = """
    INSERT INTO dt_api_usage_stats
    (id, user_id, job_id, api_endpoint, prompt_price_unit, cost, success, created_at)
    SELECT 1000 + a.n + 300 * b.n, 1, CASE WHEN a.n % 10 = 0 THEN 12 ELSE 11 END,
           '/chat-messages', 'USD', 0.5, 1, '2024-02-02 10:00:00'
    FROM (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 299)
          SELECT n FROM s) a,
         (WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 199)
          SELECT n FROM s) b
"""


@pytest.fixture(scope="module")
def make(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Ours]:
    """Adopted databases of the kind that the tests run on, with some statements executed."""

    def on_sqlite(*statements: str) -> Ours:
        path = tmp_path_factory.mktemp("adopted") / "translator.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(legacy.sqlite_script())
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return Ours(f"sqlite:///{path}")

    def adopted(*statements: str) -> Ours:
        if request.config.option.database == "sqlite":
            ours = on_sqlite(*MORE, *statements)
        else:
            ours = request.getfixturevalue("live_database")(*MORE, AS_ENUM, *statements)
        ours.adopt(**ENVIRONMENT)
        return ours

    return adopted


@pytest.fixture(scope="module")
def ours(make: Callable[..., Ours]) -> Ours:
    """For tests that leave it as it is."""
    return make()


def get(ours: Ours, *paths: str) -> list[str]:
    answers = ours.ask(*(("GET", path) for path in paths), **ENVIRONMENT)
    assert [status for status, _text in answers] == [200] * len(paths)
    return [text for _status, text in answers]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def calls_of(page: str) -> dict[int, html.Line]:
    (table,) = (table for table in html.tables(html.parse(page)) if table.name == "calls")
    # By id, its heading has the arrow of the order.
    (number,) = {"Call", "Call ↓"} & set(table.headings)
    return {int(line.under(number)): line for line in table.part("tbody") if number in line.cells}


def expected(call: int) -> list[str]:
    return [value or "" for value in JOBS.get(OF_CALLS[call] or 0, (None,) * 4)]


def test_the_list_of_calls_shows_them_by_name(ours: Ours) -> None:
    page, of_job = get(ours, f"{LIST}?period=all", f"{LIST}?period=all&job_id=11")
    headings = ("Job status", *COLUMNS[1:])
    calls = calls_of(page)
    assert set(calls) == set(OF_CALLS)
    for call, line in calls.items():
        assert [line.under(heading) for heading in headings] == expected(call)
    assert not any(set(headings) & set(line.cells) for line in calls_of(of_job).values())


def test_the_page_of_a_job_shows_them_with_and_without_calls(ours: Ours) -> None:
    for job, period in ((11, PERIOD), (12, PERIOD), (11, "period=today")):
        (page,) = get(ours, f"/admin/reports/jobs/{job}/?{period}")
        (told,) = html.having(html.parse(page), "of-job")
        names = [html.text_of(name) for name in told.iter("dt")]
        values = [html.text_of(value) for value in told.iter("dd")]
        assert names == ["Job status", *COLUMNS[1:]]
        assert values == [value or "—" for value in JOBS[job]]


def test_the_records_of_jobs_show_them(ours: Ours) -> None:
    (page,) = get(ours, "/admin/stats/translationjob/")
    assert "COMPLETED" in page
    assert "zh-TW" in page


def test_files_have_them_as_text(ours: Ours) -> None:
    listed, jobs, book = get(
        ours,
        f"{LIST}export.csv?period=all",
        f"/admin/reports/users/1/export.csv?{PERIOD}&table=jobs",
        f"{LIST}export.xlsx?period=all",
    )
    names = [f"job_{column}" for column in COLUMNS]
    rows = rows_of(listed)
    assert {int(row["id"]) for row in rows} == set(OF_CALLS)
    for row in rows:
        # What a spreadsheet could run is told as text.
        safe = [value.replace("=1+1", "'=1+1") for value in expected(int(row["id"]))]
        assert [row[name] for name in names] == safe
    assert [[row[name] for name in names] for row in rows_of(jobs)] == [list(JOBS[11])]
    sheets = openpyxl.load_workbook(io.BytesIO(book.encode(errors="surrogateescape")))
    heading, *cells = sheets["calls"].iter_rows(values_only=True)
    places = [heading.index(name) for name in names]
    for row in cells:
        assert [row[place] or "" for place in places] == expected(row[0])
    about = dict(list(sheets.worksheets[-1].iter_rows(values_only=True, max_col=2)))
    assert about["job_target_language"] == "that of today"


class TestTheStatusIsAFilter:
    def test_of_the_list_and_of_the_api(self, ours: Ours) -> None:
        page, listed, none, other, of_list = get(
            ours,
            f"{LIST}?period=all&job_status=COMPLETED",
            "/api/v1/calls/?job_status=FAILED&page_size=100",
            "/api/v1/calls/?job_status=failed",
            f"/api/v1/calls/?job_status={quote('😀')}",
            f"{LIST}export.csv?period=all&job_status=FAILED",
        )
        assert set(calls_of(page)) == {101, 102, 106}
        # What all rows have in common stands in the chip, not in a column.
        assert "Job status" not in calls_of(page)[101].cells
        assert "target_language" in calls_of(page)[101].cells
        assert [call["id"] for call in json.loads(listed)["results"]] == [250, 103]
        assert json.loads(none)["results"] == json.loads(other)["results"] == []
        assert [row["id"] for row in rows_of(of_list)] == ["250", "103"]

    def test_of_the_reports(self, ours: Ours) -> None:
        (users,) = get(ours, f"/admin/reports/users/export.csv?{PERIOD}&job_status=COMPLETED")
        (row,) = rows_of(users)
        # The third of them was in another currency than is ranked in.
        assert (row["user_id"], row["total_calls"]) == ("1", "2")

    def test_that_stands_in_form_and_chip(self, ours: Ours) -> None:
        free, given, unknown = get(
            ours,
            f"{LIST}?period=all",
            f"{LIST}?period=all&job_status=FAILED",
            f"{LIST}?period=all&job_status=PENDING",
        )
        for value in ("COMPLETED", "FAILED"):
            assert f'<option value="{value}">{value}</option>' in free
        assert "PENDING" not in free
        assert '<option value="FAILED" selected>FAILED</option>' in given
        assert '<li data-filter="job_status"><span>Job status</span> <strong' in given
        # What was asked for is kept, though no job is so now.
        assert '<option value="PENDING" selected>PENDING</option>' in unknown

    def test_over_too_many_calls_for_a_report_but_not_for_the_list(
        self, make: Callable[..., Ours]
    ) -> None:
        ours = make(MANY)
        report, page, listed = get(
            ours,
            f"/admin/reports/users/?{PERIOD}&job_status=FAILED",
            f"{LIST}?{PERIOD}&job_status=FAILED",
            "/api/v1/calls/?job_status=FAILED&page_size=30",
        )
        assert "Too many calls to read one by one" in report
        assert "Too many calls to total with these filters." in page
        assert list(calls_of(page))[:2] == [250, 60990]
        ids = [call["id"] for call in json.loads(listed)["results"]]
        assert ids == list(range(60990, 60690, -10))


@pytest.fixture
def with_more(live_database: Callable[..., Live]) -> Live:
    return live_database(*MORE, AS_ENUM)


@pytest.mark.database("server")
class TestAdopting:
    def look(self, live: Live, **environment: Any) -> list[str]:
        done = live.manage("adopt_database", **environment)
        return done.stdout.splitlines()

    def test_proposes_what_there_is(self, with_more: Live) -> None:
        lines = self.look(with_more)
        at = lines.index("differs  JOB_STATUS_COLUMN: Not set. Nothing is shown.")
        assert lines[at + 1].endswith("job_uuid, original_filename, status, target_language.")
        at = lines.index("differs  JOB_EXTRA_COLUMNS: Not set. Nothing is shown.")
        assert lines[at + 1].endswith(
            "user_id, job_uuid, original_filename, status, target_language, page_count, done_at."
        )

    def test_says_whether_they_are_there(self, with_more: Live) -> None:
        lines = self.look(with_more, **ENVIRONMENT)
        kind = "enum('PENDING','COMPLETED','FAILED')"
        assert f"fits     JOB_STATUS_COLUMN: dt_translation_jobs.status, {kind}" in lines
        assert sum(line.startswith("fits     JOB_EXTRA_COLUMNS: ") for line in lines) == 3

    def test_names_what_is_not_there_or_nothing_to_read(self, with_more: Live) -> None:
        wrong = {"JOB_STATUS_COLUMN": "state", "JOB_EXTRA_COLUMNS": "pages,thumbnail,Page_Count"}
        done = with_more.manage("adopt_database", **ADOPTED, **wrong)
        assert done.returncode == 1
        blocking = [line for line in done.stdout.splitlines() if line.startswith("blocks")]
        assert blocking == [
            "blocks   JOB_STATUS_COLUMN: dt_translation_jobs.state is not there.",
            "blocks   JOB_EXTRA_COLUMNS: dt_translation_jobs.pages is not there.",
            "blocks   JOB_EXTRA_COLUMNS: dt_translation_jobs.thumbnail is nothing to read.",
        ]
