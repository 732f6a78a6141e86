"""A month as billed: whole days of UTC, read by people in Taipei, where they cut local days."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import ANN, BOB, at, given
from tests.ledger import in_zones, row, write
from tests.oracle import Zones

Context = Callable[..., dict[str, Any]]
NBSP = "\N{NO-BREAK SPACE}"
PAGES = (
    "/admin/",
    "/admin/reports/users/",
    "/admin/reports/endpoints/",
    "/admin/reports/daily/",
    "/admin/reports/cost/",
    "/admin/reports/errors/",
    "/admin/reports/changes/",
    "/admin/reports/users/1/",
    "/admin/stats/apiusagestats/",
)


@pytest.fixture
def in_taipei() -> Iterator[None]:
    with in_zones(Zones("Asia/Taipei")):
        yield


@pytest.fixture
def invoiced(in_taipei: None, people: None) -> None:
    """October has USD 7 in UTC and 6 in Taipei, where its last evening is in November."""
    write(
        row(user_id=BOB, cost="50", created_at=at(1, month=8)),
        row(user_id=ANN, cost="2", created_at=at(30, 17, month=9)),
        row(user_id=ANN, cost="1", created_at=at(1, 1, month=10)),
        row(user_id=ANN, cost="3", created_at=at(15, month=10)),
        row(user_id=BOB, cost="3", created_at=at(31, 20, month=10)),
        row(user_id=BOB, cost="9", created_at=at(10)),
    )


def days(page: dict[str, Any]) -> dict[str, float]:
    """Per day of the chart its cost, those without left out."""
    hints = (day.hint.split("\n")[:2] for day in page["chart"].rows)
    amounts = {day: text.split(" · ")[0].removeprefix(f"USD{NBSP}") for day, text in hints}
    return {day: float(text) for day, text in amounts.items() if text != "0"}


@pytest.mark.usefixtures("invoiced")
class TestMonth:
    def test_it_is_another_one_than_the_local_month(self, shown: Context) -> None:
        local, billed = (
            shown("/admin/", period="last_month"),
            shown("/admin/", period="last_month_utc"),
        )
        assert local["tiles"][0].amounts[0].text == "6.00"
        assert billed["tiles"][0].amounts[0].text == "7.00"
        assert (local["bar"].zone, billed["bar"].zone) == ("Asia/Taipei", "UTC")

    def test_bars_are_the_local_days_that_it_reaches(self, shown: Context) -> None:
        page = shown("/admin/", period="last_month_utc")
        assert days(page) == {"Thu 1 Oct": 1.0, "Thu 15 Oct": 3.0, "Sun 1 Nov": 3.0}
        assert page["chart"].note == (
            "Bars are days in Asia/Taipei. "
            "In that time zone, this UTC month runs from 1 Oct 08:00 to 1 Nov 07:59."
        )

    def test_a_running_one_ends_with_today(self, shown: Context) -> None:
        """It is 23:42 in Taipei; the day of UTC goes on until 08:00 there."""
        chart = shown("/admin/", period="this_month_utc")["chart"]
        drawn = chart.views[0].series[0].plot
        assert chart.rows[-1].hint.startswith("Tue 24 Nov\n")
        assert drawn.running

    def test_a_running_one_has_no_forecast(self, shown: Context) -> None:
        _per_day, why = shown("/admin/", period="this_month_utc")["tiles"][0].details
        assert why.text == "no forecast for months of UTC days"

    def test_a_bar_leads_to_the_part_of_its_day(self, shown: Context, analyst: Client) -> None:
        page = shown("/admin/", period="last_month_utc")
        for day in page["chart"].rows:
            there = given(analyst.get(day.link))
            total = there["totals"][1][0] if "totals" in there else f"USD{NBSP}0"
            assert day.hint.split("\n")[1].split(" · ")[0] == total

    def test_days_make_up_the_total_of_every_page(self, shown: Context) -> None:
        query = {"period": "last_month_utc"}
        daily, cost = (
            shown("/admin/reports/daily/", **query),
            shown("/admin/reports/cost/", **query),
        )
        assert sum(line.sums.cost for line in daily["table"].source.lines) == Decimal(7)
        assert (
            sum(line.now for line in cost["table"].source.lines if line.now)
            == cost["table"].source.total.now
            == 7
        )
        assert shown("/admin/reports/users/", **query)["table"].source.total.sums.cost == 7

    def test_it_is_compared_with_the_month_before_it(self, shown: Context) -> None:
        page = shown("/admin/", period="last_month_utc")
        assert page["tiles"][0].change.startswith(f"USD{NBSP}5.00 more than 1–30 Sep")
        assert sum(line.difference for line in page["changes"].source.lines) == 5

    @pytest.mark.parametrize("path", PAGES)
    def test_every_page_has_it(self, analyst: Client, path: str) -> None:
        for period in ("this_month_utc", "last_month_utc", "2026-08_utc"):
            answer = analyst.get(path, {"period": period})
            assert answer.status_code == 200
            assert given(answer)["bar"].zone == "UTC"


@pytest.mark.usefixtures("invoiced")
class TestWayThereAndBack:
    @pytest.mark.parametrize(
        ("query", "billed"),
        [
            ({}, "this_month_utc"),
            ({"period": "last_month"}, "last_month_utc"),
            ({"created_at_after": "2026-08-01", "created_at_before": "2026-08-31"}, "2026-08_utc"),
        ],
    )
    def test_from_any_month(
        self, shown: Context, analyst: Client, query: dict[str, str], billed: str
    ) -> None:
        bar = shown("/admin/", user_id=ANN, **query)["bar"]
        assert (bar.billed.label, bar.billed.url) == (
            "as billed (UTC)",
            f"/admin/?user_id={ANN}&period={billed}",
        )
        there = given(analyst.get(bar.billed.url))["bar"]
        assert there.billed.label == "days in Asia/Taipei"
        back = given(analyst.get(there.billed.url))["bar"]
        assert (back.period.first, back.period.last) == (bar.period.first, bar.period.last)

    def test_not_from_other_periods(self, shown: Context) -> None:
        assert shown("/admin/", period="7d")["bar"].billed is None

    def test_the_neighbours_are_billed_months_too(self, shown: Context) -> None:
        bar = shown("/admin/", period="last_month_utc")["bar"]
        assert bar.earlier == "/admin/?period=2026-09_utc"
        assert bar.later == "/admin/?period=this_month_utc"
        assert shown("/admin/", period="this_month_utc")["bar"].later == ""

    def test_no_preset_is_taken_for_it(self, shown: Context) -> None:
        presets = shown("/admin/", period="last_month_utc")["bar"].presets
        assert not any(preset.is_current for preset in presets)


def test_where_people_read_in_utc_it_is_not_offered(shown: Context, ledger: None) -> None:
    assert shown("/admin/")["bar"].billed is None
    assert shown("/admin/", period="this_month_utc")["chart"].note == ""


@pytest.mark.parametrize("period", ["2026-13_utc", "26-01_utc", "_utc", "next_month_utc"])
def test_a_month_that_is_none_is_named(analyst: Client, ledger: None, period: str) -> None:
    answer = analyst.get("/admin/", {"period": period})
    assert answer.status_code == 400
    assert "2026-09_utc" in answer.content.decode()
