"""The overview's answers beyond its totals: who made the difference, and what is worth a look."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats.rollups.folding import note_newest_id
from tests.admin.conftest import ANN, NOVEMBER_COST, NOW, OCTOBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
NBSP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.usefixtures("ledger")
class TestWhatChanged:
    def test_contributions_add_up_to_the_difference_of_the_tile(self, shown: Context) -> None:
        changes = shown("/admin/")["changes"].source
        assert sum(line.difference for line in changes.lines) == changes.total.difference
        assert changes.total.difference == NOVEMBER_COST - OCTOBER_COST

    def test_they_are_those_of_the_page_that_explains(
        self, shown: Context, analyst: Client
    ) -> None:
        page = shown("/admin/")
        explained = given(analyst.get(str(page["explained"])))["users"].source
        assert [(line.label, line.difference) for line in page["changes"].source.lines] == [
            (line.label, line.difference) for line in explained.lines
        ]

    def test_a_name_leads_to_the_user(self, shown: Context, analyst: Client) -> None:
        first = shown("/admin/")["changes"].source.lines[0]
        assert (first.label, given(analyst.get(first.url))["title"]) == ("Ann", "Ann")

    def test_bars_begin_at_zero(self, shown: Context) -> None:
        steps = [line.step for line in shown("/admin/")["changes"].source.lines]
        assert len({step.start for step in steps}) == 1
        assert {step.is_less for step in steps} == {True, False}

    def test_within_each_currency(self, shown: Context, two_currencies: None) -> None:
        usd, rmb = shown("/admin/"), shown("/admin/", ranked_in="RMB")
        assert usd["changes"].source.total.difference == NOVEMBER_COST - OCTOBER_COST
        assert rmb["changes"].source.total.difference == Decimal(100)
        assert "ranked_in=RMB" in str(rmb["explained"])

    def test_a_young_ledger_has_none(self, shown: Context) -> None:
        page = shown("/admin/", created_at_after="2026-09-01", created_at_before="2026-09-30")
        assert not page.get("changes")


def test_five_and_all_others(shown: Context, people: None) -> None:
    write(
        row(cost="1", user_id=99, created_at=at(1, month=9)),
        row(cost="1", user_id=99, created_at=at(2, month=10)),
        *(row(user_id=id, cost=str(id), created_at=at(3)) for id in range(1, 13)),
    )
    changes = shown("/admin/")["changes"].source
    assert [line.label for line in changes.lines[4:]] == ["number 8", "8 others"]
    assert sum(line.difference for line in changes.lines) == Decimal(78 - 1)


class TestMonthsEnd:
    def test_on_the_cost_tile(self, shown: Context, people: None) -> None:
        write(*(row(user_id=ANN, cost="2", created_at=at(day)) for day in range(1, 25)))
        (detail,) = shown("/admin/")["tiles"][0].details
        assert detail.text == f"November may end at USD{NBSP}60.00"

    def test_of_each_currency(self, shown: Context, people: None) -> None:
        write(
            *(
                row(cost=cost, prompt_price_unit=currency, created_at=at(day))
                for day in range(1, 25)
                for currency, cost in (("USD", "2"), ("RMB", "14"))
            )
        )
        (detail,) = shown("/admin/")["tiles"][0].details
        assert detail.text == f"End of November: USD{NBSP}60.00, RMB{NBSP}420"

    @pytest.mark.parametrize("query", ["period=7d", "period=last_month"])
    def test_only_of_a_running_month(self, shown: Context, ledger: None, query: str) -> None:
        name, value = query.split("=")
        (detail,) = shown("/admin/", **{name: value})["tiles"][0].details
        assert detail.text.endswith(" a day")


def usual() -> list[Any]:
    """Eight weeks before November: every day 10 calls to each of two endpoints, 1 in 50 fails."""
    first = datetime(2026, 9, 6, 12)
    return [
        row(
            user_id=ANN,
            api_endpoint=endpoint,
            success=n % 50 != 0,
            created_at=first + timedelta(n // 10),
        )
        for endpoint in ("/run", "/speak")
        for n in range(560)
    ]


class TestAttention:
    def test_a_month_as_usual_has_none(self, shown: Context, people: None) -> None:
        write(
            *usual(), *(row(api_endpoint=name, created_at=at(24, 9)) for name in ("/run", "/speak"))
        )
        assert shown("/admin/")["attention"] == []

    def test_three_links_at_most(self, shown: Context, analyst: Client, people: None) -> None:
        write(
            *usual(),
            row(api_endpoint="/speak", created_at=at(19)),
            *(
                row(api_endpoint="/run", success=n >= 10, created_at=at(20 + n % 4))
                for n in range(100)
            ),
            row(api_endpoint="/run", cost=None, prompt_unit_price=None, created_at=at(24, 9)),
        )
        page = shown("/admin/")
        failing, silent, unpriced = page["attention"]
        assert failing.text == f"/run fails 9.9{THIN}%, usually 2.1{THIN}%"
        assert silent.text == "/speak silent since 19 Nov"
        assert unpriced.text == "1 unpriced call"
        assert [given(analyst.get(one.url))["totals"][0][0] for one in page["attention"]] == [
            "10",
            "1",
            "1",
        ]
        assert {
            row.cells[0].text: "failure" in row.cells[2].classes for row in page["endpoints"].rows
        } == {"/run": True, "/speak": False}

    def test_under_a_filter_nothing_is_usual(self, shown: Context, ledger: None) -> None:
        write(*usual(), *(row(api_endpoint="/run", success=False, created_at=at(3)),) * 20)
        assert len(shown("/admin/")["attention"]) == 3
        assert shown("/admin/", user_id=ANN)["attention"] == []


def test_the_overview_asks_fifteen_statements(
    analyst: Client, ledger: None, django_assert_max_num_queries: Any
) -> None:
    """Session, user and permissions included, whatever there is to show."""
    write(*usual(), row(created_at=None))
    note_newest_id(NOW)
    # Along which ids a cut day lies is asked once an hour.
    analyst.get("/admin/")
    with django_assert_max_num_queries(15):
        page = given(analyst.get("/admin/"))
    assert page["changes"]
    assert page["attention"]
    assert page["failures"]
