"""What changed: contributions and parts that add up exactly to the difference of the totals."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import NOVEMBER_COST, OCTOBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/reports/changes/"
NBSP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"
DIFFERENCE = NOVEMBER_COST - OCTOBER_COST


@pytest.mark.usefixtures("ledger")
class TestChanges:
    @pytest.mark.parametrize("table", ["users", "endpoints"])
    def test_contributions_add_up_to_the_difference(self, shown: Context, table: str) -> None:
        found = shown(PATH)[table].source
        assert sum(line.difference for line in found.lines) == DIFFERENCE
        assert found.total.difference == DIFFERENCE
        assert (found.total.now, found.total.before) == (NOVEMBER_COST, OCTOBER_COST)
        assert sum(line.share for line in found.lines) == pytest.approx(100)

    def test_the_largest_first_new_and_gone_ones_named(self, shown: Context) -> None:
        ann, cat, bob, dan = shown(PATH)["users"].source.lines
        assert [line.label for line in (ann, cat, bob)] == ["Ann", "Cat", "Bob"]
        assert (ann.difference, cat.difference, bob.difference) == (
            Decimal("4.5"),
            Decimal(-3),
            Decimal(2),
        )
        assert (cat.tag, cat.now) == ("gone", None)
        assert (dan.tag, dan.before) == ("new", None)

    def test_bars_begin_where_the_last_ended(self, shown: Context) -> None:
        lines = shown(PATH)["users"].source.lines
        for line, following in pairwise(lines):
            assert following.step.start == line.step.end
        assert lines[1].step.is_less
        assert lines[0].step.start == "0.00%"

    def test_parts_add_up_to_the_difference(self, shown: Context) -> None:
        page = shown(PATH)
        *parts, whole = (Decimal(tile.exact) for tile in page["tiles"])
        assert sum(parts) == whole == DIFFERENCE
        assert page["sentence"] == f"USD{NBSP}3.50 more than 1–24 Oct until 15:42, +39{THIN}%"
        assert page["tiles"][0].change == "6, was 3"

    def test_an_endpoint_leads_to_its_page(self, shown: Context, analyst: Client) -> None:
        line = next(
            one for one in shown(PATH)["endpoints"].source.lines if one.label == "/workflows/run"
        )
        there = given(analyst.get(line.url))
        (amount,) = there["tiles"][0].amounts
        assert (there["title"], Decimal(amount.exact.split(" ")[-1])) == (line.label, line.now)

    def test_within_each_currency(self, shown: Context, two_currencies: None) -> None:
        usd, rmb = shown(PATH), shown(PATH, ranked_in="RMB")
        assert usd["users"].source.total.difference == DIFFERENCE
        assert rmb["users"].source.total.difference == Decimal(100)
        assert [tab.is_current for tab in rmb["tabs"]] == [False, True]
        *parts, whole = (Decimal(tile.exact) for tile in rmb["tiles"])
        assert parts == [whole, 0, 0]

    @pytest.mark.parametrize(
        ("path", "query"), [("/admin/", ""), ("/admin/reports/users/1/", "?user_id=1")]
    )
    def test_the_cost_leads_here(
        self, shown: Context, analyst: Client, path: str, query: str
    ) -> None:
        page = shown(path)
        cost = page["tiles"][0]
        assert cost.change_url == f"{PATH}{query}"
        assert given(analyst.get(cost.change_url))["sentence"] == cost.change

    def test_text_stays_text(self, analyst: Client) -> None:
        page = analyst.get(PATH).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_a_young_ledger(self, shown: Context) -> None:
        page = shown(PATH, created_at_after="2026-09-01", created_at_before="2026-09-30")
        assert page["no_base"] == "No comparison: the ledger begins on 1 Sep"

    def test_nothing_in_both(self, shown: Context) -> None:
        page = shown(PATH, created_at_after="2026-11-10", created_at_before="2026-11-12")
        assert page["empty"].text == "The latest matching call was on 24 Nov 2026."

    def test_calls_that_cost_nothing(self, analyst: Client) -> None:
        answer = analyst.get(PATH, {"unknown_cost": "unpriced"})
        assert "There are no costs in this period." in answer.content.decode()


def test_one_other_stands_for_itself(shown: Context, db: None) -> None:
    write(
        row(cost="1", user_id=99, created_at=at(1, month=9)),
        *(row(user_id=id, cost=str(id), created_at=at(3)) for id in range(1, 22)),
    )
    lines = shown(PATH)["users"].source.lines
    assert [line.label for line in lines[-2:]] == ["number 2", "number 1"]


def test_many_users_end_in_others(shown: Context, db: None) -> None:
    write(
        row(cost="1", user_id=99, created_at=at(1, month=9)),
        *(row(user_id=id, cost=str(id), created_at=at(3)) for id in range(1, 31)),
    )
    users = shown(PATH)["users"].source
    assert len(users.lines) == 21
    assert users.lines[-1].label == "10 others"
    assert sum(line.difference for line in users.lines) == users.total.difference == Decimal(465)
