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
from stats.query.extent import Extent
from stats.query.request import ReportRequest
from stats.query.sums import Sums, together
from stats.reports.figures import Day, Figures

pytestmark = pytest.mark.once

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


def chart(
    first: date, days: list[Sums], preset: str | None = None, before: Sums | None = None
) -> DailyChart:
    """Of a period that begins at `first`; the last day of `days` is today's if it is 24 Nov."""
    period = Period(first, first + (len(days) - 1) * DAY, ZONE, preset)
    request = ReportRequest(period=period, now=NOW)
    base = request.base(Extent(datetime(2020, 1, 1, tzinfo=UTC), None))
    dated = tuple(
        Day(
            day,
            of_day,
            sums(USD="1"),
            day == date(2026, 11, 24),
            day != date(2026, 11, 24),
        )
        for day, of_day in ((first + n * DAY, of_day) for n, of_day in enumerate(days))
    )
    figures = Figures(request, base, together(days, Sums), before or Sums(), dated, len(dated))
    return daily_chart(figures, Address("/admin/"), NOW)


def calls_of(day: str) -> str:
    """The address of a day's calls."""
    dates = {"created_at_after": day, "created_at_before": day}
    return f"{reverse('admin:stats_apiusagestats_changelist')}?{urlencode(dates)}"


def heights(series: Series) -> list[float]:
    """Of a drawing that is 100 high; the running day's bar is drawn apart."""
    return [100 - float(top) for top in re.findall(r"100V([\d.]+)", series.plot.bars)]


def test_a_day_leads_to_its_calls_and_tells_its_figures() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(USD="2")])
    (cost,) = drawn.views[0].series
    assert [day.link for day in drawn.rows] == [calls_of("2026-11-23"), calls_of("2026-11-24")]
    assert [day.hint.split("\n") for day in drawn.rows] == [
        [
            "Mon 23 Nov",
            f"USD{NBSP}1.00 · 2 calls · 10 tokens",
            f"Mon 26 Oct: USD{NBSP}1.00 · 2 calls · 10 tokens",
        ],
        [
            "Tue 24 Nov",
            f"USD{NBSP}2.00 · 2 calls · 10 tokens",
            f"Tue 27 Oct: USD{NBSP}1.00 · 2 calls · 10 tokens",
        ],
    ]
    assert heights(cost) == [50]
    assert cost.plot.dashes == "M0.3 50h.4M1.3 50h.4"
    # Today's bar is not over: what it is above is not told.
    assert cost.plot.above == ""


def test_several_currencies_have_a_series_each() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="1"), sums(RMB="2")])
    usd, rmb = drawn.views[0].series
    assert (usd.name, heights(usd)) == ("USD", [100])
    assert (rmb.name, heights(rmb)) == ("RMB", [0])
    assert drawn.rows[1].hint.split("\n")[1] == (
        f"USD{NBSP}0 · RMB{NBSP}2.00 · 2 calls · 10 tokens"
    )
    assert drawn.columns == ("Cost, USD", "Cost, RMB", "Calls", "Failures", "Tokens")


def test_a_currency_of_long_ago_has_no_empty_drawing() -> None:
    drawn = chart(date(2026, 11, 23), [sums(USD="2"), sums(USD="1")], before=sums(RMB="3"))
    assert [series.name for series in drawn.views[0].series] == ["USD"]
    assert drawn.columns[:2] == ("Cost, USD", "Cost, RMB")


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
        (date(2026, 11, 18), 7, ["18 Nov", "19", "20", "21", "22", "23", "24"]),
        (date(2026, 10, 26), 30, ["26 Oct", "1 Nov", "7 Nov", "13 Nov", "19 Nov"]),
    ],
)  # fmt: skip
def test_few_ticks(first: date, days: int, ticks: list[str]) -> None:
    drawn = chart(first, [sums(USD="1")] * days)
    assert [tick.text for tick in drawn.ticks] == ticks


@pytest.mark.parametrize(
    ("first", "days", "ticks"),
    [
        (date(2025, 12, 1), 355, ["Dec", "Mar 2026", "Jun", "Sep"]),
        (date(2025, 12, 20), 340, ["Jan 2026", "Apr", "Jul", "Oct"]),
        (date(2026, 1, 27), 401, ["Jan 2026", "Apr", "Jul", "Oct", "Jan 2027"]),
        (date(2023, 11, 24), 1097, ["2024", "2025", "2026"]),
        (date(2016, 11, 26), 3650, ["2017", "2019", "2021", "2023", "2025"]),
    ],
)  # fmt: skip
def test_months_are_named_as_shortly_as_a_phone_wants_it(
    first: date, days: int, ticks: list[str]
) -> None:
    drawn = chart(first, [sums(USD="1")] * days)
    assert [tick.text for tick in drawn.ticks] == ticks


def test_a_tick_is_below_the_middle_of_its_day() -> None:
    drawn = chart(date(2026, 11, 21), [sums(USD="1")] * 4)
    assert [tick.x for tick in drawn.ticks] == ["12.50%", "37.50%", "62.50%", "87.50%"]


def plotted(
    *values: float, before: tuple[float | None, ...] = (), running: int | None = None
) -> Plot:
    return plot(values, before or [None] * len(values), "most", running)


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


def test_a_day_without_an_earlier_one_has_no_dash() -> None:
    drawn = plotted(1, 2, 4, before=(2, 4, None))
    assert drawn.dashes == "M0.2 50h.6M1.2 0h.6"
    assert drawn.above == ""


def test_what_is_above_the_earlier_day_is_drawn_again() -> None:
    drawn = plotted(4, 1, 2, before=(1, 2, 1), running=2)
    assert drawn.above == "M0.5 75V0"


@pytest.mark.parametrize(
    ("days", "name", "bars", "title", "tick"),
    [
        (100, "Day", 100, "Tue 27 Jan", "27 Jan"),
        (101, "Week", 15, "27 Jan–1 Feb 2026", "Feb 2026"),
        (365, "Week", 53, "27 Jan–1 Feb 2026", "Feb 2026"),
        (401, "Month", 15, "27–31 Jan 2026", "Jan 2026"),
        (3660, "Quarter", 41, "27 Jan–31 Mar 2026", "2026"),
    ],
)
def test_long_periods_are_drawn_by_week_or_month(
    days: int, name: str, bars: int, title: str, tick: str
) -> None:
    drawn = chart(date(2026, 1, 27), [sums(USD="1")] * days)
    (cost,) = drawn.views[0].series
    assert (drawn.bar_name, cost.plot.days) == (name, bars)
    assert (drawn.rows[0].hint.split("\n")[0], drawn.ticks[0].text) == (title, tick)
    assert len(drawn.rows) == bars
    assert len(drawn.ticks) <= 8
    assert bool(drawn.legend_before) == (name == "Day")


@pytest.mark.parametrize(
    ("days", "running"),
    [
        (100, "today, until 15:42"),
        (101, "this week, until today 15:42"),
        (401, "this month, until today 15:42"),
        (3200, "this quarter, until today 15:42"),
    ],
)
def test_what_is_running_is_named_as_it_is_drawn(days: int, running: str) -> None:
    drawn = chart(date(2026, 11, 24) - (days - 1) * DAY, [sums(USD="1")] * days)
    assert drawn.legend_running == running


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ((3, 2, 1, 1, 1), "Highest: 3 calls on 16 Nov. Average weekday: 2 calls."),
        ((1, 0, 0, 0, 0), "Highest: 1 call on 16 Nov."),
    ],
)
def test_an_average_is_rounded_and_never_none_of_some(calls: tuple[int, ...], told: str) -> None:
    drawn = chart(date(2026, 11, 16), [Sums(calls=n) for n in calls])
    assert drawn.views[1].series[0].sentence == told


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
    assert float(plotted(*[1] * days).bar_width) == pytest.approx(min(0.16 * days, 0.68))
