"""The overview: its figures are the engine's, its comparisons have a base, its states say so."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from stats.core.periods import preset_period
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.selection import Selection
from tests.admin.conftest import ANN, BOB, HOSTILE, NOVEMBER_COST, OCTOBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
NBSP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def _cost(hint: str) -> str:
    """What the first figure of a line of a day's hint is: 6.00 of "USD 6.00 · 2 calls"."""
    return hint.split(" · ")[0].split(NBSP)[-1]


def tile(context: dict[str, Any], label: str) -> Any:
    return next(tile for tile in context["tiles"] if tile.label.startswith(label))


@pytest.mark.usefixtures("ledger")
class TestFigures:
    def test_totals_are_the_engines(self, shown: Context) -> None:
        period = preset_period("this_month", date(2026, 11, 24), reading_zone())
        sums = engine.total(Selection(period.range))
        page = shown("/admin/")
        assert sums.costs == {"USD": NOVEMBER_COST}
        assert tile(page, "Calls").figure.number == str(sums.calls) == "6"
        assert tile(page, "Cost").amounts[0].exact == "USD 12.5001"
        assert sum(line.sums.cost for line in page["users"].source.lines) == NOVEMBER_COST
        assert page["endpoints"].source.total.sums == sums
        users = page["users"].source.total.sums
        assert (users.calls, users.total_tokens) == (sums.calls, sums.total_tokens)
        assert users.costs == sums.costs
        assert page["chart"].totals[1] == "6"

    def test_response_times_are_compared_if_both_periods_have_few_calls(
        self, shown: Context, settings: Any
    ) -> None:
        """Of a user: no rollup knows them."""
        page = shown("/admin/", user_id=ANN)
        now, more = int(tile(page, "Calls").figure.number), tile(page, "Calls").change
        assert (now, more.partition(",")[0]) == (2, "+1")
        assert tile(page, "Response").change
        some = {"user_id": ANN, "api_endpoint": "/chat-messages"}
        assert tile(shown("/admin/", **some), "Response").change
        settings.MOST_CALLS_READ = 2 + 1 - 1
        # Others of the user must be read as well.
        for filters in ({"user_id": ANN}, some):
            page = shown("/admin/", **filters)
            assert tile(page, "Response").figure
            assert not tile(page, "Response").change

    def test_a_running_month_is_compared_with_as_much_of_the_last(self, shown: Context) -> None:
        page = shown("/admin/")
        difference = NOVEMBER_COST - OCTOBER_COST
        assert difference == Decimal("3.5001")
        assert page["bar"].compared == "compared with 1–24 Oct until 15:42"
        assert (
            tile(page, "Cost").change == f"USD{NBSP}3.50 more than 1–24 Oct until 15:42, +39{THIN}%"
        )
        assert tile(page, "Calls").change == f"+3, +100{THIN}%"
        assert tile(page, "Succeeded").change == "33.3 points lower"
        assert tile(page, "Active users").details[0].text == "1 new, 1 gone"

    def test_failures_are_counted_with_their_cost(self, shown: Context) -> None:
        details = tile(shown("/admin/"), "Succeeded").details
        assert [piece.text for piece in details] == ["2 failed", f"USD{NBSP}1.00"]

    def test_unpriced_calls_are_named_and_linked(self, shown: Context, analyst: Client) -> None:
        (piece,) = shown("/admin/")["excluded"]
        assert piece.text == "1 unpriced call (15 tokens)"
        calls = given(analyst.get(piece.url))["bands"]
        assert sum(len(band.rows) for band in calls) == 1

    def test_days_without_calls_are_there_as_zero(self, shown: Context) -> None:
        chart = shown("/admin/")["chart"]
        (cost, *_) = chart.views[0].series
        days = chart.rows
        assert len(days) == 24
        told = [[_cost(line) for line in day.hint.split("\n")[1:]] for day in days[1:4]]
        assert told == [["6.00", "0"], ["2.50", "0"], ["0", "0"]]
        assert cost.plot.running
        assert cost.sentence == f"Highest: USD{NBSP}6.00 on 2 Nov. Average weekday: " + (
            f"USD{NBSP}0.7188."
        )

    def test_every_filter_narrows_every_figure(self, shown: Context) -> None:
        page = shown("/admin/", user_id=BOB, success="false")
        assert tile(page, "Calls").figure.number == "1"
        assert page["users"].source.total.sums.costs == {"USD": Decimal(1)}
        assert [chip.value for chip in page["bar"].chips] == ["Bob", "failed"]

    def test_a_chip_leads_to_the_page_without_it(self, shown: Context, analyst: Client) -> None:
        chips = shown("/admin/", user_id=[1, 2], currency="USD")["bar"].chips
        assert [chip.url for chip in chips] == [
            "/admin/?user_id=2&currency=USD",
            "/admin/?user_id=1&currency=USD",
            "/admin/?user_id=1&user_id=2",
        ]


@pytest.mark.usefixtures("two_currencies")
class TestSeveralCurrencies:
    def test_there_is_no_mixed_total(self, shown: Context, analyst: Client) -> None:
        page = shown("/admin/")
        amounts = tile(page, "Cost").amounts
        assert [(one.currency, one.text) for one in amounts] == [
            ("USD", "12.50"),
            ("RMB", "100.00"),
        ]
        assert len(page["chart"].views[0].series) == 2
        assert "112.50" not in analyst.get("/admin/").content.decode()

    def test_tables_stand_within_one_currency(self, shown: Context) -> None:
        usd, rmb = shown("/admin/"), shown("/admin/", ranked_in="RMB")
        assert usd["users"].source.total.sums.costs == {"USD": NOVEMBER_COST}
        assert rmb["users"].source.total.sums.costs == {"RMB": Decimal(100)}
        assert [line.label for line in rmb["users"].source.lines] == ["Bob", "Cat"]
        assert [tab.is_current for tab in rmb["tabs"]] == [False, True]

    def test_rows_lead_to_calls_in_that_currency(self, shown: Context, analyst: Client) -> None:
        first = shown("/admin/", ranked_in="RMB")["users"].source.lines[0]
        there = given(analyst.get(first.calls_url))
        assert there["totals"][0] == ("1", "call")
        assert there["totals"][1][0] == f"RMB{NBSP}70.00"


class TestStates:
    def test_nothing_ever_recorded(self, analyst: Client, administrator: Client) -> None:
        assert "curl -X POST" in analyst.get("/admin/").content.decode()
        assert "/admin/stats/apikey/add/" in administrator.get("/admin/").content.decode()

    def test_nothing_in_the_period(self, shown: Context, people: None) -> None:
        write(row(cost="1", created_at=at(3, month=8)))
        nothing = shown("/admin/")["empty"]
        assert nothing.text == "The latest matching call was on 3 Aug 2026."
        assert "created_at_after=2026-08-03" in nothing.url

    def test_nothing_under_the_filters(self, shown: Context, ledger: None) -> None:
        nothing = shown("/admin/", api_endpoint="/nowhere")["empty"]
        assert nothing.text == "No call in any period matches these filters."

    def test_a_young_ledger_is_not_compared(self, shown: Context, people: None) -> None:
        write(row(cost="1", created_at=at(14, month=10)), row(cost="2", created_at=at(3)))
        page = shown("/admin/")
        assert page["bar"].compared == "not compared: the ledger begins on 14 Oct 2026"
        assert tile(page, "Cost").change == "No comparison: the ledger begins on 14 Oct"
        assert tile(page, "Calls").change == ""
        # Four weeks before the 24th there are calls.
        assert page["chart"].legend_before.startswith("same weekday four weeks earlier")

    def test_nothing_in_the_period_before(self, shown: Context, people: None) -> None:
        write(row(cost="1", created_at=at(14, month=5)), row(cost="2", created_at=at(3)))
        assert tile(shown("/admin/"), "Cost").change == "No calls in 1–24 Oct until 15:42"

    def test_calls_that_hold_nothing(self, analyst: Client, people: None) -> None:
        empty = dict.fromkeys(
            (
                "prompt_tokens", "completion_tokens", "total_tokens", "cost", "prompt_unit_price",
                "prompt_price_unit", "response_time_ms", "success",
            )
        )  # fmt: skip
        write(row(**empty, created_at=at(3)), row(**{**empty, "created_at": None}))
        answer = analyst.get("/admin/")
        assert answer.status_code == 200
        assert "There are no costs in this period." in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("success=banana", "success"),
        ("user_id=1.5", "user_id"),
        ("usr_id=1", "usr_id"),
        ("period=today&period=7d", "period"),
        ("period=today&created_at_after=2026-11-01", "period"),
        ("created_at_after=2026-11-02&created_at_before=2026-11-01", "created_at_before"),
        ("created_at_after=2026-11-02T10:00:00", "created_at_after"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/reports/users/",
        "/admin/reports/users/1/",
        "/admin/reports/endpoints/",
        "/admin/reports/jobs/70/",
        "/admin/reports/daily/",
        "/admin/reports/cost/",
        "/admin/reports/errors/",
        "/admin/reports/changes/",
    ],
)
def test_a_wrong_parameter_is_named_on_the_page(
    analyst: Client, ledger: None, path: str, query: str, parameter: str
) -> None:
    answer = analyst.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert f"<code>{parameter}</code>" in answer.content.decode()
    assert "tiles" not in given(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/reports/users/",
        "/admin/reports/users/4/",
        "/admin/stats/apiusagestats/",
    ],
)
def test_text_from_callers_stays_text(analyst: Client, ledger: None, path: str) -> None:
    page = analyst.get(path).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_chart_hands_over_no_markup(analyst: Client, ledger: None) -> None:
    page = analyst.get("/admin/", {"api_endpoint": HOSTILE}).content.decode()
    assert "%3Cscript" in page
    assert "<script>alert" not in page


def test_steps_lead_to_the_neighbouring_periods(shown: Context, ledger: None) -> None:
    bar = shown("/admin/")["bar"]
    assert "created_at_after=2026-10-01&created_at_before=2026-10-31" in bar.earlier
    assert bar.later == ""
    earlier = shown("/admin/", created_at_after="2026-10-01", created_at_before="2026-10-31")
    assert earlier["bar"].later == "/admin/?period=this_month"
    assert [one.label for one in earlier["bar"].presets if one.is_current] == ["Last month"]


def test_demo_data_is_announced(
    analyst: Client, clock: time_machine.Traveller, settings: Any
) -> None:
    from stats.demo import rows
    from tests.admin.conftest import NOW

    rows.fill(50, 10, 1, NOW, reading_zone(), lambda _count: None)
    assert "This ledger holds demo data" in analyst.get("/admin/").content.decode()
