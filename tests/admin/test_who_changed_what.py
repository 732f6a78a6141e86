"""The page of who changed what: everything that was, by admin and commands, for administrators."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from stats.accounts import history, keys, roles
from stats.models import APIKey, Budget, ProviderInvoice, UnusualDay
from tests.admin.conftest import ANN, HOSTILE, NOW, given
from tests.reading import html

PAGE = "/admin/reports/history/"
INVOICES = "/admin/reports/invoices/"
UNUSUAL = "/admin/reports/unusual/"
PASSWORD = "staple the battery"


def rows(client: Client, **query: Any) -> list[list[str]]:
    """What, kind, what was done, by whom and when; the newest first."""
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    table = given(answer)["table"]
    return [[cell.text for cell in row.cells] for row in table.rows] if table else []


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue().strip()


def make_eve(client: Client) -> None:
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    made = {**form, "username": "eve", "role": roles.ANALYSTS}
    assert client.post("/admin/auth/user/add/", made).status_code == 302


@pytest.fixture
def day(db: None) -> UnusualDay:
    return UnusualDay.objects.create(
        day=NOW.date() - timedelta(days=3), kind="all", measure="cost", currency="USD",
        observed="43.5", usual="2.25", found_at=NOW,
    )  # fmt: skip


class TestWhatIsListed:
    def test_accounts_and_roles(self, administrator: Client) -> None:
        make_eve(administrator)
        [found] = rows(administrator)
        assert found[:4] == [
            "eve", "Account", "Added. Added role “Usage analysts”.", "administrator"
        ]  # fmt: skip
        assert found[4] == "15:42"

    def test_a_password_that_somebody_changes_for_themselves(self, administrator: Client) -> None:
        form = {"old_password": "secret", "new_password1": PASSWORD, "new_password2": PASSWORD}
        for old, count in (("wrong", 0), ("secret", 1)):
            administrator.post("/admin/password_change/", {**form, "old_password": old})
            assert LogEntry.objects.count() == count
        assert [row[:4] for row in rows(administrator)] == [
            ["administrator", "Account", "Changed password.", "administrator"]
        ]

    def test_keys_of_the_admin_and_of_commands(self, administrator: Client) -> None:
        administrator.post("/admin/stats/apikey/add/", {"name": HOSTILE, "may_read": "on"})
        secrets = [run("create_api_key", "translator", "--scopes", "record")]
        old = APIKey.objects.get(name="translator")
        secrets.append(run("rotate_api_key", old.prefix))
        new = APIKey.objects.filter(name="translator").exclude(pk=old.pk).get()
        run("revoke_api_key", old.prefix)
        assert [row[:4] for row in rows(administrator)] == [
            ["translator", "API key", "Changed Revoked.", "manage.py"],
            [
                "translator", "API key",
                f"Changed Expires. Added API key “{new.prefix}”.", "manage.py",
            ],
            [
                "translator", "API key",
                f"Added. Changed Expires for API key “{old.prefix}”.", "manage.py",
            ],
            ["translator", "API key", "Added.", "manage.py"],
            [HOSTILE, "API key", "Added.", "administrator"],
        ]  # fmt: skip
        page = administrator.get(PAGE).content.decode()
        assert HOSTILE not in page
        for secret in secrets:
            hidden = secret.partition(".")[2]
            assert hidden
            assert hidden not in page
            assert not any(hidden in str(entry) for entry in LogEntry.objects.values())

    def test_a_command_that_is_refused_changes_nothing(self, administrator: Client) -> None:
        key, _secret = keys.create("translator", ["record"], None, NOW)
        run("revoke_api_key", key.prefix)
        for arguments in (["revoke_api_key", key.prefix], ["rotate_api_key", key.prefix],
                          ["create_api_key", ""], ["remove_budget", "none"]):  # fmt: skip
            with pytest.raises(Exception, match=r"\.$"):
                run(*arguments)
        assert len(rows(administrator)) == 1

    def test_budgets_with_what_they_were_before(self, administrator: Client) -> None:
        hook = "https://hooks.example.com/s3cr3t"
        run("set_budget", "all", "--amount", "500", "--currency", "USD")
        run("set_budget", "all", "--amount", "600.5", "--currency", "USD",
            "--thresholds", "90,50", "--webhook", hook)  # fmt: skip
        budget = Budget.objects.get()
        url = reverse("admin:stats_budget_change", args=[budget.pk])
        seen = given(administrator.get(url))["adminform"].form.held_since
        form = {"amount": "700", "thresholds": "50, 90", "webhooks": hook, "seen": seen}
        assert administrator.post(url, form).status_code == 302
        run("remove_budget", "all")
        run("set_budget", "all", "--amount", "1", "--currency", "USD")
        assert [(row[2], row[3]) for row in rows(administrator, kind="budget")] == [
            ("Added.", "manage.py"),
            ("Changed Removed.", "manage.py"),
            ("Changed Amount for budget “600.5 → 700”.", "administrator"),
            (
                "Changed Amount for budget “500 → 600.5”. Changed Thresholds for budget "
                "“50, 80, 100 → 50, 90”. Changed Webhooks.",
                "manage.py",
            ),
            ("Added.", "manage.py"),
        ]
        assert not any("s3cr3t" in str(entry) for entry in LogEntry.objects.values())

    def test_days_said_to_have_been_expected(self, administrator: Client, day: UnusualDay) -> None:
        for form in ({"is_expected": "yes", "note": "a sale"}, {"is_expected": "no"},
                     # Nothing is there to be taken back.
                     {"is_expected": "no"}, {"is_expected": "yes"}):  # fmt: skip
            administrator.post(UNUSUAL, {"day": day.pk, **form})
        assert [row[1:4] for row in rows(administrator)] == [
            ["Unusual day", "Added mark as expected “2026-11-21”.", "administrator"],
            ["Unusual day", "Deleted mark as expected “2026-11-21”.", "administrator"],
            [
                "Unusual day",
                "Added mark as expected “2026-11-21”. Added note “a sale”.",
                "administrator",
            ],
        ]

    def test_recipients(self, administrator: Client) -> None:
        form = {"address": "ann@example.com", "language": "en", "occasions": ["key.expires"]}
        administrator.post("/admin/stats/recipient/add/", form)
        expected = ["ann@example.com", "Recipient", "Added.", "administrator"]
        assert [row[:4] for row in rows(administrator, kind="recipient")] == [expected]
        administrator.post("/i18n/setlang/", {"language": "zh-hant"})
        [found] = rows(administrator)
        assert found[1] == "收件者"

    @pytest.mark.parametrize(
        ("language", "subject", "told"),
        [
            ("en", {}, "21 Nov 2026, everybody: Cost, USD"),
            ("zh-hant", {}, "2026年11月21日，所有人：成本（USD）"),
            ("en", {"kind": "user", "key": str(ANN)}, "21 Nov 2026, Ann: Cost, USD"),
            ("en", {"kind": "user", "key": "404"}, "21 Nov 2026, User 404: Cost, USD"),
            (
                "zh-hant",
                {"kind": "endpoint", "key": "/a", "measure": "failures", "currency": ""},
                "2026年11月21日，/a：失敗",
            ),
        ],
    )
    def test_an_unusual_day_is_named_in_words(
        self,
        administrator: Client,
        ledger: None,
        day: UnusualDay,
        language: str,
        subject: dict[str, str],
        told: str,
    ) -> None:
        UnusualDay.objects.update(**subject)
        administrator.post(UNUSUAL, {"day": day.pk, "is_expected": "yes"})
        administrator.post("/i18n/setlang/", {"language": language})
        assert [row[0] for row in rows(administrator)] == [told]

    @pytest.mark.django_db(transaction=True)
    def test_months_closed_and_reopened_by_admin_and_commands(
        self, administrator: Client, open_month: None
    ) -> None:
        User.objects.create_superuser("bob")
        month = "/admin/reports/closings/2026-10/"
        for form in ({"action": "close"}, {"action": "close", "accepted": "1"},
                     {"action": "ask", "reason": HOSTILE}, {"action": "agree"}):  # fmt: skip
            assert administrator.post(month, form).status_code == 302
        run("reopen_month", "2026-10", "--by", "bob", "--agree")
        run("close_month", "2026-10", "--by", "bob", "--accept-unknown", "1")
        run("reopen_month", "2026-10", "--by", "bob", "--reason", "a wrong price")
        assert [row[:4] for row in rows(administrator, kind="closed_month")] == [
            ["2026-10", "Closed month", "Added request to reopen “a wrong price”.", "bob"],
            ["2026-10", "Closed month", "Added closing “2026-10”.", "bob"],
            ["2026-10", "Closed month", "Added reopening “2026-10”.", "bob"],
            ["2026-10", "Closed month", f"Added request to reopen “{HOSTILE}”.", "administrator"],
            ["2026-10", "Closed month", "Added closing “2026-10”.", "administrator"],
        ]
        answer = administrator.get(PAGE)
        assert HOSTILE not in answer.content.decode()
        assert given(answer)["table"].rows[0].cells[0].link == month
        page = administrator.get(PAGE, headers={"Accept-Language": "zh-Hant"}).content.decode()
        text = html.text_of(html.parse(page))
        for words in ("已結帳的月份", "取消結帳申請", '結帳 "2026-10"'):
            assert words in text

    def test_invoices_entered_and_removed(
        self, administrator: Client, db: None, tmp_path: Path
    ) -> None:
        form = {"provider": "OpenAI", "month": "2026-10", "currency": "EUR", "amount": "12.5"}
        assert administrator.post(INVOICES, form).status_code == 302
        assert administrator.post(INVOICES, {**form, "amount": "x"}).status_code == 400
        made = ProviderInvoice.objects.get()
        administrator.post(f"{INVOICES}{made.pk}/", {"action": "remove"})
        file = tmp_path / "october.csv"
        file.write_text("date,amount\n2026-10-02,4\n")
        run("read_invoice", str(file), "--format", "plain", "--month", "2026-10",
            "--provider", "Azure", "--currency", "USD")  # fmt: skip
        assert [row[:4] for row in rows(administrator, kind="invoice")] == [
            ["Azure 2026-10", "Invoice", "Added amount “USD 4.0000”.", "manage.py"],
            ["OpenAI 2026-10", "Invoice", "Deleted.", "administrator"],
            ["OpenAI 2026-10", "Invoice", "Added amount “EUR 12.5000”.", "administrator"],
        ]

    def test_what_was_deleted_has_no_address(self, administrator: Client, people: None) -> None:
        url = reverse("admin:stats_enduser_delete", args=[3])
        assert administrator.post(url, {"post": "yes"}).status_code == 302
        [row] = given(administrator.get(PAGE))["table"].rows
        what, kind, done, who, _when = row.cells
        assert (what.text, kind.text, done.text, what.link) == ("Cat", "User", "Deleted.", "")
        assert who.link == reverse("admin:auth_user_change", args=[LogEntry.objects.get().user_id])

    def test_names_lead_to_their_forms(self, administrator: Client) -> None:
        make_eve(administrator)
        [row] = given(administrator.get(PAGE))["table"].rows
        assert "Change account" in administrator.get(row.cells[0].link).content.decode()


class TestFilters:
    @pytest.fixture(autouse=True)
    def _changes(self, administrator: Client) -> None:
        make_eve(administrator)
        run("create_api_key", "translator")
        run("set_budget", "all", "--amount", "5", "--currency", "USD")
        LogEntry.objects.filter(object_repr="all").update(action_time=NOW - timedelta(days=45))

    def test_period_kind_and_account(self, administrator: Client) -> None:
        commands = User.objects.get(username=history.COMMANDS).pk
        cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({}, ["translator", "eve"]),
            ({"period": "90d"}, ["translator", "eve", "all"]),
            ({"kind": "account"}, ["eve"]),
            ({"kind": "job"}, []),
            ({"account": commands}, ["translator"]),
            ({"account": commands, "kind": "budget", "period": "90d"}, ["all"]),
            ({"account": 999}, []),
        )
        for query, names in cases:
            assert [row[0] for row in rows(administrator, **query)] == names

    def test_stand_in_the_form_and_as_chips_and_go_along(self, administrator: Client) -> None:
        number = User.objects.get(username=history.COMMANDS).pk
        query: dict[str, Any] = {"kind": "api_key", "account": number}
        answer = administrator.get(PAGE, query)
        bar = given(answer)["bar"]
        assert list(bar.form.fields) == ["kind", "account"]
        assert [(chip.label, chip.value) for chip in bar.chips] == [
            ("Kind", "API key"), ("Changed by", "manage.py")
        ]  # fmt: skip
        assert bar.chips[0].url == f"{PAGE}?account={number}"
        assert all(f"kind=api_key&account={number}" in one.url for one in bar.presets)
        links = [link.url for link in given(answer)["files"].links]
        assert links[0] == f"{PAGE}export.csv?kind=api_key&account={number}"
        for name in ("manage.py", "administrator"):
            assert f">{name}</option>" in answer.content.decode()
        # Other pages know neither.
        assert "kind=" not in given(answer)["page_urls"]["reports_daily"]

    def test_what_is_wrong_is_named(self, administrator: Client) -> None:
        wrong: tuple[tuple[dict[str, str], str], ...] = (
            ({"kind": "secret"}, "kind"),
            ({"account": "eve"}, "account"),
            ({"account": "0"}, "account"),
            ({"currency": "USD"}, "currency"),
            ({"user_id": "1"}, "user_id"),
        )
        for query, name in wrong:
            answer = administrator.get(PAGE, query)
            assert answer.status_code == 400
            assert given(answer)["errors"].keys() == {name}

    def test_files_have_the_same(self, administrator: Client) -> None:
        answer: Any = administrator.get(f"{PAGE}export.csv", {"kind": "api_key"})
        lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        [line] = lines
        found = [line[name] for name in ("object", "kind", "change", "account")]
        assert found == ["translator", "api_key", "Added.", "manage.py"]
        assert line["changed_at"].startswith("2026-11-24")
        book: Any = administrator.get(f"{PAGE}export.xlsx", {"period": "90d"})
        sheet, *_about = openpyxl.load_workbook(io.BytesIO(book.getvalue())).worksheets
        assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["translator", "eve", "all"]


def test_only_the_newest_are_drawn_and_all_are_counted(administrator: Client) -> None:
    account, key = User.objects.get(), keys.create("translator", ["read"], None, NOW)[0]
    for _number in range(101):
        history.write(account, key, 2, [history.changed("Expires")])
    answer = administrator.get(PAGE)
    assert given(answer)["sentence"] == "101 changes."
    assert len(given(answer)["table"].rows) == 100
    assert "Only the newest are listed" in answer.content.decode()
    file: Any = administrator.get(f"{PAGE}export.csv")
    assert file.getvalue().count(b"\r\n") == 102


def test_in_chinese(administrator: Client, day: UnusualDay) -> None:
    make_eve(administrator)
    administrator.post(UNUSUAL, {"day": day.pk, "is_expected": "yes"})
    page = administrator.get(PAGE, headers={"Accept-Language": "zh-Hant"}).content.decode()
    text = html.text_of(html.parse(page))
    for words in ("變更紀錄", "共 2 項變更。", "「預期之中」標記", "帳號", "變更者"):
        assert words in text


def test_nobody_logs_in_as_the_commands(administrator: Client) -> None:
    run("create_api_key", "translator")
    account = User.objects.get(username=history.COMMANDS)
    rights = (account.is_active, account.has_usable_password(), account.is_staff)
    assert rights == (False, False, False)
    run("create_api_key", "glossary")
    assert User.objects.filter(username=history.COMMANDS).count() == 1


def test_it_is_in_the_menu_of_administrators_alone(administrator: Client, analyst: Client) -> None:
    assert PAGE in administrator.get("/admin/").content.decode()
    assert PAGE not in analyst.get("/admin/").content.decode()
