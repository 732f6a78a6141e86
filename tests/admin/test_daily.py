"""Daily statistics and the cost trend: days that make up the totals, each leading to its calls."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats.query.sums import Sums, together
from tests.admin.conftest import NOVEMBER_COST, OCTOBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
DAILY, COST = "/admin/reports/daily/", "/admin/reports/cost/"
LAST_MONTH = {"created_at_after": "2026-10-01", "created_at_before": "2026-10-31"}


@pytest.mark.usefixtures("ledger")
class TestDaily:
    def test_days_make_up_the_total(self, shown: Context) -> None:
        page = shown(DAILY)
        assert len(page["table"].source.lines) == 24
        assert (
            together((day.sums for day in page["table"].source.lines), Sums)
            == page["table"].source.total.sums
        )
        assert sum(day.sums.cost for day in page["table"].source.lines) == NOVEMBER_COST
        assert page["table"].source.total.sums.costs == {"USD": NOVEMBER_COST}

    def test_a_day_leads_to_its_calls(self, shown: Context, analyst: Client) -> None:
        page = shown(DAILY, user_id=2)
        for day in (*page["table"].source.lines[22:], page["table"].source.total):
            totals = given(analyst.get(str(day.calls)))["totals"]
            assert totals[0][0] == str(day.sums.calls)

    def test_a_column_per_currency(self, shown: Context, two_currencies: None) -> None:
        page = shown(DAILY)
        table = page["table"]
        costs = {
            heading.text: cell.text.strip("\u2007\u2008")
            for heading, cell in zip(table.headings, table.total.cells, strict=True)
            if heading.text.startswith("Cost")
        }
        assert costs == {"Cost, USD": "12.50", "Cost, RMB": "100.00"}
        assert page["table"].source.total.sums.costs == {"USD": NOVEMBER_COST, "RMB": Decimal(100)}


@pytest.mark.usefixtures("ledger")
class TestCost:
    def test_days_make_up_the_totals(self, shown: Context) -> None:
        page = shown(COST)
        assert (
            sum(day.now for day in page["table"].source.lines)
            == page["table"].source.total.now
            == NOVEMBER_COST
        )
        assert (
            sum(day.before for day in page["table"].source.lines)
            == page["table"].source.total.before
            == OCTOBER_COST
        )
        assert sum(day.difference for day in page["table"].source.lines) == Decimal("3.5001")
        assert page["table"].source.total.difference == Decimal("3.5001")
        assert [view.key for view in page["chart"].views] == ["cost"]

    def test_a_longer_month_before(self, shown: Context, people: None) -> None:
        write(
            row(cost="3", created_at=at(1, month=9)),
            row(cost="5", created_at=at(31, month=8)),
            row(cost="1", created_at=at(1, month=8)),
        )
        page = shown(COST, created_at_after="2026-09-01", created_at_before="2026-09-30")
        last = page["table"].source.lines[-1]
        assert (last.label, last.now, last.before) == ("Mon 31 Aug", None, Decimal(5))
        assert (last.difference, last.change) == (None, None)

    def test_a_shorter_month_before(self, shown: Context) -> None:
        page = shown(COST, **LAST_MONTH)
        assert page["table"].source.lines[-1].before is None
        assert (
            sum(day.before or 0 for day in page["table"].source.lines)
            == page["table"].source.total.before
            == 1
        )

    def test_a_young_ledger_has_one_column(self, shown: Context) -> None:
        page = shown(COST, created_at_after="2026-09-01", created_at_before="2026-09-30")
        assert page["days_before"] == ""
        assert page["sentence"] == "No comparison: the ledger begins on 1 Sep"

    def test_a_table_within_each_currency(
        self, shown: Context, analyst: Client, two_currencies: None
    ) -> None:
        page = shown(COST, ranked_in="RMB")
        assert len(page["chart"].views[0].series) == 2
        assert page["table"].source.total.now == Decimal(100)
        there = given(analyst.get(str(page["table"].source.lines[4].calls)))
        assert there["totals"][1][0] == "RMB\N{NO-BREAK SPACE}70.00"

    def test_calls_that_cost_nothing(self, shown: Context, analyst: Client) -> None:
        page = shown(COST, unknown_cost="unpriced")
        assert (page["sentence"], page["table"].source.total.now) == ("", Decimal(0))
        assert date(2026, 11, 24).isoformat() in str(page["table"].source.lines[-1].calls)
