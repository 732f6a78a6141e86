"""The overview's answers beyond its totals: who made the difference, and what is worth a look."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import UnusualDay
from stats.rollups.folding import note_newest_id
from stats.unusual import keeping
from tests.admin.conftest import ANN, BOB, NOVEMBER_COST, NOW, OCTOBER_COST, at, given
from tests.closings.ledgers import adjust
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
NOW_NAIVE = NOW.replace(tzinfo=None)
SEPTEMBER = datetime(2026, 9, 1, 12)
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


def of_days(first: datetime, **values: Any) -> list[Any]:
    """A call at noon of each day since then, through yesterday."""
    return [row(**values, created_at=first + timedelta(n)) for n in range((NOW_NAIVE - first).days)]


class TestMonthsEnd:
    def test_on_the_cost_tile(self, shown: Context, people: None) -> None:
        """What all days alike end at; today's call is still to come."""
        write(*of_days(SEPTEMBER, user_id=ANN, cost="2"))
        (detail,) = shown("/admin/")["tiles"][0].details
        assert detail.text == (
            f"November may end at USD{NBSP}60.00, 80 % range USD{NBSP}58.00–60.00"
        )

    def test_of_each_currency(self, shown: Context, people: None) -> None:
        write(
            *of_days(SEPTEMBER, cost="2"),
            *of_days(SEPTEMBER, cost="14", prompt_price_unit="RMB"),
        )
        (detail,) = shown("/admin/")["tiles"][0].details
        assert detail.text == (
            f"End of November, 80 % range: USD{NBSP}58.00–60.00, RMB{NBSP}406–420"
        )

    def test_under_a_filter(self, shown: Context, people: None) -> None:
        """Only of the calls that are counted."""
        write(*of_days(SEPTEMBER, user_id=ANN, cost="2"), *of_days(SEPTEMBER, user_id=BOB))
        (detail,) = shown("/admin/", user_id=ANN)["tiles"][0].details
        assert f"USD{NBSP}58.00–60.00" in detail.text

    def test_a_young_ledger_says_that_it_is_too_early(self, shown: Context, people: None) -> None:
        write(*of_days(datetime(2026, 10, 6, 12), cost="2"))
        _per_day, detail = shown("/admin/")["tiles"][0].details
        assert detail.text == "no forecast for November yet: it takes about two months of costs"

    def test_of_what_has_no_sums_there_is_none(self, shown: Context, people: None) -> None:
        write(*of_days(SEPTEMBER, cost="2", job_id=5))
        _per_day, detail = shown("/admin/", job_id=5)["tiles"][0].details
        assert detail.text == "no forecast: there are no daily sums of these calls"

    @pytest.mark.parametrize("query", ["period=7d", "period=last_month"])
    def test_only_of_a_running_month(self, shown: Context, ledger: None, query: str) -> None:
        name, value = query.split("=")
        (detail,) = shown("/admin/", **{name: value})["tiles"][0].details
        assert detail.text.endswith(" a day")


class TestUnusualDay:
    def test_it_is_told_with_the_amount_and_who_made_it(
        self, shown: Context, analyst: Client, people: None
    ) -> None:
        write(
            *of_days(SEPTEMBER, user_id=BOB, cost="3"),
            *of_days(SEPTEMBER, user_id=ANN, cost="2"),
            row(user_id=ANN, cost="41.50", created_at=at(23)),
        )
        assert shown("/admin/")["attention"] == []
        keeping.find_and_keep(NOW)
        (found,) = shown("/admin/")["attention"]
        assert found.text == f"Mon 23 Nov cost USD{NBSP}41.50 more than usual, most of it Ann"
        days = given(analyst.get(found.url))["days"]
        assert "everybody" in [day.subject.text for day in days]

    def test_in_any_currency(self, shown: Context, people: None) -> None:
        write(
            *of_days(SEPTEMBER, cost="3"),
            *of_days(SEPTEMBER, cost="20", prompt_price_unit="RMB"),
            row(user_id=BOB, cost="70", prompt_price_unit="RMB", created_at=at(22)),
        )
        keeping.find_and_keep(NOW)
        (found,) = shown("/admin/")["attention"]
        assert found.text == f"Sun 22 Nov cost RMB{NBSP}70.00 more than usual, most of it Bob"

    def test_what_is_long_ago_is_no_news(self, shown: Context, people: None) -> None:
        write(*of_days(SEPTEMBER, cost="3"), row(cost="70", created_at=at(19)))
        keeping.find_and_keep(NOW - timedelta(days=4))
        assert UnusualDay.objects.exists()
        assert shown("/admin/")["attention"] == []

    def test_an_expected_one_is_no_news(self, shown: Context, people: None) -> None:
        write(*of_days(SEPTEMBER, cost="3"), row(cost="70", created_at=at(23)))
        keeping.find_and_keep(NOW)
        for row_ in UnusualDay.objects.all():
            keeping.expect(row_.pk, "ann", "campaign", NOW)
        assert shown("/admin/")["attention"] == []

    def test_under_a_filter_nothing_is_told(self, shown: Context, people: None) -> None:
        write(
            *of_days(SEPTEMBER, user_id=ANN, cost="2"),
            row(user_id=ANN, cost="41.50", created_at=at(23)),
        )
        keeping.find_and_keep(NOW)
        assert shown("/admin/")["attention"]
        assert shown("/admin/", user_id=ANN)["attention"] == []


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
    set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(9)), NOW)
    UnusualDay.objects.create(
        day=NOW.date() - timedelta(days=1),
        kind="all",
        measure="cost",
        currency="USD",
        observed=9,
        usual=2,
        made_by=[[str(ANN), "8", "1"]],
        found_at=NOW,
    )
    adjust(date(2026, 11, 1), "1.25")
    note_newest_id(NOW)
    # Along which ids a cut day lies is asked once an hour.
    analyst.get("/admin/")
    with django_assert_max_num_queries(15):
        page = given(analyst.get("/admin/"))
    assert page["changes"]
    assert any("most of it Ann" in one.text for one in page["attention"])
    assert page["tiles"][-1].label == "Budget"
    assert page["failures"]
    assert [one.text for one in page["beyond_closing"]] == [
        f"November 2026: USD{NBSP}1.25 more than closed"
    ]
