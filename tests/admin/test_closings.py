"""Closed months in the admin: what one reads of them, and who closes and reopens them."""

import csv
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from time_machine import Traveller

from stats.accounts import roles
from stats.closings import reopening
from stats.closings.chain import Signer
from stats.invoices.keeping import Entry, add
from stats.models import APIUsageStats, ClosingEntry, FoldState
from tests.admin.conftest import ANN, CAT, HOSTILE, NOW, at, given
from tests.closings.ledgers import OCTOBER, close, verified
from tests.invoices.entered import invoice
from tests.ledger import in_zones, row, write
from tests.oracle import Zones
from tests.reading import html

# Folds and verifications are transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
PAGE = "/admin/reports/closings/"
MONTH = f"{PAGE}2026-10/"
LATER = datetime(2026, 11, 24, 20, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def closed(open_month: None) -> None:
    """Then a call of USD 1.25 came late, and one of USD 4 was deleted."""
    close(now=NOW)
    write(row(user_id=CAT, cost="1.25", api_endpoint=HOSTILE, created_at=at(9, month=10)))
    APIUsageStats.objects.filter(user_id=ANN, cost=4)._raw_delete("default")
    verified(LATER)


@pytest.fixture
def colleague(administrator: Client) -> Client:
    """Another administrator."""
    user = User.objects.create_user("colleague", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.ADMINISTRATORS))
    client = Client()
    client.force_login(user)
    return client


def lead(answer: Any) -> str:
    page = html.parse(answer.content.decode())
    return next(html.text_of(node) for node in page.iter("p") if node.get("role") == "status")


def lines(answer: Any, table: str) -> list[list[str]]:
    page = html.parse(answer.content.decode())
    (found,) = (one for one in html.tables(page) if one.name == table)
    return [[text.rstrip("\u2007\u2008") for text in line.texts] for line in found.lines]


def post(client: Client, action: str, **given: Any) -> int:
    status: int = client.post(MONTH, {"action": action, **given}).status_code
    return status


def kinds() -> list[str]:
    return list(ClosingEntry.objects.order_by("place").values_list("kind", flat=True))


def told(client: Client) -> list[str]:
    page = html.parse(client.get(MONTH).content.decode())
    return [html.text_of(item) for found in html.having(page, "messagelist") for item in found]


def buttons(client: Client) -> list[str]:
    page = html.parse(client.get(MONTH).content.decode())
    return [
        html.text_of(node)
        for panel in html.having(page, "closing")
        for node in panel.iter("button")
    ]


def obstacles(client: Client, path: str = MONTH) -> list[str]:
    """What stands in the way of closing the month."""
    page = html.parse(client.get(path).content.decode())
    (panel,) = html.having(page, "closing")
    return [html.text_of(item) for item in panel.iter("li")]


class TestRead:
    def test_all_months(self, analyst: Client, closed: None) -> None:
        answer = analyst.get(PAGE)
        assert lead(answer) == "1 month is over and open; 1 was adjusted since it was closed."
        november, october, september = lines(answer, "closings")
        assert november[:2] == ["November 2026", "running"]
        assert october[:2] == ["October 2026", "closed by ann, 24 Nov 2026"]
        assert october[2:] == ["5", "1", "106.25", "1", "−2.75"]
        assert september[:2] == ["September 2026", "open"]

    def test_one_month(self, analyst: Client, closed: None) -> None:
        answer = analyst.get(MONTH)
        assert lead(answer) == (
            f"Closed by ann, 24 Nov 2026, 15:42:00 UTC. Known now: USD{NBSP}2.75 less than closed."
        )
        figures = [(line[0], line[1], line[-1]) for line in lines(answer, "figures")]
        assert figures == [
            ("As closed", "5", "109.00"),
            ("Adjusted since", "0", "−2.75"),
            ("As known now", "5", "106.25"),
        ]
        adjusted = [[line[1], line[2], line[3], line[-1]] for line in lines(answer, "adjustments")]
        assert adjusted == [["Ann", "/chat-messages", "−1", "−4.00"], ["Cat", HOSTILE, "1", "1.25"]]
        assert HOSTILE not in answer.content.decode()
        happened = [(line[0], line[2], line[4]) for line in lines(answer, "entries")]
        assert happened == [("adjusted by a verification", "", "2"), ("closed", "ann", "3")]

    def test_the_invoices_of_all_months(
        self, administrator: Client, analyst: Client, closed: None
    ) -> None:
        """What two ask of October together, and one in euros of September."""
        invoice(NOW)
        invoice(NOW, amount="7.5")
        by_hand = Entry(provider="EU", month=date(2026, 9, 1), currency="EUR", amount="3")
        add(by_hand, "ann", NOW)
        amounts = {line[0]: line[-2:] for line in lines(administrator.get(PAGE), "closings")}
        assert amounts == {
            "November 2026": ["—", "—"],
            "October 2026": ["—", "127.50 (+21.25)"],
            "September 2026": ["3.00 (+3.00)", "—"],
        }
        text = administrator.get(f"{PAGE}export.csv").getvalue().decode("utf-8-sig")
        assert "invoiced.EUR,difference.EUR,invoiced.USD,difference.USD" in text
        assert "Invoices" not in analyst.get(PAGE).content.decode()
        assert b"invoiced" not in analyst.get(f"{PAGE}export.csv").getvalue()

    def test_an_invoice_of_a_month_without_calls(
        self, administrator: Client, analyst: Client, closed: None
    ) -> None:
        for month in (date(2026, 6, 1), date(2026, 12, 1)):
            add(Entry(provider="EU", month=month, currency="USD", amount="3"), "ann", NOW)
        rows = lines(administrator.get(PAGE), "closings")
        assert rows[-1][:3] == ["June 2026", "open", "0"]
        assert rows[-1][-1] == "3.00 (+3.00)"
        assert "December" not in str(rows)
        assert "June" not in str(lines(analyst.get(PAGE), "closings"))
        assert lead(administrator.get(f"{PAGE}2026-06/")) == "The month is open."

    def test_its_invoices_and_statement(
        self, administrator: Client, analyst: Client, closed: None
    ) -> None:
        invoice(NOW)
        (line,) = lines(administrator.get(MONTH), "invoices")
        assert line == [
            "OpenAI",
            "On no single day +15.50, Days that the ledger lacks +4.50, "
            "Days that the invoice lacks −4.25, Single days that differ −2.00",
            "USD",
            "120.00",
            "106.25",
            "+13.75",
            "0",
        ]
        text = analyst.get(MONTH).content.decode()
        assert "OpenAI" not in text
        assert 'href="/admin/reports/statements/2026-10/"' in text

    def test_nothing_has_differed(self, analyst: Client, open_month: None) -> None:
        close(now=NOW)
        assert lead(analyst.get(MONTH)).endswith("UTC. Nothing has differed since.")

    def test_what_stands_in_the_way(self, analyst: Client, ledger: None) -> None:
        assert lead(analyst.get(MONTH)) == "The month is open."
        assert "manage.py fold_usage" in analyst.get(MONTH).content.decode()
        assert lead(analyst.get(f"{PAGE}2026-11/")) == "The month is not over."

    @pytest.mark.parametrize(
        ("of_state", "english", "chinese"),
        [
            (
                {"zones": "Asia/Taipei UTC"},
                "The sums are of other time zones than TIME_ZONE and DATABASE_TIME_ZONE say: run",
                "彙總所用的時區與 TIME_ZONE 和 DATABASE_TIME_ZONE 不同：請執行 manage.py",
            ),
            (
                {"zones": "Asia/Taipei UTC", "purged_before": date(2026, 8, 1)},
                "made anew: set TIME_ZONE=Asia/Taipei and DATABASE_TIME_ZONE=UTC again.",
                "2026-08-01 之前的呼叫已不存在，無法重新彙總：請改回 TIME_ZONE=Asia/Taipei",
            ),
            (
                {"folded_to": 10**6},
                "The table of calls ends before its sums do: run manage.py rebuild_usage",
                "呼叫的資料表比彙總更早結束：請執行 manage.py rebuild_usage，再執行",
            ),
        ],
    )
    def test_sums_that_are_of_no_use_stand_in_the_way(
        self,
        analyst: Client,
        open_month: None,
        of_state: dict[str, Any],
        english: str,
        chinese: str,
    ) -> None:
        FoldState.objects.update(**of_state)
        assert english in obstacles(analyst)[0]
        analyst.post("/i18n/setlang/", {"language": "zh-hant"})
        assert chinese in obstacles(analyst)[0]

    def test_another_zone_stands_in_the_way_alone(self, analyst: Client, closed: None) -> None:
        """Nobody is told to rebuild the sums, which is refused while a month is closed."""
        with in_zones(Zones("Asia/Taipei")):
            first, *others = obstacles(analyst, f"{PAGE}2026-09/")
        assert first.startswith("Months are closed in the zone UTC, TIME_ZONE is Asia/Taipei")
        assert not any("rebuild_usage" in other for other in others)

    def test_without_calls(self, analyst: Client) -> None:
        assert lead(analyst.get(PAGE)) == "There are no calls yet."

    @pytest.mark.parametrize("month", ["2026-12", "2026-13", "26-10", "x", "2026-1", "٢٠٢٦-10"])
    def test_what_is_no_month(self, analyst: Client, month: str) -> None:
        for file in ("", "export.csv", "bundle.zip"):
            assert analyst.get(f"{PAGE}{month}/{file}").status_code == 404

    def test_in_chinese(self, analyst: Client, closed: None) -> None:
        analyst.post("/i18n/setlang/", {"language": "zh-hant"})
        assert lead(analyst.get(PAGE)) == "有 1 個月已結束但尚未結帳；1 個月結帳後有調整。"
        assert f"比結帳時少 USD{NBSP}2.75" in lead(analyst.get(MONTH))


class TestFiles:
    def read(self, client: Client, path: str) -> list[dict[str, str]]:
        text = client.get(path).getvalue().decode("utf-8-sig")
        return list(csv.DictReader(StringIO(text)))

    def test_months(self, analyst: Client, closed: None) -> None:
        october = self.read(analyst, f"{PAGE}export.csv")[1]
        assert (october["month"], october["closed_at"]) == ("2026-10", "2026-11-24 15:42:00")
        assert (october["total_cost"], october["adjusted.USD"]) == ("106.2500", "-2.7500")

    def test_one_month(self, analyst: Client, closed: None) -> None:
        found = self.read(analyst, f"{MONTH}export.csv?table=lines")
        assert [(one["name"], one["total_cost"]) for one in found] == [
            ("Ann", "4.0000"),
            ("Bob", "102.0000"),
            ("Cat", "3.0000"),
        ]
        (gone, _late) = self.read(analyst, f"{MONTH}export.csv?table=adjustments")
        assert (gone["user_id"], gone["total_calls"], gone["total_cost"]) == ("1", "-1", "-4.0000")
        assert analyst.get(f"{MONTH}export.xlsx").getvalue().startswith(b"PK")
        assert analyst.get(f"{MONTH}export.csv?table=x").status_code == 400

    def test_the_bundle_verifies_itself(
        self, analyst: Client, closed: None, tmp_path: Path
    ) -> None:
        with ZipFile(BytesIO(analyst.get(f"{MONTH}bundle.zip").content)) as bundle:
            bundle.extractall(tmp_path)
        command = [sys.executable, "-I", "-S", "verify.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        told = f"All fits: 2026-10, entry 1, {ClosingEntry.objects.get(place=1).hash}.\n"
        assert (done.returncode, done.stdout) == (0, told)
        assert analyst.get(f"{PAGE}2026-09/bundle.zip").status_code == 404


class TestClosing:
    def test_it_is_closed_with_what_was_seen(
        self, administrator: Client, analyst: Client, open_month: None
    ) -> None:
        assert buttons(administrator) == ["Close the month"]
        assert buttons(analyst) == []
        assert "The cost of 1 call is not known: 1 unpriced" in (
            administrator.get(MONTH).content.decode()
        )
        post(administrator, "close")
        assert "The cost of 1 call is not known" in told(administrator)[0]
        assert kinds() == []
        assert post(administrator, "close", accepted="1") == 302
        assert told(administrator) == ["The month is closed."]
        entry = ClosingEntry.objects.get()
        assert (entry.kind, entry.made_by) == ("closing", "administrator")
        post(administrator, "close", accepted="1")
        assert "closed already" in told(administrator)[0]

    def test_two_people_reopen_it(
        self, administrator: Client, colleague: Client, closed: None
    ) -> None:
        assert buttons(administrator) == ["Ask to reopen"]
        post(administrator, "ask", reason=HOSTILE)
        assert HOSTILE not in colleague.get(MONTH).content.decode()
        assert buttons(administrator) == []
        assert buttons(colleague) == ["Agree and reopen the month"]
        assert lines(colleague.get(PAGE), "closings")[1][1] == "to be reopened"
        post(colleague, "agree")
        assert kinds() == ["closing", "adjustment", "request", "reopening"]
        assert lead(colleague.get(MONTH)) == "The month is open."
        assert buttons(administrator) == ["Close the month"]

    def test_after_a_week_anybody_may_ask_again(
        self, administrator: Client, colleague: Client, closed: None
    ) -> None:
        signer = Signer.of(User.objects.get(username="administrator"))
        reopening.request(OCTOBER, signer, "a wrong price", NOW - timedelta(days=7))
        assert buttons(administrator) == ["Ask to reopen"]
        assert buttons(colleague) == ["Agree and reopen the month", "Ask to reopen"]
        post(colleague, "ask", reason="another price")
        page = administrator.get(MONTH).content.decode()
        assert "colleague asks to reopen the month: another price" in page
        assert buttons(colleague) == []
        assert buttons(administrator) == ["Agree and reopen the month"]

    def test_whatever_is_posted_by_hand_one_does_not_suffice(
        self, administrator: Client, closed: None
    ) -> None:
        before = kinds()
        for given_ in (
            ("agree", {}),
            ("ask", {"reason": " "}),
            ("ask", {"reason": "x" * 501}),
            ("ask", {"reason": "a wrong price"}),
            ("agree", {"account_id": "999", "by": "colleague", "made_by": "colleague"}),
            ("ask", {"reason": "a wrong price"}),
            ("agree", {"reason": "colleague agrees"}),
            ("close", {"accepted": "1"}),
        ):
            assert post(administrator, given_[0], **given_[1]) == 302
        User.objects.filter(username="administrator").update(username="renamed")
        assert post(administrator, "agree") == 302
        assert kinds() == [*before, "request"]
        assert post(administrator, "reopening") == 404
        assert administrator.post(f"{MONTH}bundle.zip", {"action": "agree"}).status_code == 405

    def test_nor_does_an_account_that_one_makes_for_it(
        self, administrator: Client, closed: None, clock: Traveller
    ) -> None:
        """Its day is the ledger's to say: nobody sets it back."""
        post(administrator, "ask", reason="a wrong price")
        before = kinds()
        clock.shift(60)
        form = {"username": "second", "role": roles.ADMINISTRATORS}
        password = {"password1": "correct horse battery", "password2": "correct horse battery"}
        administrator.post("/admin/auth/user/add/", {**form, **password})
        second = User.objects.get(username="second")
        url = f"/admin/auth/user/{second.pk}/change/"
        earlier = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
        assert administrator.post(url, {**form, "is_active": "on", **earlier}).status_code == 302
        client = Client()
        client.force_login(second)
        assert post(client, "agree") == 302
        assert "The account second was made after the request" in told(client)[0]
        assert kinds() == before

    @pytest.mark.parametrize("person", ["analyst", "other_staff", "nobody"])
    def test_nobody_else_may(
        self, request: pytest.FixtureRequest, person: str, administrator: Client, closed: None
    ) -> None:
        post(administrator, "ask", reason="a wrong price")
        before, client = kinds(), request.getfixturevalue(person)
        for action in ("close", "ask", "agree"):
            assert post(client, action, reason="x") == (302 if person == "nobody" else 403)
        assert kinds() == before


class TestReports:
    """What differs from a closing is told where the figures are."""

    @pytest.mark.parametrize(
        ("path", "query", "is_told"),
        [
            ("/admin/", "created_at_after=2026-10-20&created_at_before=2026-11-03", True),
            ("/admin/reports/daily/", "period=last_month", True),
            ("/admin/reports/cost/", "period=last_month", True),
            ("/admin/reports/daily/", "period=last_month&user_id=3", False),
            ("/admin/", "", False),
            ("/admin/reports/daily/", "period=this_month", False),
        ],
    )
    def test_the_amount_and_a_link(
        self, analyst: Client, closed: None, path: str, query: str, is_told: bool
    ) -> None:
        page = html.parse(analyst.get(f"{path}?{query}").content.decode())
        links = {html.text_of(node): node.get("href") for node in page.iter("a")}
        text = f"October 2026: USD{NBSP}2.75 less than closed"
        assert links.get(text) == (MONTH if is_told else None)

    def test_not_where_there_are_no_figures(self, administrator: Client, closed: None) -> None:
        answer = administrator.get("/admin/reports/history/?period=last_month")
        assert "less than closed" not in answer.content.decode()

    def test_not_once_the_month_is_open_again(
        self, administrator: Client, colleague: Client, closed: None
    ) -> None:
        post(administrator, "ask", reason="a wrong price")
        post(colleague, "agree")
        assert given(colleague.get("/admin/?period=last_month"))["beyond_closing"] == []

    def test_what_moved_between_users(self, analyst: Client, open_month: None) -> None:
        close(now=NOW)
        APIUsageStats.objects.filter(user_id=ANN, cost=4).update(user_id=CAT)
        verified(LATER)
        (piece,) = given(analyst.get("/admin/?period=last_month"))["beyond_closing"]
        assert piece.text == "October 2026: adjusted, with the same total"
