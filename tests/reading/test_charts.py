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
from tests.reading.expected import (
    BESIDE,
    FOUR_WEEKS,
    Case,
    days_shown,
    four_weeks_earlier,
    labels_of,
    sums_per_day,
)
from tests.reading.figures import code
from tests.reading.headings import LANGUAGES
from tests.reading.pages import CASES, address, label
from tests.reading.sql import Calls, Sums

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
# test_tables.py asks the same pages of every database.
pytestmark = pytest.mark.once

VIEWS = {"cost": ("Cost", "成本"), "calls": ("Calls", "呼叫次數"), "tokens": ("Tokens", "Token 數")}
# Where the chart has not all of them.
VIEWS_OF = {
    "reports_cost": ["cost"],
    "reports_errors": ["failures"],
    "reports_compare": ["cost", "calls"],
}
WITHOUT_CHART = (
    "reports_changes",
    "reports_users",
    "reports_groups",
    "reports_jobs",
    "reports_endpoints",
    "reports_notices",
    "reports_refused",
    "reports_unusual",
    "reports_history",
    "stats_apiusagestats_changelist",
)
LEGEND = ("same weekday four weeks earlier, the whole day", "四週前的同一天（同星期、全天）")
SENTENCE = (
    r"Highest: (?P<highest>.+) on (?P<day>.+?)\.( Average weekday: (?P<average>.+)\.)?",
    r"最高：(?P<day>\d+月\d+日) (?P<highest>.+?)。( ?平日平均 (?P<average>.+)。)?",
)


@dataclass(frozen=True)
class Drawn:
    """What one drawing shows: its name and its days, beside those four weeks earlier."""

    name: str
    currency: str
    now: list[Sums]
    before: list[Sums | None]


@dataclass
class Chart:
    """The chart of a page beside what it should show."""

    page: Element
    case: Case
    language: str

    def __post_init__(self) -> None:
        self.place = LANGUAGES.index(self.language)
        (self.chart,) = html.having(self.page, "chart")
        self.days = days_shown(self.case)
        today = NOW.astimezone(ZONE).date()
        self.running = self.days.index(today) if today in self.days else None

    def check(self, views: list[str]) -> None:
        self.check_legend()
        self.check_days(views)
        boxes = [one for one in self.chart.iter("div") if one.get("data-view-of")]
        assert [one.get("data-view-of") for one in boxes] == views
        for view, box in zip(views, boxes, strict=True):
            for figure, drawn in zip(box.iter("figure"), self.drawn(view), strict=True):
                self.check_figure_of(figure, view, drawn)
        buttons = {
            one.get("data-view"): html.text_of(one)
            for one in self.chart.iter("button")
            if one.get("data-view")
        }
        assert buttons == (
            {view: VIEWS[view][self.place] for view in views} if len(views) > 1 else {}
        )

    def drawn(self, view: str) -> list[Drawn]:
        """Per currency, or per user of those beside each other."""
        if self.case.page == "reports_compare":
            currency = self.case.currency if view == "cost" else ""
            return [
                self.days_of(
                    labels_of("user", user)[self.place],
                    currency,
                    self.case.calls.that("user_id = %s", user),
                )
                for user in BESIDE
            ]
        currencies = self.case.currencies if view == "cost" else [""]
        return [self.days_of(one, one, self.case.calls) for one in currencies]

    def days_of(self, name: str, currency: str, calls: Calls) -> Drawn:
        now = sums_per_day(calls.during(self.case.stretch))
        before = four_weeks_earlier(self.case, calls)
        return Drawn(
            name,
            currency,
            [now.get(day, Sums()) for day in self.days],
            [before[day] for day in self.days],
        )

    def check_legend(self) -> None:
        (shown,) = html.having(self.chart, "legend")
        keys = [html.text_of(key) for key in shown.iter("li")]
        is_compared = self.days[-1] - FOUR_WEEKS >= self.case.first_day
        assert len(keys) == 1 + is_compared + (self.running is not None)
        assert not is_compared or keys[1] == LEGEND[self.place]

    def check_figure_of(self, figure: Element, view: str, drawn: Drawn) -> None:
        """One measure: its caption, and its drawing."""
        currency = drawn.currency
        now = [measure(sums, view, currency) for sums in drawn.now]
        before = [None if sums is None else measure(sums, view, currency) for sums in drawn.before]
        self.check_heights(figure, now, before)
        self.check_labels(figure, now, view)
        (caption,) = figure.iter("figcaption")
        name = "".join(html.text_of(one) for one in caption.iter("strong"))
        assert code(name) == drawn.name
        sentence = html.text_of(caption).removeprefix(f"{name} ")
        (drawing,) = html.having(figure, "drawing")
        assert (drawing.get("aria-label") or "").endswith(sentence)
        self.check_sentence(sentence, now, view, currency)

    def check_days(self, views: list[str]) -> None:
        """Each day tells all figures and those that they are compared with, and leads to its
        calls; beside each other, a line for each name."""
        drawn = {view: self.drawn(view) for view in views}
        names = [""]
        if self.case.page == "reports_compare":
            names = [one.name for one in drawn["calls"]]
        (days,) = html.having(self.chart, "days")
        for n, (link, day) in enumerate(zip(days.iter("a"), self.days, strict=True)):
            name, *lines = (link.get("title") or "").split("\n")
            figures.weekday(name, day, self.language)
            told = [
                [(view, one, one.now[n], one.before[n]) for view in views for one in drawn[view]
                 if one.name == name or not name]
                for name in names
            ]  # fmt: skip
            is_compared = all(before is not None for *_of, before in told[0])
            assert len(lines) == len(names) * (1 + is_compared) + (is_compared and len(names) > 1)
            for line, name, of_name in zip(lines, names, told, strict=False):
                self.check_figures(line.removeprefix(f"{name}: ") if name else line, [
                    (view, one, now) for view, one, now, _before in of_name
                ])  # fmt: skip
            if is_compared:
                earlier, *rest = lines[len(names) :]
                if len(names) == 1:
                    earlier, _colon, text = earlier.partition(": ")
                    rest = [text]
                figures.weekday(earlier, day - FOUR_WEEKS, self.language)
                for line, name, of_name in zip(rest, names, told, strict=True):
                    self.check_figures(line.removeprefix(f"{name}: ") if name else line, [
                        (view, one, before) for view, one, _now, before in of_name
                    ])  # fmt: skip
            assert f"created_at_after={day}" in (link.get("href") or "")

    def check_figures(self, line: str, told: list[tuple[str, Drawn, Any]]) -> None:
        """USD 2.13 · RMB 9.00 · 41 calls · 0.2 M tokens."""
        for text, (view, one, sums) in zip(line.split(" · "), told, strict=True):
            self.check_text(text, measure(sums, view, one.currency), view, one.currency)

    def check_heights(self, figure: Element, now: list[Any], before: list[Any]) -> None:
        """Bars and dashes are in proportion to their figures, in the order of the days."""
        (path,) = html.having(figure, "values")
        bars = re.findall(r"M([\d.]+) 100V([\d.]+)", path.get("d") or "")
        middles = [float(middle) for middle, _top in bars]
        days = [n + 0.5 for n in range(len(now)) if n != self.running]
        assert middles == days
        heights = [100 - float(top) for _middle, top in bars]
        if self.running is not None:
            (box,) = html.having(figure, "running")
            heights.insert(self.running, float((box.get("height") or "").removesuffix("%")))
        (path,) = html.having(figure, "dashes")
        dashes = re.findall(r"M([\d.]+) ([\d.]+)h[\d.]+", path.get("d") or "")
        dashed = [(n, value) for n, value in enumerate(before) if value is not None]
        assert [int(float(day)) for day, _top in dashes] == [day for day, _value in dashed]
        self.check_above(figure, now, before)
        most = max(*now, *(value for _day, value in dashed), 0)
        drawn = [*heights, *(100 - float(top) for _day, top in dashes)]
        scale = max(drawn) / float(most or 1)
        exact = [float(value) * scale for value in (*now, *(value for _day, value in dashed))]
        assert drawn == pytest.approx(exact, abs=0.11)

    def check_above(self, figure: Element, now: list[Any], before: list[Any]) -> None:
        """What is more than four weeks earlier is drawn again, but for a day that still runs."""
        (path,) = html.having(figure, "above")
        above = [int(float(left)) for left in re.findall(r"M([\d.]+) ", path.get("d") or "")]
        assert above == [
            n
            for n, (value, earlier) in enumerate(zip(now, before, strict=True))
            if n != self.running and earlier is not None and value > earlier
        ]

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
        many = "" if value == 1 else "s"
        word = {
            "calls": (f"call{many}", "次呼叫"),
            "tokens": ("tokens", "Token"),
            "failures": (f"failure{many}", "次失敗"),
        }[view][self.place]
        assert text.endswith(f" {word}")
        self.check_figure(text.removesuffix(f" {word}"), value, view)

    def check_figure(self, text: str, value: Any, view: str) -> None:
        checks = {"cost": figures.amount, "tokens": figures.tokens}
        check = checks.get(view, figures.count)
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
            found["average"], average if view == "cost" else round(average), view, currency
        )


def measure(sums: Sums, view: str, currency: str) -> Any:
    if view == "cost":
        return sums.costs.get(currency, Decimal(0))
    names = {"calls": "total_calls", "tokens": "total_tokens", "failures": "failed_calls"}
    return getattr(sums, names[view])


def is_without_failures(case: Case) -> bool:
    """Of errors, where there are none."""
    return case.page == "reports_errors" and not case.variant.has_failures


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("report", "case"), CASES, ids=label)
def test_a_chart_says_what_the_calls_do(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    if report.name in WITHOUT_CHART or is_without_failures(case):
        assert html.having(page, "chart") == []
    else:
        Chart(page, case, language).check(VIEWS_OF.get(report.name, list(VIEWS)))
