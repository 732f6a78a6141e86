"""The tiles above a page: each its figure, what that did since, and its details."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from stats.admin.pages.base import ReportPage
from tests.reading import figures, html, words
from tests.reading.calls import NOW, RUNNING, ZONE, Variant
from tests.reading.conftest import Reader
from tests.reading.expected import Case, compared_days, days_shown, parts
from tests.reading.figures import ERROR_OF_PERCENTILES, code
from tests.reading.headings import COMMAS, LANGUAGES
from tests.reading.pages import CASES, REPORTS, address, label
from tests.reading.sql import Sums, day_of_taipei

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
# test_tables.py asks the same pages of every database.
pytestmark = pytest.mark.once

# Between clauses, in each language.
CLAUSES = (", ", "，")
WITH_TILES = ("index", "reports_user", "reports_job", "reports_endpoint", "reports_changes")
LABELS = {
    "cost": ("Cost", "成本"),
    "costs": ("Cost, no total across currencies", "成本（不跨幣別加總）"),
    "calls": ("Calls", "呼叫次數"),
    "tokens": ("Tokens", "Token 數"),
    "success": ("Succeeded", "成功率"),
    "p95": ("Response, p95", "回應時間 p95"),
    "users": ("Active users", "活躍使用者"),
    "users_of_job": ("Users", "使用者"),
    "jobs": ("Jobs", "任務"),
}
PARTS = {
    "calls": {1: ("From more calls", "因呼叫較多"), -1: ("From fewer calls", "因呼叫較少")},
    "tokens_per_call": {
        1: ("From more tokens per call", "因每次 Token 較多"),
        -1: ("From fewer tokens per call", "因每次 Token 較少"),
    },
    "cost_per_token": {
        1: ("From a higher average token price", "因每個 Token 平均成本較高"),
        -1: ("From a lower average token price", "因每個 Token 平均成本較低"),
    },
}
PER_MILLION = (r"(?P<size>.+) per M", r"每百萬 (?P<size>.+)")
NBSP = "\N{NO-BREAK SPACE}"
MONTH_END = (
    r"November may end at (?P<amount>.+), 80 % range (?P<range>.+)",
    r"11月底預估 (?P<amount>.+)，八成機率落在 (?P<range>.+)",
)
RANGE = r"(?P<currency>[^ \u00a0：、]+)\u00a0(?P<low>[\d,.]+)–(?P<high>[\d,.]*\d)"
TOO_LITTLE_PAST = (
    "no forecast for November yet: it takes about two months of costs",
    "尚無法預估11月底的成本：需要約兩個月的資料",
)
NO_SUMS = (
    "no forecast: there are no daily sums of these calls",
    "無法預估：這些呼叫沒有每日彙總",
)
A_DAY = (r"(?P<size>.+) a day", r"平均每日 (?P<size>.+)")


@dataclass(frozen=True)
class Tile:
    """What is read on a tile."""

    label: str
    figures: tuple[str, ...]
    exact: tuple[str, ...]
    change: str
    # Beside the amounts of a tile with several.
    changes: tuple[str, ...]
    detail: str


def tiles(page: Element) -> list[Tile]:
    return [_tile(element) for element in html.having(page, "tile")]


def _tile(element: Element) -> Tile:
    (title,) = element.findall("h2")
    shown = html.having(element, "figure", "p")
    links = [link for figure in shown for link in html.having(figure, "change")]
    for figure in shown:
        for link in html.having(figure, "change"):
            figure.remove(link)
    exact = [one.get("data-exact", "") for one in html.having(element, "exact")]
    change = [one for one in html.having(element, "change") if one.tag == "p"]
    detail = html.having(element, "detail")
    return Tile(
        html.text_of(title),
        tuple(html.text_of(figure) for figure in shown),
        tuple(exact),
        html.text_of(change[0]) if change else "",
        tuple(html.text_of(link) for link in links),
        html.text_of(detail[0]) if detail else "",
    )


class Tiles:
    """The tiles of a page beside what they should say."""

    def __init__(self, page: Element, case: Case, language: str) -> None:
        self.case, self.language = case, language
        self.place = LANGUAGES.index(language)
        self.tiles = {tile.label: tile for tile in tiles(page)}
        self.now = case.now.total
        self.before = case.before.total if case.before else None
        self.days = len(days_shown(case))
        self.compared = compared_days(case, language)

    def check(self) -> None:
        checks: dict[str, Callable[[Tile], None]] = {
            "cost" if len(self.case.currencies) == 1 else "costs": self.check_costs,
            "calls": self.check_calls,
            "tokens": self.check_tokens,
            "success": self.check_success,
            "p95": self.check_response,
        }
        more: dict[str, dict[str, Callable[[Tile], None]]] = {
            "index": {"users": self.check_users},
            "reports_user": {"jobs": self.check_jobs},
            "reports_job": {"users_of_job": self.check_users_of_job},
        }
        checks |= more.get(self.case.page, {})
        names = [LABELS[name][self.place] for name in checks]
        assert list(self.tiles) == names
        for name, check in zip(names, checks.values(), strict=True):
            check(self.tiles[name])

    def check_costs(self, tile: Tile) -> None:
        shown = self.case.currencies[:2]
        assert len(tile.figures) == len(tile.exact) == len(shown)
        for text, exact, currency in zip(tile.figures, tile.exact, shown, strict=True):
            cost = self.now.costs.get(currency, Decimal(0))
            figures.money(text, currency, cost, self.language)
            assert code(exact.rpartition(" ")[0]) == currency
            figures.exact_amount(exact, cost)
        if self.before is None:
            assert "1 Nov" in tile.change or "11月1日" in tile.change
            assert figures.DASH not in tile.change
        elif len(shown) == 1:
            now, before = (sums.costs[shown[0]] for sums in (self.now, self.before))
            words.cost_changed(tile.change, shown[0], now, before, self.compared, self.language)
        else:
            for text, currency in zip(tile.changes, shown, strict=True):
                now, before = (
                    sums.costs.get(currency, Decimal(0)) for sums in (self.now, self.before)
                )
                words.more_or_less(text, now, before, self.language, "amount")
        self.check_cost_detail(tile.detail)

    def check_cost_detail(self, text: str) -> None:
        """Where a running month may end; else the cost of a day; how many currencies more."""
        if self.case.variant.is_running:
            self.check_month_end(text)
        else:
            self.check_cost_of_a_day(text)
        if len(self.case.currencies) > 2:
            more = len(self.case.currencies) - 2
            told = (f"{more} more currenc", f"另有 {more} 種幣別")[self.place]
            assert text.startswith(told)

    def check_cost_of_a_day(self, text: str) -> None:
        """Where there is one currency."""
        if len(self.case.currencies) == 1:
            currency = self.case.currency
            average = round(self.now.costs[currency] / self.days, 10)
            size = words.read(text, A_DAY, self.language)["size"]
            figures.money(size, currency, average, self.language)

    def check_month_end(self, text: str) -> None:
        """In each currency with a past that is long enough; else why not."""
        told = [currency for currency in self.case.currencies[:2] if self.has_past(currency)]
        if self.case.page == "reports_job" or not told:
            reasons = NO_SUMS if self.case.page == "reports_job" else TOO_LITTLE_PAST
            assert text.endswith(reasons[self.place])
            self.check_cost_of_a_day(text.removesuffix(CLAUSES[self.place] + reasons[self.place]))
            return
        ranges = text
        if len(self.case.currencies) == 1:
            found = words.read(text, MONTH_END, self.language)
            ranges = found["range"]
        shown = list(re.finditer(RANGE, ranges))
        assert [one["currency"] for one in shown] == told
        for one in shown:
            low, high = (figures.figure(one[name]) for name in ("low", "high"))
            assert self.now.costs[one["currency"]] <= low.value + low.step < high.value
        if len(self.case.currencies) == 1:
            amount = figures.figure(found["amount"].rpartition(NBSP)[2])
            assert low.value <= amount.value <= high.value

    def has_past(self, currency: str) -> bool:
        """Fourteen days to learn from, and the errors of thirty forecasts for the six days left."""
        costly = self.case.calls.in_currency(currency).that("COALESCE(cost, 0) <> 0")
        ((first,),) = costly.that("created_at IS NOT NULL").ask(f"MIN({day_of_taipei()})")
        return (NOW.astimezone(ZONE).date() - date.fromisoformat(first)).days >= 14 + 30 + 6

    def check_calls(self, tile: Tile) -> None:
        figures.count(tile.figures[0], self.now.total_calls, self.language)
        self.check_change(tile, "total_calls", "count")
        per_day = words.read(tile.detail, A_DAY, self.language)["size"]
        figures.count(per_day, round(self.now.total_calls / self.days), self.language)

    def check_tokens(self, tile: Tile) -> None:
        figures.tokens(tile.figures[0], self.now.total_tokens, self.language)
        figures.count(tile.exact[0], self.now.total_tokens, self.language)
        self.check_change(tile, "total_tokens", "tokens")
        patterns = (r"(?P<prompt>.+) in, (?P<out>.+) out", r"輸入 (?P<prompt>.+)，輸出 (?P<out>.+)")
        found = words.read(tile.detail, patterns, self.language)
        figures.tokens(found["prompt"], self.now.prompt_tokens, self.language)
        figures.tokens(found["out"], self.now.completion_tokens, self.language)

    def check_change(self, tile: Tile, name: str, kind: str) -> None:
        if self.before is None:
            assert tile.change == ""
        else:
            now, before = getattr(self.now, name), getattr(self.before, name)
            words.more_or_less(tile.change, now, before, self.language, kind)

    def check_success(self, tile: Tile) -> None:
        rate = self.now.success_rate
        assert rate is not None
        figures.percent(tile.figures[0], rate, self.language)
        before = self.before.success_rate if self.before else None
        self.check_difference(tile.change, rate, before, words.BY_POINTS, self.check_points)
        if not self.now.failed_calls:
            assert tile.detail == ("none failed", "沒有失敗")[self.place]
            return
        count, *costs = tile.detail.split(CLAUSES[self.place])
        patterns = (r"(?P<size>.+) failed", r"(?P<size>.+) 次失敗")
        size = words.read(count, patterns, self.language)["size"]
        figures.count(size, self.now.failed_calls, self.language)
        words.costs(COMMAS[self.place].join(costs), self.now.failed_costs, self.language)

    def check_points(self, text: str, exact: float) -> None:
        read = figures.figure(text, self.language)
        assert (read.tells(exact), read.step) == (True, Decimal("0.1")), f"{text} for {exact}"

    def check_response(self, tile: Tile) -> None:
        now = self.case.now.percentile(95)
        assert now
        figures.duration(tile.figures[0], now, self.language, ERROR_OF_PERCENTILES)
        patterns = (r"average (?P<size>.+)", r"平均 (?P<size>.+)")
        size = words.read(tile.detail, patterns, self.language)["size"]
        figures.duration(size, self.now.avg_response_time, self.language)
        before = self.case.before.percentile(95) if self.case.before else None

        def check_size(text: str, exact: float) -> None:
            # The difference of two that are each so far off.
            error = ERROR_OF_PERCENTILES * (now + (before or 0)) / exact
            figures.duration(text, exact, self.language, error)

        self.check_difference(tile.change, now, before, words.BY_TIME, check_size)

    def check_difference(
        self,
        text: str,
        now: float,
        before: float | None,
        patterns: words.Patterns,
        check_size: Callable[[str, float], None],
    ) -> None:
        if before is None or text in words.AS_BEFORE:
            assert before is not None or text == ""
            assert before is None or abs(now - before) < 1
            return
        found = words.read(text, patterns, self.language)
        check_size(found["size"], abs(now - before))
        assert words.direction(found["word"]) == (1 if now > before else -1)

    def check_users(self, tile: Tile) -> None:
        now = self.case.now.distinct("user_id")
        figures.count(tile.figures[0], len(now), self.language)
        if self.case.before is None:
            assert (tile.change, tile.detail) == ("", "")
            return
        before = self.case.before.distinct("user_id")
        words.more_or_less(tile.change, len(now), len(before), self.language)
        patterns = (
            r"(?P<new>\d+) new, (?P<gone>\d+) gone",
            r"新增 (?P<new>\d+)，本期無呼叫 (?P<gone>\d+)",
        )
        found = words.read(tile.detail, patterns, self.language)
        assert (int(found["new"]), int(found["gone"])) == (len(now - before), len(before - now))

    def check_jobs(self, tile: Tile) -> None:
        of_jobs = self.case.now.in_currency(self.case.ranked_in).that("job_id IS NOT NULL")
        figures.count(tile.figures[0], len(of_jobs.distinct("job_id")), self.language)
        patterns = (r"(?P<size>.+) calls?", r"(?P<size>.+) 次呼叫")
        size = words.read(tile.detail, patterns, self.language)["size"]
        figures.count(size, of_jobs.total.total_calls, self.language)

    def check_users_of_job(self, tile: Tile) -> None:
        users = self.case.now.in_currency(self.case.ranked_in).distinct("user_id")
        figures.count(tile.figures[0], len(users), self.language)


class PartsOfChange(Tiles):
    """Calls × tokens per call × cost per token, and the difference that they add up to."""

    def check(self) -> None:
        if self.case.before is None:
            assert self.tiles == {}
            return
        currency = self.case.ranked_in
        now, before = (
            calls.in_currency(currency).total for calls in (self.case.now, self.case.before)
        )
        *of_parts, whole = self.tiles.values()
        rows = parts(self.case).rows
        told = []
        for tile, row in zip(of_parts, rows, strict=True):
            name, part = row.columns["part"], row.columns["cost_difference"]
            assert tile.label == PARTS[name][1 if part >= 0 else -1][self.place]
            told.append(
                self.check_part(tile, part, name, _factor(now, name), _factor(before, name))
            )
        difference = now.total_cost - before.total_cost
        assert whole.label == ("Difference", "差額")[self.place]
        told.append(self.check_part(whole, difference, "cost", now.total_cost, before.total_cost))
        figures.check_precision(told)
        assert sum(Decimal(tile.exact[0]) for tile in of_parts) == difference

    def check_part(
        self, tile: Tile, part: Any, name: str, now: Any, before: Any
    ) -> tuple[Decimal | None, Decimal]:
        """The amount's step, and the amount to the step of the column, in which parts add up."""
        exact = Decimal(tile.exact[0])
        assert abs(float(exact) - float(part)) <= 0.0001
        currency, _blank, text = tile.figures[0].rpartition(" ")
        assert code(currency) == self.case.currency
        figures.signed(text, exact)
        self.check_now_and_before(tile.change, name, now, before)
        percent = (float(now) - float(before)) / float(before) * 100
        figures.change(tile.detail, percent, self.language)
        return figures.amount_of_column(text, exact, self.language), exact

    def check_now_and_before(self, text: str, name: str, now: Any, before: Any) -> None:
        """What the amount is of: calls, tokens, or money per million of them."""
        patterns = (r"(?P<now>.+), was (?P<before>.+)", r"(?P<now>.+)，前期 (?P<before>.+)")
        for size, exact in zip(
            words.read(text, patterns, self.language).values(), (now, before), strict=True
        ):
            if name == "cost_per_token":
                of_million = words.read(size, PER_MILLION, self.language)["size"]
                figures.amount(of_million, exact, self.language)
            elif name == "cost":
                figures.amount(size, exact, self.language)
            else:
                rounded = Decimal(exact).quantize(Decimal(1), ROUND_HALF_UP)
                figures.count(size, int(rounded), self.language)


def _factor(sums: Sums, part: str) -> Any:
    if part == "calls":
        return sums.total_calls
    if part == "tokens_per_call":
        return Decimal(sums.total_tokens) / sums.total_calls
    return sums.total_cost / sums.total_tokens * 1_000_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("report", "case"), [case for case in CASES if case[1].page in WITH_TILES], ids=label
)
def test_tiles_say_what_the_calls_do(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    kind = PartsOfChange if case.page == "reports_changes" else Tiles
    kind(page, case, language).check()


@pytest.mark.parametrize("report", REPORTS, ids=label)
def test_every_page_with_tiles_is_read(
    report: type[ReportPage], ledger: Ledger, reader: Read
) -> None:
    ledger(RUNNING)
    assert bool(tiles(reader("en").page(address(report)))) == (report.name in WITH_TILES)
