"""The daily chart: bars, dashes, grid, links, labels, the sentence and the ticks."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from stats.admin.components.chart import DailyChart, Series, daily_chart
from stats.admin.components.links import Address
from stats.admin.components.plot import Plot, plot
from stats.core.periods import DAY, Period
from stats.query.request import ReportRequest
from stats.query.sums import Sums, together
from stats.reports.figures import Day, Figures

NBSP = "\xa0"
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
    return daily_chart(figures, Address("/admin/"), NOW)


def calls_of(day: str, **query: str) -> str:
    """The address of a day's calls."""
    dates = {"created_at_after": day, "created_at_before": day}
    return f"{reverse('admin:stats_apiusagestats_changelist')}?{urlencode({**dates, **query})}"


def heights(series: Series) -> list[float]:
    """Of a drawing that is 100 high; the running day's bar is drawn apart."""
    return [100 - float(top) for top in re.findall(r"100V([\d.]+)h", series.plot.bars)]


def test_a_currency_alone_is_not_in_the_links() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(USD="2")])
    (cost,) = drawn.views[0].series
    links = [calls_of("2026-11-23"), calls_of("2026-11-24")]
    assert [day.link for day in cost.plot.days] == links
    assert [day.title.split("\n")[1] for day in cost.plot.days] == [
        f"USD{NBSP}1.00",
        f"USD{NBSP}2.00",
    ]
    assert heights(cost) == [50]
    assert cost.plot.dashes == "M0 50h1M1 50h1"


def test_several_currencies_have_a_series_each() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(RMB="2")])
    usd, rmb = drawn.views[0].series
    assert (usd.name, heights(usd)) == ("USD", [100])
    assert (rmb.name, heights(rmb)) == ("RMB", [0])
    assert rmb.plot.days[1].link == calls_of("2026-11-24", currency="RMB")
    assert drawn.columns == ("Cost, USD", "Cost, RMB", "Calls", "Failures", "Tokens")


def test_today_is_running_and_left_out_of_the_average() -> None:
    drawn = chart(date(2026, 11, 19), [sums(USD=cost) for cost in ("2", "4", "9", "9", "6", "1")])
    assert len(heights(drawn.views[0].series[0])) == 5
    assert drawn.views[0].series[0].plot.running
    assert drawn.legend_running == "today, until 15:42"
    # Thursday, Friday and Monday; the weekend is highest.
    assert drawn.views[0].series[0].sentence == (
        "Highest: USD\xa09.00 on 21 Nov. Average weekday: USD\xa04.00."
    )


def test_without_any_cost_there_is_no_series_of_costs() -> None:
    drawn = chart(date(2026, 11, 23), [Sums(calls=1), Sums()])
    assert drawn.views[0].series == ()
    assert heights(drawn.views[1].series[0]) == [50]


@pytest.mark.parametrize(
    ("first", "days", "ticks"),
    [
        (date(2026, 11, 1), 24, ["1 Nov", "5", "10", "15", "20", "24"]),
        (date(2026, 10, 1), 31, ["1 Oct", "5", "10", "15", "20", "25", "31"]),
        (date(2026, 11, 22), 3, ["22 Nov", "23 Nov", "24 Nov"]),
        (date(2026, 10, 26), 30, ["26 Oct", "31 Oct", "5 Nov", "10 Nov", "15 Nov", "20 Nov"]),
    ],
)  # fmt: skip
def test_few_ticks(first: date, days: int, ticks: list[str]) -> None:
    drawn = chart(first, [sums(USD="1")] * days)
    assert [tick.text for tick in drawn.ticks] == ticks


def test_a_tick_is_below_the_middle_of_its_day() -> None:
    drawn = chart(date(2026, 11, 21), [sums(USD="1")] * 4)
    assert [tick.x for tick in drawn.ticks] == ["12.50%", "37.50%", "62.50%", "87.50%"]


def plotted(
    *values: float, before: tuple[float | None, ...] = (), running: int | None = None
) -> Plot:
    empty = [""] * len(values)
    return plot(values, before or [None] * len(values), "most", empty, empty, running)


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0, ["0", "0.5", "1.0"]),
        (3, ["0", "1", "2", "3"]),
        (0.07, ["0", "0.02", "0.04", "0.06", "0.08"]),
        (90_000, ["0", "50,000", "100,000"]),
        (1_700_000, ["0", "0.5 M", "1.0 M", "1.5 M", "2.0 M"]),
    ],
)
def test_the_grid_has_few_lines_of_round_values(highest: float, labels: list[str]) -> None:
    drawn = plotted(highest, 0)
    assert [label.text.replace("\u202f", " ") for label in drawn.axis] == labels
    assert drawn.axis[0].y == "100%"
    assert drawn.axis[-1].y == "0%"


def test_dashes_stop_where_the_period_before_has_no_day() -> None:
    drawn = plotted(1, 2, 4, before=(2, 4, None))
    assert drawn.dashes == "M0 50h1M1 0h1"
    assert drawn.steps == "M1 50V0"


def test_the_bar_of_a_running_day_is_a_box_in_percent() -> None:
    drawn = plotted(1, 2, 4, 1, running=1)
    box = drawn.running
    assert box
    assert (box.y, box.height) == ("50%", "50%")
    assert (box.x, box.width) == ("29.5%", "16%")


@pytest.mark.parametrize(
    ("highest", "x", "anchor"), [(0, "0%", "start"), (7, "37.5%", "middle"), (19, "100%", "end")]
)
def test_the_highest_figure_has_room(highest: int, x: str, anchor: str) -> None:
    drawn = plotted(*(2 if day == highest else 1 for day in range(20)))
    assert drawn.peak
    assert (drawn.peak.x, drawn.peak.anchor, drawn.peak.text) == (x, anchor, "most")


def test_without_anything_there_is_no_highest() -> None:
    assert plotted(0, 0).peak is None


@pytest.mark.parametrize("days", [1, 3, 31])
def test_bars_of_few_days_are_not_wide(days: int) -> None:
    widths = set(re.findall(r"h([\d.]+)", plotted(*[1] * days).bars))
    assert widths == {f"{min(0.16 * days, 0.68):.2f}".rstrip("0")}
