"""The bars as they are drawn: each as high as its day's figure, day by day in their order."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.ledger import in_zones
from tests.reading.calls import CLOSED, ZONES, written
from tests.reading.expected import Case, days_before, days_shown, sums_per_day
from tests.reading.sql import Sums

pytestmark = pytest.mark.django_db(transaction=True)
# What the page's script draws, in the order in which it does.
LISTEN = """
window.drawn = {bars: [], dashes: []};
const pen = CanvasRenderingContext2D.prototype;
const {fillRect, lineTo} = pen;
pen.fillRect = function (x, y, width, height) {
    window.drawn.bars.push({x, height});
    return fillRect.call(this, x, y, width, height);
};
pen.lineTo = function (x, y) {
    if (this.globalAlpha === 1 && this.lineWidth === 1.5) {
        window.drawn.dashes.push({x, y});
    }
    return lineTo.call(this, x, y);
};
"""
MEASURES: dict[str, Callable[[Sums], Any]] = {
    "Cost": lambda sums: sums.costs.get("USD", Decimal(0)),
    "Calls": lambda sums: sums.total_calls,
    "Tokens": lambda sums: sums.total_tokens,
}


@pytest.fixture
def chart(analyst: Page, live_server: LiveServer) -> Iterator[Page]:
    """The overview of a month that is over."""
    with in_zones(ZONES):
        written(CLOSED)
        analyst.add_init_script(LISTEN)
        analyst.goto(f"{live_server.url}/admin/?{urlencode(CLOSED.query)}")
        yield analyst


@pytest.mark.parametrize("view", MEASURES)
def test_bars_are_as_high_as_their_figures(chart: Page, view: str) -> None:
    if view != "Cost":
        chart.evaluate("window.drawn.bars = []; window.drawn.dashes = []")
        chart.get_by_role("button", name=view, exact=True).click()
    expect(chart.locator("[data-chart]")).to_have_attribute("data-drawn", view.lower())
    case = Case("index", CLOSED)
    assert case.before
    now, before = sums_per_day(case.now), sums_per_day(case.before)
    figures = [float(MEASURES[view](now.get(day, Sums()))) for day in days_shown(case)]
    earlier = [float(MEASURES[view](before.get(day, Sums()))) for day in days_before(case)]
    drawn = chart.evaluate("window.drawn")
    # It may have been painted more than once.
    bars = drawn["bars"][-len(figures) :]
    assert [bar["x"] for bar in bars] == sorted(bar["x"] for bar in bars)
    scale = bars[0]["height"] / figures[0]
    assert [bar["height"] for bar in bars] == pytest.approx([one * scale for one in figures])
    dashes = drawn["dashes"][-len(figures) :]
    heights = [dashes[0]["y"] - dash["y"] for dash in dashes]
    expected = [(one - earlier[0]) * scale for one in earlier[: len(figures)]]
    assert heights == pytest.approx(expected, abs=0.01)
