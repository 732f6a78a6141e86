"""The description of the daily chart: bars, dashes, links, the sentence and the ticks."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stats.admin.components.chart import DailyChart, daily_chart
from stats.core.periods import DAY, Period
from stats.query.request import ReportRequest
from stats.query.sums import Sums, together
from stats.reports.figures import Day, Figures

ZONE = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 24, 7, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def read_in_taipei(settings: Any) -> None:
    settings.TIME_ZONE = str(ZONE)


def sums(**costs: str) -> Sums:
    return Sums(
        calls=2, total_tokens=10, costs={name: Decimal(cost) for name, cost in costs.items()}
    )


def chart(first: date, days: list[Sums], preset: str | None = None) -> DailyChart:
    """Of a period that begins at `first`; the last day of `days` is today's if it is 24 Nov."""
    period = Period(first, first + (len(days) - 1) * DAY, ZONE, preset)
    request = ReportRequest(period=period, now=NOW)
    base = request.base(datetime(2020, 1, 1, tzinfo=UTC))
    dated = tuple(
        Day(day, of_day, sums(USD="1"), day == date(2026, 11, 24), day != date(2026, 11, 24))
        for day, of_day in zip(period.days, days, strict=True)
    )
    figures = Figures(request, base, together(days, Sums), Sums(), dated, len(dated))
    return daily_chart(figures, lambda day, currency: f"/{day}/{currency}", NOW)


def test_a_currency_alone_is_not_in_the_links() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(USD="2")])
    (cost,) = drawn.views[0].series
    assert cost.links == ("/2026-11-23/None", "/2026-11-24/None")
    assert cost.values == (1.0, 2.0)
    assert cost.before == (1.0, 1.0)


def test_several_currencies_have_a_series_each() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(RMB="2")])
    usd, rmb = drawn.views[0].series
    assert (usd.name, usd.values) == ("USD", (1.0, 0.0))
    assert (rmb.name, rmb.values) == ("RMB", (0.0, 2.0))
    assert rmb.links[1] == "/2026-11-24/RMB"
    assert drawn.columns == ("Cost, USD", "Cost, RMB", "Calls", "Failures", "Tokens")


def test_today_is_running_and_left_out_of_the_average() -> None:
    drawn = chart(date(2026, 11, 19), [sums(USD=cost) for cost in ("2", "4", "9", "9", "6", "1")])
    assert drawn.running == 5
    assert drawn.legend_running == "today, until 15:42"
    # Thursday, Friday and Monday; the weekend is highest.
    assert drawn.views[0].series[0].sentence == (
        "Highest: USD\xa09.00 on 21 Nov. Average weekday: USD\xa04.00."
    )


def test_without_any_cost_there_is_no_series_of_costs() -> None:
    drawn = chart(date(2026, 11, 23), [Sums(calls=1), Sums()])
    assert drawn.views[0].series == ()
    assert drawn.views[1].series[0].values == (1.0, 0.0)


@pytest.mark.parametrize(
    ("first", "days", "ticks"),
    [
        (date(2026, 11, 1), 24, ["1 Nov", "5", "10", "15", "20", "24"]),
        (date(2026, 10, 1), 31, ["1 Oct", "5", "10", "15", "20", "25", "31"]),
        (date(2026, 11, 22), 3, ["22 Nov", "23 Nov", "24 Nov"]),
        (date(2026, 10, 26), 30, ["26 Oct", "30 Oct", "3 Nov", "7 Nov", "11 Nov", "15 Nov",
                                  "19 Nov", "23 Nov"]),
    ],
)  # fmt: skip
def test_few_ticks(first: date, days: int, ticks: list[str]) -> None:
    drawn = chart(first, [sums(USD="1")] * days)
    assert [tick for tick in drawn.ticks if tick] == ticks
    assert len(drawn.ticks) == days
