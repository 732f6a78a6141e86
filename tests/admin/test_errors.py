"""The page of errors: kinds that make up the failures of the period, and lead to them."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from django.contrib.auth.models import User
from django.test import Client

from stats.admin.components.tables import Line
from stats.rollups.failures import fingerprint
from stats.rollups.folding import fold
from stats.rollups.purging import purge
from stats.tables.markup import Cell
from tests.admin.conftest import ANN, BOB, CAT, HOSTILE, NOW, at, given
from tests.ledger import row, write
from tests.reading import html
from tests.rollups.folded import fold_all

Context = Callable[..., dict[str, Any]]
PATH = "/admin/reports/errors/"
NBSP = "\N{NO-BREAK SPACE}"
EN_DASH = "\N{EN DASH}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def failures_of(line: Line) -> int:
    return int(line.sums.failures)


def cells_of(page: dict[str, Any], message: str) -> tuple[Cell, ...]:
    """The row of a message."""
    (cells,) = (row.cells for row in page["table"].rows if row.cells[0].text == message)
    return tuple(cells)


@pytest.mark.usefixtures("ledger")
class TestErrors:
    def test_kinds_make_up_the_failures(self, shown: Context, analyst: Client) -> None:
        page = shown(PATH)
        rows = page["table"].source
        assert sum(failures_of(line) for line in rows.lines) == failures_of(rows.total) == 2
        there = given(analyst.get(rows.total.calls_url))
        assert there["totals"][0] == ("2", "calls")
        assert page["sentence"] == f"2 of 6 calls failed, 33.3{THIN}%. They cost USD{NBSP}1.00."

    def test_a_kind_leads_to_its_failures(self, shown: Context, analyst: Client) -> None:
        line = next(line for line in shown(PATH)["table"].source.lines if line.label == HOSTILE)
        *_counts, endpoint, first, last = cells_of(shown(PATH), HOSTILE)
        assert (endpoint.text, endpoint.more) == (HOSTILE, "")
        assert (first.text, last.text) == ("24 Nov", f"5{THIN}h ago")
        there = given(analyst.get(line.calls_url))
        assert there["totals"][0] == ("1", "call")
        assert [chip.value for chip in there["bar"].chips] == [HOSTILE]
        assert [call.message for band in there["bands"] for call in band.rows] == [HOSTILE]

    def test_text_stays_text(self, analyst: Client) -> None:
        page = analyst.get(PATH).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_only_successes(self, shown: Context) -> None:
        page = shown(PATH, success="true")
        assert "table" not in page
        assert page["sentence"] == "All 4 calls succeeded."

    def test_under_a_filter(self, shown: Context) -> None:
        page = shown(PATH, user_id=BOB)
        assert [line.label for line in page["table"].source.lines] == ["504"]
        assert "user_id=2" in page["table"].source.total.calls_url

    def test_the_overview_leads_here(self, shown: Context, analyst: Client) -> None:
        page = given(analyst.get(str(shown("/admin/")["all_failures"])))
        assert failures_of(page["table"].source.total) == 2


def test_several_endpoints_are_counted(shown: Context, people: None) -> None:
    write(
        *(
            row(success=False, error_message=f"429: wait {n} s", api_endpoint=f"/{n}",
                created_at=at(3))
            for n in range(3)
        ),
        row(success=False, error_message=None, created_at=at(3)),
    )  # fmt: skip
    page = shown(PATH)
    first, second = page["table"].source.lines
    *_counts, endpoint, _first, _last = cells_of(page, first.label)
    assert (failures_of(first), endpoint.text, endpoint.more) == (3, "/0", "and 2 more")
    assert second.label == ""


def test_calls_add_up_with_what_did_not_fail(analyst: Client, people: None) -> None:
    write(
        row(user_id=ANN, api_endpoint="/a", success=False, created_at=at(3)),
        *[row(user_id=BOB, api_endpoint="/b", created_at=at(3))] * 2,
        *[row(user_id=CAT, api_endpoint="/c", created_at=at(3))] * 4,
    )
    for table in html.tables(html.parse(analyst.get(PATH).content.decode())):
        if table.name in ("endpoints", "users"):
            told = [(line.texts[0], line.under("Calls")) for line in table.lines]
            assert told[1:] == [("2 others", "6"), (f"All {table.name}", "7")]
            assert told[0][1] == "1"


def test_a_phone_tells_how_many_failed_before(analyst: Client, people: None) -> None:
    write_rise()
    page = analyst.get(PATH, {"period": "7d"}).content.decode()
    notes = re.findall(r'<span\s+class="phone-line">([^<]*)</span>', page)
    assert notes.count("was 1") == 1
    assert notes.count(f"6 calls, 16.7{THIN}% succeeded") == 0
    assert f"5 calls, 0.0{THIN}% succeeded" in notes


TIMEOUT, QUOTA, RESET = "504: upstream timed out", "429: too many requests", "connection reset"


def write_rise() -> None:
    """In the week until Tuesday the 24th against the one before until the same time: timeouts of
    /run, mostly Bob's, rise from 1 to 5, quotas of /chat fall from 3 to 2, and 2 resets end."""
    before = [(ANN, "/run", TIMEOUT), *[(ANN, "/chat", QUOTA)] * 3, *[(CAT, "/old", RESET)] * 2]
    now = [
        *[(BOB, "/run", TIMEOUT)] * 4,
        (ANN, "/run", TIMEOUT),
        (ANN, "/chat", QUOTA),
        (BOB, "/chat", QUOTA),
    ]
    failed = [
        row(user_id=user, api_endpoint=endpoint, error_message=message, success=False,
            created_at=at(day))
        for day, failures in ((12, before), (20, now))
        for user, endpoint, message in failures
    ]  # fmt: skip
    # The ledger is older than both weeks. At 20:00 the week before is no longer compared.
    write(
        *failed,
        row(user_id=ANN, api_endpoint="/chat", created_at=at(19)),
        row(user_id=ANN, api_endpoint="/old", created_at=at(19)),
        row(user_id=ANN, created_at=at(1)),
        row(user_id=ANN, api_endpoint="/run", error_message=TIMEOUT, success=False,
            created_at=at(17, 20)),
    )  # fmt: skip


class TestBesideTheWeekBefore:
    """Which kinds, endpoints and users fail more than before, and which no longer do."""

    @pytest.fixture
    def drawn(self, analyst: Client, people: None) -> Element:
        write_rise()
        return html.parse(analyst.get(PATH, {"period": "7d"}).content.decode())

    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            (
                "errors",
                [
                    (TIMEOUT, "5", "+4", "+400"),
                    (QUOTA, "2", "−1", "−33"),
                    (RESET, "0", "−2", "−100"),
                    ("Total", "7", "+1", "+17"),
                ],
            ),
            (
                "endpoints",
                [
                    ("/run", "5", "+4", "+400"),
                    ("/chat", "2", "−1", "−33"),
                    ("/old", "0", "−2", "−100"),
                    ("All endpoints", "7", "+1", "+17"),
                ],
            ),
            (
                "users",
                [
                    ("Bob", "5", "+5", "—"),
                    ("Ann", "2", "−2", "−50"),
                    ("Cat", "0", "−2", "−100"),
                    ("All users", "7", "+1", "+17"),
                ],
            ),
        ],
    )
    def test_failures_and_their_change(
        self, drawn: Element, table: str, expected: list[tuple[str, ...]]
    ) -> None:
        (found,) = (one for one in html.tables(drawn) if one.name == table)
        since = f"Change since 11{EN_DASH}17 Nov until 15:42"
        assert [
            (
                line.texts[0],
                line.under("Failures"),
                *(cell.text.removesuffix(f"{THIN}%") for cell in line.cells[since]),
            )
            for line in found.lines
        ] == expected

    def test_files_have_the_failures_of_before(self, analyst: Client, drawn: Element) -> None:
        text = analyst.get(f"{PATH}export.csv", {"period": "7d"}).getvalue().decode("utf-8-sig")
        found = [
            (line["error_message"], line["failed_calls"], line["failures_before"],
             line["compared_with"])
            for line in csv.DictReader(io.StringIO(text))
        ]  # fmt: skip
        compared = "2026-11-11/2026-11-17T15:42:00+00:00"
        assert found == [
            (TIMEOUT, "5", "1", compared),
            (QUOTA, "2", "3", compared),
            (RESET, "0", "2", compared),
        ]

    def test_a_kind_leads_to_whose_it_is(self, analyst: Client, drawn: Element) -> None:
        (kinds,) = (one for one in html.tables(drawn) if one.name == "errors")
        link = kinds.lines[0].cells["Message"][0].link
        there = html.tables(html.parse(analyst.get(link).content.decode()))
        told = {
            table.name: [(line.texts[0], line.under("Failures")) for line in table.lines]
            for table in there
        }
        assert told == {
            "errors": [(TIMEOUT, "5"), ("Total", "5")],
            "endpoints": [("/run", "5"), ("All endpoints", "5")],
            "users": [("Bob", "4"), ("Ann", "1"), ("All users", "5")],
        }
        (users,) = (table for table in there if table.name == "users")
        calls = given(analyst.get(users.lines[0].cells["Failures"][0].link))
        assert calls["totals"][0] == ("4", "calls")
        assert {call.message for band in calls["bands"] for call in band.rows} == {TIMEOUT}

    def test_what_ended_leads_nowhere(self, drawn: Element) -> None:
        (kinds,) = (one for one in html.tables(drawn) if one.name == "errors")
        reset = next(line for line in kinds.lines if line.texts[0] == RESET)
        assert {cell.link for cells in reset.cells.values() for cell in cells} == {""}
        assert "gone" in reset.classes

    def test_what_ended_is_told_where_nothing_fails_now(
        self, analyst: Client, drawn: Element
    ) -> None:
        there = analyst.get(PATH, {"period": "7d", "api_endpoint": "/old"}).content.decode()
        (kinds,) = (one for one in html.tables(html.parse(there)) if one.name == "errors")
        assert [line.under("Failures") for line in kinds.lines] == ["0", "0"]


def write_failures() -> None:
    """Seven of one kind at two endpoints by two users, one of another, and a success."""
    for n in range(7):
        write(
            row(
                success=False,
                error_message=f"429: wait {n} s",
                api_endpoint=f"/{n % 2}",
                user_id=1 + n % 2,
                cost="0.5",
                created_at=at(3 + 3 * n),
            )
        )
    write(row(success=False, error_message="504", created_at=at(4)), row(created_at=at(5)))


class TestOneKind:
    """The filter that a kind's number leads with."""

    @pytest.fixture(autouse=True)
    def calls(self, people: None) -> None:
        write_failures()

    @pytest.fixture
    def url(self, shown: Context) -> str:
        line: Any = shown(PATH)["table"].source.lines[0]
        assert failures_of(line) == 7
        return str(line.calls_url)

    def test_the_list_has_as_many(self, analyst: Client, url: str) -> None:
        there = given(analyst.get(url))
        assert there["totals"][:2] == [("7", "calls"), (f"USD{NBSP}3.50", "")]
        assert sum(len(band.rows) for band in there["bands"]) == 7
        assert [chip.label for chip in there["bar"].chips] == ["Kind of error"]

    @pytest.mark.parametrize(("more", "expected"), [("&user_id=2", 3), ("&api_endpoint=/0", 4)])
    def test_under_another_filter_too(
        self, analyst: Client, url: str, more: str, expected: int
    ) -> None:
        there = given(analyst.get(url + more))
        assert there["totals"][0] == (str(expected), "calls")
        assert sum(len(band.rows) for band in there["bands"]) == expected

    def test_the_page_of_errors_shows_it_alone(self, shown: Context, url: str) -> None:
        page = shown(PATH, failure=url.partition("failure=")[2])
        assert page["sentence"] == "7 calls failed with this error."
        rows = page["table"].source
        assert [failures_of(line) for line in rows.lines] == [failures_of(rows.total)] == [7]
        assert rows.total.calls_url == url

    def test_applying_another_filter_keeps_it(self, analyst: Client, url: str) -> None:
        form = given(analyst.get(url))["bar"].form
        kind = url.partition("failure=")[2]
        assert f'<option value="{kind}" selected>' in str(form["failure"])
        assert "failure" not in given(analyst.get(url.partition("?")[0]))["bar"].form.fields

    def test_its_files_have_it_alone(self, analyst: Client, url: str) -> None:
        path, _question, query = url.partition("?")
        file = analyst.get(f"{path}export.csv?{query}").getvalue().decode()
        _heading, *rows = file.splitlines()
        assert ["429: wait" in row for row in rows] == [True] * 7

    def test_where_there_are_none(self, analyst: Client, shown: Context, url: str) -> None:
        there = given(analyst.get(f"{url}&period=last_month"))["empty"]
        assert there.title == "No such error in this period"
        assert "failure" not in there.url
        page = shown(PATH, failure=fingerprint("never"))
        assert page["empty"].title == "No such error in this period"
        assert [chip.value for chip in page["bar"].chips] == ["never seen"]

    @pytest.mark.parametrize("path", ["/admin/", "/admin/reports/users/", "/admin/reports/cost/"])
    def test_pages_of_sums_know_no_kinds(self, analyst: Client, url: str, path: str) -> None:
        answer = analyst.get(path, {"failure": url.partition("failure=")[2]})
        assert answer.status_code == 400
        assert list(given(answer)["errors"]) == ["failure"]


@pytest.mark.django_db(transaction=True)
class TestOneKindInTheSums:
    """What the sums know of a kind where its calls cannot be read."""

    @pytest.fixture
    def owner(self, superuser: User, people: None, settings: Any) -> Client:
        settings.FOLD_MARGIN_SECONDS = 0
        client = Client()
        client.force_login(superuser)
        write_failures()
        fold_all(now=NOW + timedelta(hours=1))
        return client

    @pytest.fixture
    def url(self, owner: Client) -> str:
        return str(given(owner.get(PATH))["table"].source.lines[0].calls_url)

    def check_users_are_not_known(self, owner: Client, url: str) -> None:
        """On the page of that kind; the sums know its endpoints."""
        answer = owner.get(PATH, {"failure": url.partition("failure=")[2]})
        page = html.parse(answer.content.decode())
        told = {
            table.name: [(line.texts[0], line.under("Failures")) for line in table.lines]
            for table in html.tables(page)
        }
        assert told["endpoints"] == [("/0", "4"), ("/1", "3"), ("All endpoints", "7")]
        assert "users" not in told
        assert "Not known: there are too many calls to read" in html.text_of(page)

    def test_purged_ones_are_counted_still(self, owner: Client, url: str) -> None:
        fold(NOW + timedelta(hours=3))
        assert purge(date(2026, 11, 10), NOW) > 0
        self.check_users_are_not_known(owner, url)
        some = given(owner.get(url))
        assert some["totals"] == [("7", "calls"), ("4", "not purged")]
        assert sum(len(band.rows) for band in some["bands"]) == 4
        days = "&created_at_after=2026-11-01&created_at_before=2026-11-09"
        assert given(owner.get(url + days))["empty"].title == "3 calls failed with this error."

    def test_where_they_are_too_many_their_number_is_told(
        self, owner: Client, url: str, settings: Any
    ) -> None:
        settings.MOST_CALLS_READ = 3
        self.check_users_are_not_known(owner, url)
        there = given(owner.get(url))
        assert there["empty"].title == "Too many calls to read one by one"
        assert there["empty"].counted == "7 calls failed with this error."
