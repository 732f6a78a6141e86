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
        total = page["table"].source.total
        assert (total.label, total.before, total.difference) == (
            "Total, compared with 1–24 Oct until 15:42",
            OCTOBER_COST,
            Decimal("3.5001"),
        )
        assert [view.key for view in page["chart"].views] == ["cost"]

    @pytest.mark.parametrize("filters", [{}, {"cost_min": "0.5"}])
    def test_each_day_is_beside_the_same_weekday_four_weeks_earlier(
        self, shown: Context, people: None, filters: dict[str, str]
    ) -> None:
        """From sums, and from calls."""
        write(
            *(
                row(cost=cost, created_at=moment, api_endpoint="/weekdays")
                for cost, moment in (
                    ("1", at(20, month=10)),
                    ("2", at(27, month=10)),
                    ("3", at(17)),
                    ("5", at(24)),
                )
            )
        )
        page = shown(COST, api_endpoint="/weekdays", **filters)
        lines = {line.label: line for line in page["table"].source.lines}
        tuesday, today = lines["Tue 17 Nov"], lines["Tue 24 Nov"]
        assert (tuesday.now, tuesday.before, tuesday.difference) == (3, 1, 2)
        # What is before today is a whole day: there is no difference yet.
        assert (today.now, today.before, today.difference) == (5, 2, None)

    def test_a_year_is_drawn_by_week(self, shown: Context, people: None) -> None:
        moments = (at(5, month=1), at(24))
        costs = zip(("1", "2"), moments, strict=True)
        write(*(row(cost=cost, created_at=at, api_endpoint="/year") for cost, at in costs))
        page = shown(COST, period="this_year", api_endpoint="/year")
        lines = page["table"].source.lines
        assert (lines[0].label, lines[1].label) == ("1–4 Jan 2026", "5–11 Jan 2026")
        assert (len(lines), lines[1].now, lines[-1].now) == (48, 1, 2)
        assert page["chart"].title == "Cost per week"

    def test_a_young_ledger_has_one_column(self, shown: Context) -> None:
        page = shown(COST, created_at_after="2026-09-01", created_at_before="2026-09-30")
        assert page["table"].source.lines[27].before is None
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
