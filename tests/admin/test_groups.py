"""A user who moved in the period: table, filter, files, budget and unusual days tell one number."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from stats.budgets import spending
from stats.budgets.setting import Terms, Whose, set_budget
from stats.ingest.groups import set_group
from stats.query.filters import group_value
from tests.admin.conftest import ANN, BOB, CAT, NOW, at
from tests.closings.ledgers import close, verified
from tests.ledger import row, write
from tests.reading import html

USERS = "/admin/reports/users/"
GROUPS = "/admin/reports/groups/"
CALLS = "/admin/stats/apiusagestats/"
# Amounts of which no two sums are alike. Ann moves on the 10th, Cat leaves all groups on the 20th.
EXPECTED = {"Sales": Decimal("9.1"), "Law": Decimal("20.6"), "": Decimal("64.0")}
COUNTS = {"Sales": 3, "Law": 3, "": 1}
MEMBERS = {"Sales": 2, "Law": 2, "": 1}


@pytest.fixture
def moved(people: None) -> None:
    write(
        row(user_id=ANN, cost="1", created_at=at(2)),
        row(user_id=ANN, cost="0.1", created_at=at(9, 23)),
        row(user_id=ANN, cost="4", created_at=at(10, 0)),
        row(user_id=ANN, cost="0.6", created_at=at(22)),
        row(user_id=BOB, cost="16", created_at=at(3)),
        row(user_id=CAT, cost="8", created_at=at(19)),
        row(user_id=CAT, cost="64", created_at=at(20)),
        row(user_id=CAT, cost="128", created_at=at(5, month=10)),
        row(user_id=BOB, cost="256", created_at=at(1, month=9)),
    )
    for user, group, day in (
        (ANN, "Sales", date(2026, 3, 1)),
        (BOB, "Law", date(2026, 11, 1)),
        (CAT, "Sales", date(2026, 10, 6)),
        (ANN, "Law", date(2026, 11, 10)),
        (CAT, "", date(2026, 11, 20)),
    ):
        set_group(user, group, day, NOW.date())


def table(client: Client, path: str, **query: Any) -> list[dict[str, str]]:
    answer = client.get(f"{path}export.csv", query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(text.splitlines()))


def text(answer: Any) -> str:
    return " ".join(html.text_of(html.parse(answer.content.decode())).split())


def costs(rows: list[dict[str, str]], column: str) -> dict[str, Decimal]:
    return {one[column]: Decimal(one["total_cost"]) for one in rows}


@pytest.mark.usefixtures("moved")
class TestMoved:
    def test_the_table_of_groups(self, analyst: Client) -> None:
        rows = table(analyst, GROUPS)
        assert costs(rows, "group") == EXPECTED
        assert {one["group"]: int(one["users"]) for one in rows} == MEMBERS
        assert {one["group"]: int(one["total_calls"]) for one in rows} == COUNTS

    def test_the_users_of_each_group_add_up_to_it(self, analyst: Client) -> None:
        for group, cost in EXPECTED.items():
            rows = table(analyst, USERS, table="users", group=group_value(group))
            assert sum(costs(rows, "user_id").values()) == cost
            assert len(rows) == MEMBERS[group]
            assert {one["group"] for one in rows} <= {group, "Sales"}

    def test_all_users_say_their_groups_in_the_order_of_time(self, analyst: Client) -> None:
        rows = table(analyst, USERS, table="users")
        found = {one["name"]: (one["group"], Decimal(one["total_cost"])) for one in rows}
        assert found == {
            "Ann": ("Sales → Law", Decimal("5.7")),
            "Bob": ("Law", Decimal(16)),
            "Cat": ("Sales", Decimal(72)),
        }

    def test_calls_have_the_group_of_their_day(self, analyst: Client) -> None:
        for group, cost in EXPECTED.items():
            rows = table(analyst, CALLS, group=group_value(group), period="this_month")
            assert sum(Decimal(one["cost"]) for one in rows) == cost
            assert {one["group"] for one in rows} == {group}

    def test_so_does_the_api(self, analyst: Client) -> None:
        for group, count in COUNTS.items():
            query = {"group": group_value(group), "period": "this_month"}
            assert len(analyst.get("/api/v1/calls/", query).json()["results"]) == count

    def test_a_budget_of_the_group(self, analyst: Client) -> None:
        for group, cost in EXPECTED.items():
            terms = Terms(amount=Decimal(100))
            budget = set_budget(f"of {group}", Whose(group=group, currency="USD"), terms, NOW)
            assert spending.current([budget], NOW)[0].spent == cost

    def test_the_page_of_a_group_has_its_budgets(self, analyst: Client) -> None:
        for group, amount in (("Law", 103), ("Sales", 91)):
            terms = Terms(amount=Decimal(amount))
            set_budget(f"of {group}", Whose(group=group, currency="USD"), terms, NOW)
        page = text(analyst.get(USERS, {"group": group_value("Law")}))
        assert "Budget of Law 20.0 %" in page
        assert "USD 20.60 of USD 103.00 spent" in page
        assert "of Sales" not in page
        assert "of Law" not in text(analyst.get(USERS))

    def test_the_page_says_so(self, analyst: Client) -> None:
        page = analyst.get(GROUPS).content.decode()
        assert "each call counts for the group that its user had on its day" in page
        assert "Group today" not in page
        assert "Sales → Law" in analyst.get(USERS).content.decode()

    def test_the_page_of_users_leads_to_their_groups(self, analyst: Client) -> None:
        query = "period=last_month&amp;success=true"
        link = f'<a href="{GROUPS}?{query}">Added up by group</a>'
        assert link in analyst.get(f"{USERS}?{query.replace('amp;', '')}").content.decode()
        of_one = analyst.get(USERS, {"group": group_value("Law")}).content.decode()
        assert "Added up by group" not in of_one

    def test_the_month_before_keeps_its_groups(self, analyst: Client) -> None:
        rows = table(analyst, GROUPS, period="last_month")
        assert costs(rows, "group") == {"": Decimal(128)}
        rows = table(analyst, GROUPS)
        before = {one["group"]: one["cost_before"] for one in rows if one["cost_before"]}
        assert Decimal(before[""]) == 128


NOVEMBER, CLOSED = date(2026, 11, 1), "/admin/reports/closings/2026-11/"
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=UTC)
OF_NOVEMBER = {"created_at_after": "2026-11-01", "created_at_before": "2026-11-30"}


@pytest.fixture
def closed(moved: None, settings: Any, clock: time_machine.Traveller) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    clock.move_to(DECEMBER)
    verified(DECEMBER)
    close(NOVEMBER, now=DECEMBER)


def by_group(*rows: dict[str, str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in rows:
        found[one["group"]] = found.get(one["group"], Decimal()) + Decimal(one["total_cost"])
    return found


@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.usefixtures("closed")
class TestClosed:
    def reports(self, client: Client) -> dict[str, Decimal]:
        """The table of groups, which the filter confirms."""
        found = costs(table(client, GROUPS, **OF_NOVEMBER), "group")
        for group, cost in found.items():
            rows = table(client, CALLS, group=group_value(group), **OF_NOVEMBER)
            assert sum(Decimal(one["cost"]) for one in rows) == cost
        return found

    def test_the_closing_tells_each_group_as_the_reports_do(self, analyst: Client) -> None:
        lines = table(analyst, CLOSED, table="lines")
        assert by_group(*lines) == self.reports(analyst) == EXPECTED
        assert [(one["name"], one["group"], Decimal(one["total_cost"])) for one in lines] == [
            ("Ann", "Law", Decimal("4.6")),
            ("Ann", "Sales", Decimal("1.1")),
            ("Bob", "Law", Decimal(16)),
            ("Cat", "", Decimal(64)),
            ("Cat", "Sales", Decimal(8)),
        ]

    def test_a_group_that_is_told_later_moves_the_amounts(self, analyst: Client) -> None:
        set_group(ANN, "Tax", date(2026, 11, 9), DECEMBER.date())
        verified(DECEMBER)
        adjusted = table(analyst, CLOSED, table="adjustments")
        assert by_group(*adjusted) == {
            "Law": Decimal("-4.6"),
            "Sales": Decimal("-0.1"),
            "Tax": Decimal("4.7"),
        }
        lines = table(analyst, CLOSED, table="lines")
        assert by_group(*lines, *adjusted) == self.reports(analyst)
        assert by_group(*lines) == EXPECTED
        page = html.parse(analyst.get(CLOSED).content.decode())
        (lead,) = (html.text_of(one) for one in page.iter("p") if one.get("role") == "status")
        assert lead.endswith("Known now: adjusted, with the same total.")
        (shown,) = (one for one in html.tables(page) if one.name == "adjustments")
        assert [line.texts[2] for line in shown.lines] == ["Law", "Sales", "Tax"]


def test_a_ledger_without_groups_has_no_table_of_them(analyst: Client, ledger: None) -> None:
    page = analyst.get(USERS).content.decode()
    assert "no group" not in page
    assert "All groups" not in page
    assert 'name="group"' not in page
