"""Statements in the admin: what one reads, and what one takes along."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import Client

from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import APIUsageStats, ClosedLine
from tests.admin.conftest import ANN, BOB, DAN, HOSTILE, NOW
from tests.admin.test_closings import LATER, lead, lines
from tests.closings.ledgers import close, verified

# Folds and verifications are transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
PAGE = "/admin/reports/statements/"
OCTOBER, NOVEMBER = f"{PAGE}2026-10/", f"{PAGE}2026-11/"


@pytest.fixture(autouse=True)
def no_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0


@pytest.fixture
def closed(ledger: None) -> None:
    """October; then a call of USD 4 was deleted."""
    verified(NOW)
    close(now=NOW)
    APIUsageStats.objects.filter(user_id=ANN, cost=4)._raw_delete("default")
    verified(LATER)


def short(answer: Any, table: str) -> list[tuple[str, str]]:
    return [(line[0], line[-1]) for line in lines(answer, table)]


class TestRead:
    def test_the_months(self, analyst: Client, ledger: None) -> None:
        answer = analyst.get(PAGE)
        assert short(answer, "months") == [
            ("November 2026", "12.5001"),
            ("October 2026", "109.0000"),
            ("September 2026", "1.0000"),
        ]  # fmt: skip
        assert f'href="{OCTOBER}"' in answer.content.decode()

    def test_a_closed_month(self, analyst: Client, closed: None) -> None:
        answer = analyst.get(OCTOBER)
        assert lead(answer) == "As closed by ann, 24 Nov 2026, 15:42:00 UTC."
        assert short(answer, "sums") == [("This month", "109.0000")]
        assert short(answer, "users") == [("Ann", "4.0000"), ("Bob", "102.0000"), ("Cat", "3.0000")]
        assert short(answer, "lines") == [("Ann", "4.0000"), ("Bob", "102.0000"), ("Cat", "3.0000")]

    def test_a_running_month_with_adjustments_to_earlier_ones(
        self, analyst: Client, closed: None
    ) -> None:
        answer = analyst.get(NOVEMBER)
        assert lead(answer) == "The month is running: these figures still grow."
        assert short(answer, "sums") == [
            ("This month", "12.5001"),
            ("Adjustments to earlier months", "−4.0000"),
            ("Both together", "8.5001"),
        ]
        (adjusted,) = lines(answer, "adjustments")
        assert (adjusted[0], adjusted[2], adjusted[-1]) == ("October 2026", "Ann", "−4.0000")
        assert "The cost of 1 call is not known" in answer.content.decode()
        assert HOSTILE not in answer.content.decode()

    def test_one_that_is_over_and_open(self, analyst: Client, ledger: None) -> None:
        assert lead(analyst.get(OCTOBER)) == "Not closed yet: these figures may still change."

    def test_one_user(self, analyst: Client, closed: None) -> None:
        answer = analyst.get(f"{NOVEMBER}?user_id={ANN}")
        assert ">Ann<" in answer.content.decode()
        assert [amount for _name, amount in short(answer, "sums")] == [
            "8.5000",
            "−4.0000",
            "4.5000",
        ]
        assert short(analyst.get(f"{OCTOBER}?user_id={BOB}"), "lines") == [("Bob", "102.0000")]

    def test_budgets(self, analyst: Client, closed: None) -> None:
        for name, whose in (
            ("all", Whose(currency="USD")),
            ("Ann", Whose(currency="USD", user_id=ANN)),
        ):
            set_budget(name, whose, Terms(amount=Decimal(50)), datetime(2026, 10, 1, tzinfo=UTC))
        assert [line[0] for line in lines(analyst.get(OCTOBER), "budgets")] == ["all"]
        answer = analyst.get(f"{NOVEMBER}?user_id={ANN}")
        assert [line[0] for line in lines(answer, "budgets")] == ["Ann"]
        (budget,) = read(analyst, f"{NOVEMBER}export.csv?table=budgets&user_id={ANN}")
        assert (budget["name"], budget["amount"], budget["spent"]) == ("Ann", "50.0000", "8.5000")

    @pytest.mark.parametrize(
        "path",
        ["2026-12/", "2026-13/", "x/", "2026-10/?user_id=x", "2026-10/?user_id=1&group=a"],
    )
    def test_what_there_is_none_of(self, analyst: Client, ledger: None, path: str) -> None:
        assert analyst.get(PAGE + path).status_code == 404

    def test_while_the_sums_cannot_tell(self, analyst: Client, closed: None) -> None:
        APIUsageStats.objects.all()._raw_delete("default")
        answer = analyst.get(NOVEMBER)
        assert answer.status_code == 503
        assert "run manage.py rebuild_usage" in lead(answer)
        assert analyst.get(f"{NOVEMBER}export.csv").status_code == 503

    def test_in_chinese(self, analyst: Client, closed: None) -> None:
        analyst.post("/i18n/setlang/", {"language": "zh-hant"})
        answer = analyst.get(NOVEMBER)
        assert lead(answer) == "這個月還沒結束：金額仍會增加。"
        assert [name for name, _amount in short(answer, "sums")] == [
            "本月", "先前月份的調整", "合計",
        ]  # fmt: skip


class TestFiles:
    def test_a_csv_for_each_table(self, analyst: Client, closed: None) -> None:
        found = read(analyst, f"{NOVEMBER}export.csv?table=adjustments")
        assert [(one["month"], one["name"], one["total_cost"]) for one in found] == [
            ("2026-10", "Ann", "-4.0000")
        ]
        found = read(analyst, f"{NOVEMBER}export.csv?table=lines&user_id={DAN}")
        assert [(one["user_id"], one["total_cost"]) for one in found] == [("4", "0.0001")]

    def test_an_xlsx_has_all_of_it(self, analyst: Client, closed: None) -> None:
        answer = analyst.get(f"{NOVEMBER}export.xlsx?user_id={ANN}")
        assert "usage-statement-2026-11-1_" in answer["Content-Disposition"]
        book = openpyxl.load_workbook(BytesIO(answer.getvalue()))
        assert len(book.sheetnames) == 7

    def test_the_menu_keeps_whose_it_is(self, analyst: Client, closed: None) -> None:
        text = analyst.get(f"{NOVEMBER}?user_id={ANN}").content.decode()
        assert f"{NOVEMBER}export.xlsx?user_id={ANN}" in text


class TestGroups:
    """tests/adoption has ledgers with groups; here the lines of a closed month have them."""

    def test_those_without_one_are_a_line(
        self, analyst: Client, closed: None, settings: Any
    ) -> None:
        ClosedLine.objects.filter(user_id=BOB).update(group="Legal")
        settings.USER_GROUP_COLUMN = "department"
        answer = analyst.get(OCTOBER)
        assert "Legal, /chat-messages" in answer.content.decode()
        assert short(answer, "groups") == [("Legal", "102.0000"), ("no group", "7.0000")]
        assert short(analyst.get(f"{OCTOBER}?group=Legal"), "sums") == [("This month", "102.0000")]
        assert short(analyst.get(f"{OCTOBER}?group=-"), "sums") == [("This month", "7.0000")]


def read(client: Client, path: str) -> list[dict[str, str]]:
    text = client.get(path).getvalue().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))
