"""The files of the report pages: their numbers are those of the page, all rows are there."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import Client
from django.urls import reverse

from stats.accounts.roles import SEE_USAGE
from stats.admin.components import tables
from stats.admin.components.files import FORMATS
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.models import FoldState
from tests.admin.conftest import ANN, BOB, CAT, HOSTILE, NOVEMBER_COST, OCTOBER_COST, at, given
from tests.browser.addresses import CHOSEN
from tests.ledger import row, write

pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.once]
Rows = list[dict[str, str]]
Context = Callable[..., dict[str, Any]]
# Those that an analyst sees.
REPORTS = [page for page in PAGES if issubclass(page, ReportPage) and page.permission == SEE_USAGE]
FILES = [
    (page, sheet.name, format)
    for page in REPORTS
    for sheet in page.sheets
    for format in ("csv", "xlsx")
]
CALLS = "/admin/stats/apiusagestats/"


def address(report: type[ReportPage], format: str) -> str:
    arguments = {"reports_user": [BOB], "reports_job": [70]}.get(report.name, [])
    return reverse(f"admin:{report.name}_{format}", args=arguments)


def chosen(report: type[ReportPage]) -> dict[str, Any]:
    """The filters without which there is nothing."""
    return dict(parse_qs(CHOSEN.get(report.name, "")))


@pytest.fixture
def rows(analyst: Client) -> Callable[..., Rows]:
    """The rows of a page's CSV."""

    def get(path: str, **query: Any) -> Rows:
        answer = analyst.get(f"{path}export.csv", query)
        assert answer.status_code == 200, answer.content
        text = answer.getvalue().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    return get


@pytest.fixture
def book(analyst: Client) -> Callable[..., Any]:
    """A page's XLSX, read back."""

    def get(path: str, **query: Any) -> Any:
        answer = analyst.get(f"{path}export.xlsx", query)
        return openpyxl.load_workbook(io.BytesIO(answer.getvalue()))

    return get


def values(sheet: Any) -> list[dict[str, Any]]:
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def told(book: Any) -> dict[str, Any]:
    """The last sheet, by its labels."""
    return dict(book[book.sheetnames[-1]].iter_rows(values_only=True))


def total(rows: Rows, name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name]), Decimal(0))


class TestEveryReport:
    def test_has_files(self) -> None:
        assert [page.name for page in REPORTS if not page.sheets] == []

    @pytest.mark.parametrize(("report", "table", "format"), FILES)
    def test_has_each_of_its_tables_in_both_formats(
        self, analyst: Client, report: type[ReportPage], table: str, format: str
    ) -> None:
        query = {**chosen(report), **({"table": table} if format == "csv" else {})}
        # The calls of the job all succeeded, and no day was unusual.
        has_rows = (report.name, table) not in (
            ("reports_job", "errors"),
            ("reports_unusual", "unusual"),
        )
        answer = analyst.get(address(report, format), query)
        assert answer.status_code == 200
        body = answer.getvalue()
        if format == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(body))[table]
            assert (sheet.max_row > 1) == has_rows
        else:
            assert (body.count(b"\r\n") > 1) == has_rows
        assert f'.{format}"' in answer["Content-Disposition"]

    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    @pytest.mark.parametrize("report", REPORTS)
    def test_names_what_is_wrong(
        self, analyst: Client, report: type[ReportPage], format: str
    ) -> None:
        for name, value in (("success", "banana"), ("table", "nothing"), ("cursor", "x")):
            answer = analyst.get(address(report, format), {name: value})
            assert answer.status_code == 400
            assert name in answer.content.decode()

    @pytest.mark.parametrize("report", REPORTS)
    def test_offers_its_files_under_its_parameters(
        self, analyst: Client, report: type[ReportPage]
    ) -> None:
        path = address(report, "csv").removesuffix("export.csv")
        query = {**chosen(report), "currency": "USD"}
        if "ranked_in" in report.own_parameters:
            query["ranked_in"] = "USD"
        menu = given(analyst.get(path, query))["files"]
        files = [1 if one.has_all_tables else len(report.sheets) for one in FORMATS.values()]
        assert len(menu.links) == sum(files)
        for link in menu.links:
            assert "currency=USD" in link.url
            assert ("ranked_in=USD" in link.url) == ("ranked_in" in query)
            answer = analyst.get(link.url)
            assert answer.getvalue()
            assert f'"{menu.stem}' in answer["Content-Disposition"]

    @pytest.mark.parametrize(("report", "table", "format"), FILES[::2])
    def test_has_the_same_headings_in_every_language(
        self, analyst: Client, report: type[ReportPage], table: str, format: str
    ) -> None:
        def headings() -> str:
            answer = analyst.get(address(report, format), {**chosen(report), "table": table})
            return str(answer.getvalue().decode().splitlines()[0])

        english = headings()
        analyst.post("/i18n/setlang/", {"language": "zh-hant", "next": "/"})
        assert headings() == english
        assert english.removeprefix("\ufeff").isascii()


class TestNumbers:
    def test_users_are_all_there(
        self, rows: Callable[..., Rows], shown: Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tables, "MOST", 1)
        page = shown("/admin/reports/users/")
        found = rows("/admin/reports/users/")
        assert [row["user_id"] for row in found] == [str(ANN), str(BOB), "4", str(CAT)]
        assert total(found, "total_cost") == page["table"].source.total.sums.cost == NOVEMBER_COST
        assert total(found, "cost_before") == OCTOBER_COST
        assert total(found, "cost_difference") == NOVEMBER_COST - OCTOBER_COST
        assert {row["currency"] for row in found} == {"USD"}
        assert found[2]["name"] == HOSTILE
        assert found[2]["total_cost"] == "0.0001"
        assert (found[3]["rank"], found[3]["rank_before"]) == ("", "2")

    def test_currencies_are_not_added_up(
        self, rows: Callable[..., Rows], two_currencies: None
    ) -> None:
        by_calls = rows("/admin/reports/users/", rank="calls")
        assert total(by_calls, "costs.USD") == NOVEMBER_COST
        assert total(by_calls, "costs.RMB") == 100
        assert "total_cost" not in by_calls[0]
        by_cost = rows("/admin/reports/users/", ranked_in="RMB")
        assert total(by_cost, "total_cost") == 100
        assert {row["currency"] for row in by_cost} == {"RMB"}

    def test_endpoints_have_their_percentiles(self, rows: Callable[..., Rows]) -> None:
        first = rows("/admin/reports/endpoints/")[0]
        assert first["endpoint"] == "/chat-messages"
        assert float(first["p95"]) == pytest.approx(100, rel=0.02)

    def test_days(self, rows: Callable[..., Rows], shown: Context) -> None:
        found = rows("/admin/reports/daily/")
        assert [date.fromisoformat(row["date"]).day for row in found] == list(range(1, 25))
        assert total(found, "total_cost") == NOVEMBER_COST
        assert (
            total(found, "total_calls")
            == shown("/admin/reports/daily/")["table"].source.total.sums.calls
        )
        # On the 24th one of three calls succeeded, the one without a price.
        assert float(found[23]["success_rate"]) == pytest.approx(100 / 3)
        # A day without calls has no rate.
        assert (found[3]["total_calls"], found[3]["success_rate"]) == ("0", "")

    def test_the_cost_trend(self, rows: Callable[..., Rows]) -> None:
        found = rows("/admin/reports/cost/")
        assert total(found, "cost") == NOVEMBER_COST
        assert found[-1]["compared_with"] == "2026-10-27"

    @pytest.mark.parametrize("table", ["users", "endpoints", "parts"])
    def test_what_changed_adds_up(self, rows: Callable[..., Rows], table: str) -> None:
        found = rows("/admin/reports/changes/", table=table)
        assert total(found, "cost_difference") == NOVEMBER_COST - OCTOBER_COST

    def test_errors(self, rows: Callable[..., Rows], settings: Any) -> None:
        settings.TIME_ZONE = "Asia/Taipei"
        found = {row["error_message"]: row for row in rows("/admin/reports/errors/")}
        assert found["504"]["failed_calls"] == "1"
        assert found["504"]["endpoints"] == "/chat-messages (1)"
        assert found["504"]["first_at"] == "2026-11-24 17:00:00"
        assert found["504"]["first_at_with_offset"] == "2026-11-24T17:00:00+08:00"
        assert HOSTILE in found

    def test_one_user(self, rows: Callable[..., Rows]) -> None:
        path = f"/admin/reports/users/{BOB}/"
        assert total(rows(path), "total_calls") == 3
        assert total(rows(path, table="endpoints"), "total_cost") == 4
        assert total(rows(path, table="jobs"), "total_calls") == 3
        assert [row["error_message"] for row in rows(path, table="errors")] == ["504"]
        assert rows(path, table="errors", success="true") == []

    @pytest.mark.parametrize(
        ("path", "table", "expected"),
        [
            ("/admin/", "users", {"1": ("2", "2"), "2": ("3", "2"), "4": ("1", "0")}),
            (f"/admin/reports/users/{BOB}/", "jobs", {"": ("3", "2")}),
            ("/admin/reports/jobs/70/", "users", {"1": ("1", "1")}),
        ],
    )
    def test_what_a_page_asks_in_brief_is_whole_in_its_files(
        self,
        rows: Callable[..., Rows],
        book: Callable[..., Any],
        path: str,
        table: str,
        expected: dict[str, tuple[str, str]],
    ) -> None:
        found = rows(path, table=table)
        key = "job_id" if table == "jobs" else "user_id"
        assert {
            line[key]: (line["total_calls"], line["successful_calls"]) for line in found
        } == expected
        for line in found:
            calls, succeeded = int(line["total_calls"]), int(line["successful_calls"])
            assert int(line["failed_calls"]) == calls - succeeded
            assert float(line["success_rate"]) == pytest.approx(succeeded / calls * 100)
            tokens = int(line["prompt_tokens"]) + int(line["completion_tokens"])
            assert tokens == int(line["total_tokens"]) > 0
            assert float(line["avg_response_time"]) == 100
        for in_csv, in_xlsx in zip(found, values(book(path)[table]), strict=True):
            assert in_csv.keys() == in_xlsx.keys()
            assert int(in_csv["failed_calls"]) == in_xlsx["failed_calls"]

    def test_an_unknown_user_has_none(self, analyst: Client) -> None:
        for format in ("csv", "xlsx"):
            assert analyst.get(f"/admin/reports/users/999/export.{format}").status_code == 404

    def test_nothing_in_the_period(self, rows: Callable[..., Rows]) -> None:
        assert rows("/admin/reports/users/", created_at_after="2020-01-01",
                    created_at_before="2020-01-02") == []  # fmt: skip

    def test_a_young_ledger_has_nothing_to_compare(self, rows: Callable[..., Rows]) -> None:
        days = {"created_at_after": "2026-09-01", "created_at_before": "2026-09-30"}
        assert rows("/admin/reports/changes/", **days) == []
        (bob,) = rows("/admin/reports/users/", **days)
        assert (bob["total_cost"], bob["cost_before"], bob["cost_difference"]) == ("1.0000", "", "")


class TestCalls:
    def test_the_list_s_filters_and_order_hold(self, rows: Callable[..., Rows]) -> None:
        found = rows(CALLS, user_id=BOB, period="all", order="oldest")
        assert [row["user_id"] for row in found] == [str(BOB)] * 6
        assert found[0]["created_at"] == "2026-09-01 12:00:00"

    def test_hostile_text(self, rows: Callable[..., Rows]) -> None:
        write(row(user_id=BOB, success=False, error_message="=cmd|' /C calc'!A0", created_at=at(9)))
        (found,) = rows(CALLS, created_at_after="2026-11-09", created_at_before="2026-11-09")
        assert found["error_message"] == "'=cmd|' /C calc'!A0"

    def test_too_many_to_add_up_are_exported_nonetheless(
        self, rows: Callable[..., Rows], book: Callable[..., Any], settings: Any
    ) -> None:
        settings.MOST_CALLS_READ = 1
        assert len(rows(CALLS, cost_min="1")) == 4
        assert told(book(CALLS, cost_min="1"))["Rows, calls"] == 4

    def test_a_report_with_too_many_is_refused(self, analyst: Client, settings: Any) -> None:
        settings.MOST_CALLS_READ = 1
        answer = analyst.get("/admin/reports/users/export.csv", {"cost_min": "1"})
        assert (answer.status_code, answer.content) == (400, b"Too many calls to read one by one")


class TestWorkbook:
    def test_it_tells_about_itself(
        self, book: Callable[..., Any], two_currencies: None, settings: Any
    ) -> None:
        settings.TIME_ZONE = "Asia/Taipei"
        found = told(book(CALLS, user_id=[BOB, CAT], success="true"))
        assert found["Report"] == "API calls"
        assert found["Period"] == "1–24 Nov 2026"
        assert found["Result"] == "succeeded"
        assert found["Time zone"] == "Asia/Taipei"
        assert found["Created by"] == "analyst"
        assert found["Created at"] == "2026-11-24T23:42:00+08:00"
        assert found["Rows, calls"] == 4
        assert found["Cost in USD, calls"] == 3
        assert found["Cost in RMB, calls"] == 100

    def test_its_rows_are_those_of_the_csv(
        self, book: Callable[..., Any], rows: Callable[..., Rows]
    ) -> None:
        in_csv = rows(CALLS)
        in_xlsx = values(book(CALLS)["calls"])
        assert [str(row["id"]) for row in in_xlsx] == [row["id"] for row in in_csv]
        assert [row["created_at_with_offset"] for row in in_xlsx] == [
            row["created_at_with_offset"] for row in in_csv
        ]
        assert [str(row["created_at"]) for row in in_xlsx] == [row["created_at"] for row in in_csv]
        assert in_csv[0].keys() == in_xlsx[0].keys()

    def test_it_says_that_details_are_purged(self, book: Callable[..., Any]) -> None:
        FoldState.objects.update_or_create(pk=1, defaults={"purged_before": date(2026, 11, 5)})
        assert "5 Nov 2026" in told(book(CALLS))["Details purged"]
        later = book(CALLS, created_at_after="2026-11-06", created_at_before="2026-11-24")
        assert "Details purged" not in told(later)

    def test_it_speaks_the_language_of_its_reader(
        self, analyst: Client, book: Callable[..., Any]
    ) -> None:
        analyst.post("/i18n/setlang/", {"language": "zh-hant", "next": "/"})
        assert book(CALLS).sheetnames[-1] == "關於此檔案"


class TestNames:
    @pytest.mark.parametrize(
        ("path", "query", "name"),
        [
            ("/admin/", {}, "usage-overview_2026-11-01_2026-11-24"),
            ("/admin/reports/users/", {}, "usage-users_2026-11-01_2026-11-24"),
            (f"/admin/reports/users/{ANN}/", {}, "usage-user-1_2026-11-01_2026-11-24"),
            (CALLS, {"period": "all"}, "usage-calls_until_2026-11-24"),
            (CALLS, {"currency": "RMB"}, "usage-calls_2026-11-01_2026-11-24_RMB"),
            (CALLS, {"currency": '../"x\r\n'}, "usage-calls_2026-11-01_2026-11-24_..x"),
        ],
    )
    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    def test_say_what_and_when(
        self, analyst: Client, path: str, query: dict[str, str], name: str, format: str
    ) -> None:
        answer = analyst.get(f"{path}export.{format}", query)
        assert answer.getvalue()
        assert answer["Content-Disposition"] == f'attachment; filename="{name}.{format}"'

    def test_are_encoded_where_they_are_not_ascii(self, analyst: Client) -> None:
        answer = analyst.get(f"{CALLS}export.csv", {"currency": "人民幣"})
        assert answer.getvalue()
        expected = (
            "filename*=utf-8''usage-calls_2026-11-01_2026-11-24_%E4%BA%BA%E6%B0%91%E5%B9%A3.csv"
        )
        assert answer["Content-Disposition"] == f"attachment; {expected}"
