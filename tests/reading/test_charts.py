"""The daily chart: the data of its bars, their texts, and the sentence above them."""

import json
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
from tests.reading.cells import code
from tests.reading.conftest import Reader
from tests.reading.expected import Case, compared_days, days_before, days_shown, sums_per_day
from tests.reading.headings import LANGUAGES
from tests.reading.pages import CASES, address, label
from tests.reading.sql import Sums

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]

VIEWS = {"cost": ("Cost", "成本"), "calls": ("Calls", "呼叫次數"), "tokens": ("Tokens", "Token 數")}
# Charts that lack some views.
VIEWS_OF = {"reports_cost": ["cost"]}
WITHOUT_CHART = (
    "reports_changes",
    "reports_users",
    "reports_endpoints",
    "reports_errors",
    "stats_apiusagestats_changelist",
)
SENTENCE = (
    r"Highest: (?P<highest>.+) on (?P<day>.+?)\.( Average weekday: (?P<average>.+)\.)?",
    r"最高：(?P<day>\d+月\d+日) (?P<highest>.+?)。( ?平日平均 (?P<average>.+)。)?",
)


@dataclass
class Chart:
    """The chart of a page, and what it should show."""

    page: Element
    case: Case
    language: str

    def __post_init__(self) -> None:
        self.place = LANGUAGES.index(self.language)
        (script,) = (one for one in self.page.iter("script") if one.get("id") == "daily-chart")
        self.drawn = json.loads(script.text or "")
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

    def check(self, views: list[str]) -> None:
        self.check_days()
        assert list(self.drawn["views"]) == views
        for view in views:
            series = self.drawn["views"][view]
            currencies = self.case.currencies if view == "cost" else [""]
            assert [code(one["name"]) for one in series] == currencies
            for one, currency in zip(series, currencies, strict=True):
                self.check_series(one, view, currency)
        self.check_captions(views)

    def check_days(self) -> None:
        assert len(self.drawn["days"]) == len(self.days)
        for text, day in zip(self.drawn["days"], self.days, strict=True):
            figures.weekday(text, day, self.language)
        today = NOW.astimezone(ZONE).date()
        assert self.drawn["running"] == (self.days.index(today) if today in self.days else None)
        for tick, day in zip(self.drawn["ticks"], self.days, strict=True):
            assert not tick or str(day.day) in re.findall(r"\d+", tick)[-1 if self.place else 0 :]
        legend = compared_days(self.case, self.language)
        assert self.drawn["legendBefore"] == legend
        (chart,) = html.having(self.page, "chart")
        (shown,) = html.having(chart, "legend")
        keys = [html.text_of(key) for key in shown.iter("li")]
        assert (
            keys[: 1 + bool(legend)]
            == [self.drawn["legend"], self.drawn["legendBefore"]][: 1 + bool(legend)]
        )

    def check_series(self, series: dict[str, Any], view: str, currency: str) -> None:
        now = [measure(sums, view, currency) for sums in self.now]
        before = [None if sums is None else measure(sums, view, currency) for sums in self.before]
        if self.case.before is None:
            before = [None] * len(now)
        assert series["values"] == [float(value) for value in now]
        assert series["before"] == [None if value is None else float(value) for value in before]
        for texts, values in (("texts", now), ("before_texts", before)):
            for text, value in zip(series[texts], values, strict=True):
                if value is None:
                    assert text == ""
                else:
                    self.check_text(text, value, view, currency)
        for text, value in zip(series["peak"], now, strict=True):
            self.check_figure(text, value, view)
        for link, day in zip(series["links"], self.days, strict=True):
            assert f"created_at_after={day}" in link
            assert ("currency=" in link) == (len(self.case.currencies) > 1 and bool(currency))
        self.check_sentence(series["sentence"], now, view, currency)

    def check_text(self, text: str, value: Any, view: str, currency: str) -> None:
        """USD 2.13, 41 calls, 0.2 M tokens."""
        if view == "cost":
            figures.money(text, currency, value, self.language)
            return
        word = {"calls": ("calls", "次呼叫"), "tokens": ("tokens", "token")}[view][self.place]
        assert text.endswith(f" {word}")
        self.check_figure(text.removesuffix(f" {word}"), value, view)

    def check_figure(self, text: str, value: Any, view: str) -> None:
        check = {"cost": figures.amount, "calls": figures.count, "tokens": figures.tokens}[view]
        check(text, value, self.language)  # type: ignore[operator]

    def check_sentence(self, text: str, now: list[Any], view: str, currency: str) -> None:
        """The highest day, and the average of past working days."""
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

    def check_captions(self, views: list[str]) -> None:
        """The caption of each view and its text for screen readers are the sentence of its bars."""
        drawn = [one for view in views for one in self.drawn["views"][view]]
        captions = list(self.page.iter("figcaption"))
        said = [one.get("aria-label", "") for one in self.page.iter("canvas")]
        assert len(captions) == len(said) == len(drawn)
        for caption, spoken, series in zip(captions, said, drawn, strict=True):
            name = f"{series['name']} " if series["name"] else ""
            sentence = " ".join(series["sentence"].split(" "))
            assert html.text_of(caption) == name + sentence
            assert spoken.endswith(series["sentence"])
        boxes = [one for one in self.page.iter("div") if one.get("data-view-of")]
        assert [one.get("data-view-of") for one in boxes] == views
        buttons = {
            one.get("data-view"): html.text_of(one)
            for one in self.page.iter("button")
            if one.get("data-view")
        }
        assert buttons == (
            {view: VIEWS[view][self.place] for view in views} if len(views) > 1 else {}
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
