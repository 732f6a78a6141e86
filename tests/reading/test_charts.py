"""The daily chart: how high its bars are, what they tell, and the sentence above them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from stats.admin.pages.base import ReportPage
from tests.reading import figures, html, words
from tests.reading.calls import NOW, ZONE, Variant
from tests.reading.conftest import Reader
from tests.reading.expected import Case, compared_days, days_before, days_shown, sums_per_day
from tests.reading.figures import code
from tests.reading.headings import LANGUAGES
from tests.reading.pages import CASES, address, label
from tests.reading.sql import Sums

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]

VIEWS = {"cost": ("Cost", "成本"), "calls": ("Calls", "呼叫次數"), "tokens": ("Tokens", "Token 數")}
# Where the chart has not all of them.
VIEWS_OF = {"reports_cost": ["cost"]}
WITHOUT_CHART = (
    "reports_changes",
    "reports_users",
    "reports_endpoints",
    "reports_errors",
    "reports_refused",
    "stats_apiusagestats_changelist",
)
SENTENCE = (
    r"Highest: (?P<highest>.+) on (?P<day>.+?)\.( Average weekday: (?P<average>.+)\.)?",
    r"最高：(?P<day>\d+月\d+日) (?P<highest>.+?)。( ?平日平均 (?P<average>.+)。)?",
)


@dataclass
class Chart:
    """The chart of a page beside what it should show."""

    page: Element
    case: Case
    language: str

    def __post_init__(self) -> None:
        self.place = LANGUAGES.index(self.language)
        (self.chart,) = html.having(self.page, "chart")
        now, before = sums_per_day(self.case.now), {}
        if self.case.before:
            before = sums_per_day(self.case.before)
        self.days = days_shown(self.case)
        earlier = days_before(self.case)
        self.now = [now.get(day, Sums()) for day in self.days]
        self.before = [
            before.get(earlier[place], Sums()) if place < len(earlier) else None
            for place in range(len(self.days))
        ]
        today = NOW.astimezone(ZONE).date()
        self.running = self.days.index(today) if today in self.days else None

    def check(self, views: list[str]) -> None:
        self.check_legend()
        boxes = [one for one in self.chart.iter("div") if one.get("data-view-of")]
        assert [one.get("data-view-of") for one in boxes] == views
        for view, box in zip(views, boxes, strict=True):
            currencies = self.case.currencies if view == "cost" else [""]
            for figure, currency in zip(box.iter("figure"), currencies, strict=True):
                self.check_figure_of(figure, view, currency)
        buttons = {
            one.get("data-view"): html.text_of(one)
            for one in self.chart.iter("button")
            if one.get("data-view")
        }
        assert buttons == (
            {view: VIEWS[view][self.place] for view in views} if len(views) > 1 else {}
        )

    def check_legend(self) -> None:
        (shown,) = html.having(self.chart, "legend")
        keys = [html.text_of(key) for key in shown.iter("li")]
        legend = compared_days(self.case, self.language)
        assert len(keys) == 1 + bool(legend) + (self.running is not None)
        assert not legend or keys[1] == legend

    def check_figure_of(self, figure: Element, view: str, currency: str) -> None:
        """One measure: its caption, and its drawing."""
        now = [measure(sums, view, currency) for sums in self.now]
        before = [None if sums is None else measure(sums, view, currency) for sums in self.before]
        if self.case.before is None:
            before = [None] * len(now)
        self.check_days(list(figure.iter("a")), now, before, view, currency)
        self.check_heights(figure, now, before)
        self.check_labels(figure, now, view)
        (caption,) = figure.iter("figcaption")
        name = "".join(html.text_of(one) for one in caption.iter("strong"))
        assert code(name) == currency
        sentence = html.text_of(caption).removeprefix(f"{name} ")
        (drawing,) = html.having(figure, "drawing")
        assert (drawing.get("aria-label") or "").endswith(sentence)
        self.check_sentence(sentence, now, view, currency)

    def check_days(
        self, links: list[Element], now: list[Any], before: list[Any], view: str, currency: str
    ) -> None:
        """Each day says what it was and what it is compared with, and leads to its calls."""
        legend = compared_days(self.case, self.language)
        for link, day, value, earlier in zip(links, self.days, now, before, strict=True):
            (title,) = link.iter("title")
            name, text, *rest = (title.text or "").split("\n")
            figures.weekday(name, day, self.language)
            self.check_text(text, value, view, currency)
            assert len(rest) == (earlier is not None)
            for line in rest:
                assert line.startswith(f"{legend}: ")
                self.check_text(line.removeprefix(f"{legend}: "), earlier, view, currency)
            address = link.get("href") or ""
            assert f"created_at_after={day}" in address
            assert ("currency=" in address) == (len(self.case.currencies) > 1 and bool(currency))

    def check_heights(self, figure: Element, now: list[Any], before: list[Any]) -> None:
        """Bars and dashes are in proportion to their figures, in the order of the days."""
        (path,) = html.having(figure, "values")
        bars = re.findall(r"M([\d.]+) 100V([\d.]+)h([\d.]+)V100z", path.get("d") or "")
        middles = [float(left) + float(width) / 2 for left, _top, width in bars]
        days = [n + 0.5 for n in range(len(now)) if n != self.running]
        assert middles == pytest.approx(days, abs=0.02)
        heights = [100 - float(top) for _left, top, _width in bars]
        if self.running is not None:
            (box,) = html.having(figure, "running")
            heights.insert(self.running, float((box.get("height") or "").removesuffix("%")))
        (path,) = html.having(figure, "dashes")
        dashes = re.findall(r"M(\d+) ([\d.]+)h1", path.get("d") or "")
        dashed = [(n, value) for n, value in enumerate(before) if value is not None]
        assert [int(day) for day, _top in dashes] == [day for day, _value in dashed]
        most = max(*now, *(value for _day, value in dashed), 0)
        drawn = [*heights, *(100 - float(top) for _day, top in dashes)]
        scale = max(drawn) / float(most or 1)
        exact = [float(value) * scale for value in (*now, *(value for _day, value in dashed))]
        assert drawn == pytest.approx(exact, abs=0.02)

    def check_labels(self, figure: Element, now: list[Any], view: str) -> None:
        """The highest bar has its figure, and some days their number."""
        for peak in html.having(figure, "peak"):
            self.check_figure(peak.text or "", max(now), view)
        assert bool(html.having(figure, "peak")) == any(now)
        ticks = {one.get("x"): one.text or "" for one in html.having(figure, "tick")}
        assert ticks
        for n, day in enumerate(self.days):
            tick = ticks.pop(f"{(n + 0.5) / len(self.days):.2%}", "")
            assert not tick or str(day.day) in re.findall(r"\d+", tick)[-1 if self.place else 0 :]
        assert not ticks

    def check_text(self, text: str, value: Any, view: str, currency: str) -> None:
        """USD 2.13, 41 calls, 0.2 M tokens."""
        if view == "cost":
            figures.money(text, currency, value, self.language)
            return
        calls = "call" if value == 1 else "calls"
        word = {"calls": (calls, "次呼叫"), "tokens": ("tokens", "Token")}[view][self.place]
        assert text.endswith(f" {word}")
        self.check_figure(text.removesuffix(f" {word}"), value, view)

    def check_figure(self, text: str, value: Any, view: str) -> None:
        check = {"cost": figures.amount, "calls": figures.count, "tokens": figures.tokens}[view]
        check(text, value, self.language)  # type: ignore[operator]

    def check_sentence(self, text: str, now: list[Any], view: str, currency: str) -> None:
        """The highest day; and the average of working days that are over."""
        if not any(now):
            return
        found = words.read(text, SENTENCE, self.language)
        highest = self.days[now.index(max(now))]
        self.check_text(found["highest"], max(now), view, currency)
        assert figures.day(found["day"], self.language) == (highest.month, highest.day)
        today = NOW.astimezone(ZONE).date()
        full = [
            value
            for day, value in zip(self.days, now, strict=True)
            if day.weekday() < 5 and day != today
        ]
        average = sum(full) / Decimal(len(full))
        self.check_text(
            found["average"], average if view == "cost" else int(average), view, currency
        )


def measure(sums: Sums, view: str, currency: str) -> Any:
    if view == "cost":
        return sums.costs.get(currency, Decimal(0))
    return sums.total_calls if view == "calls" else sums.total_tokens


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("report", "case"), CASES, ids=label)
def test_a_chart_says_what_the_calls_do(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    if report.name in WITHOUT_CHART:
        assert html.having(page, "chart") == []
    else:
        Chart(page, case, language).check(VIEWS_OF.get(report.name, list(VIEWS)))
