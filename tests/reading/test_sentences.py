"""The sentences that sum a page up, what costs leave out, and the tabs of currencies."""

import re
from collections.abc import Callable
from decimal import Decimal
from xml.etree.ElementTree import Element

import pytest

from stats.admin.pages.base import ReportPage
from tests.reading import figures, html, phones, refused, words
from tests.reading.calls import MIXED, RUNNING, VARIANTS, Variant
from tests.reading.conftest import ROWS, Reader
from tests.reading.expected import (
    TABLES,
    Case,
    changed_endpoints,
    changed_users,
    compared_days,
    expected,
    users,
)
from tests.reading.headings import COMMAS, LANGUAGES
from tests.reading.pages import CASES, CHOSEN, REPORTS, address, label
from tests.reading.test_charts import LEGEND

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
# test_tables.py asks the same pages of every database.
pytestmark = pytest.mark.once
BY_PAGE = {report.name: report for report in REPORTS}


def check_calls_and_success(text: str, case: Case, language: str) -> None:
    found = words.read(text, phones.CALLS_AND_SUCCESS, language)
    total = case.now.total
    figures.count(found["calls"], total.total_calls, language)
    figures.percent(found["rate"], total.success_rate, language)


def check_first(text: str, case: Case, language: str) -> None:
    patterns = (
        r"The first accounts for (?P<first>.+) of the total, the first three for (?P<three>.+)\.",
        r"第一名占全部 (?P<first>.+)，前三名合計 (?P<three>.+)。",
    )
    found = words.read(text, patterns, language)
    shares = [row.columns["share"] for row in users(case).present]
    figures.percent(found["first"], shares[0], language)
    figures.percent(found["three"], sum(shares[:3]), language)


def check_cost(text: str, case: Case, language: str) -> None:
    if case.before is None:
        assert figures.day(text, language) == (11, 1)
        return
    now, before = (
        calls.in_currency(case.ranked_in).total.total_cost for calls in (case.now, case.before)
    )
    compared = compared_days(case, language)
    words.cost_changed(text, case.currency, now, before, compared, language)


def check_errors(text: str, case: Case, language: str) -> None:
    patterns = (
        r"(?P<failed>.+) of (?P<calls>.+) calls failed, (?P<rate>.+?)\. They cost (?P<costs>.+)\.",
        r"(?P<calls>.+) 次呼叫中有 (?P<failed>.+) 次失敗（(?P<rate>.+?)）。 ?成本 (?P<costs>.+)。",
    )
    total = case.now.total
    if not total.failed_calls:
        patterns = (r"All (?P<calls>.+) calls succeeded\.", r"(?P<calls>.+) 次呼叫全部成功。")
        found = words.read(text, patterns, language)
        figures.count(found["calls"], total.total_calls, language)
        return
    found = words.read(text, patterns, language)
    assert total.success_rate is not None
    figures.count(found["failed"], total.failed_calls, language)
    figures.count(found["calls"], total.total_calls, language)
    figures.percent(found["rate"], 100 - total.success_rate, language)
    words.costs(found["costs"], total.failed_costs, language)


def check_totals(text: str, case: Case, language: str) -> None:
    """420 calls USD 2.13 1.2 M tokens in 0.3 M out 80.1 % succeeded 1.3 s average, 56 failed."""
    total = case.now.total
    costs = r"(?P<costs>.*) " if total.costs else ""
    failed = (r" (?P<failed>[^ ]+) failed", r" (?P<failed>[^ ]+) 次失敗")
    patterns = (
        rf"(?P<calls>[^ ]+) calls {costs}(?P<prompt>[^ ]+) tokens in (?P<out>[^ ]+) out "
        rf"(?P<rate>[^ ]+) succeeded (?P<average>[^ ]+) average({failed[0]})?",
        rf"(?P<calls>[^ ]+) 次呼叫 {costs}(?P<prompt>[^ ]+) 輸入 Token (?P<out>[^ ]+) 輸出 "
        rf"(?P<rate>[^ ]+) 成功 (?P<average>[^ ]+) 平均({failed[1]})?",
    )
    found = words.read(text, patterns, language)
    figures.count(found["calls"], total.total_calls, language)
    figures.tokens(found["prompt"], total.prompt_tokens, language)
    figures.tokens(found["out"], total.completion_tokens, language)
    figures.percent(found["rate"], total.success_rate, language)
    figures.duration(found["average"], total.avg_response_time, language)
    assert bool(found["failed"]) == bool(total.failed_calls)
    figures.count(found["failed"] or "0", total.failed_calls, language)
    for currency, cost in total.costs.items():
        texts = [one for one in found["costs"].split(" ") if one.startswith(currency)]
        if currency != "none":
            figures.money(texts[0], currency, cost, language)


def check_refused(text: str, case: Case, language: str) -> None:
    place, count = LANGUAGES.index(language), len(refused.posts(case).rows)
    if not count:
        assert (
            text == ("No refused post of this period is kept.", "此期間沒有保留被拒的請求。")[place]
        )
        return
    patterns = (r"(?P<posts>\d+) refused posts are kept\.", r"已保留 (?P<posts>\d+) 個被拒的請求。")
    figures.count(words.read(text, patterns, language)["posts"], count, language)


def check_unusual(text: str, case: Case, language: str) -> None:
    """None is kept: the jobs do not run."""
    words = (
        "No day was looked at so far: that takes six weeks of calls.",
        "目前尚未檢查任何一天：需要六週的呼叫。",
    )
    assert text == words[LANGUAGES.index(language)]


def check_history(text: str, case: Case, language: str) -> None:
    """Nobody changes anything."""
    words = ("Nothing was changed in this period.", "此期間沒有任何變更。")
    assert text == words[LANGUAGES.index(language)]


def check_notices(text: str, case: Case, language: str) -> None:
    """Nothing was told: the jobs do not run."""
    words = ("Nothing was to be told in this period.", "此期間沒有需要通知的事。")
    assert text == words[LANGUAGES.index(language)]


# Per page where its sentence stands, and what it says.
SENTENCES: dict[str, tuple[str, Callable[[str, Case, str], None]]] = {
    "reports_changes": ("lead", check_cost),
    "reports_users": ("sentence", check_first),
    "reports_endpoints": ("sentence", check_calls_and_success),
    "reports_groups": ("sentence", check_calls_and_success),
    "reports_compare": ("lead", check_calls_and_success),
    "reports_jobs": ("sentence", check_calls_and_success),
    "reports_daily": ("lead", check_calls_and_success),
    "reports_months": ("lead", check_calls_and_success),
    "reports_cost": ("lead", check_cost),
    "reports_errors": ("lead", check_errors),
    "reports_notices": ("lead", check_notices),
    "reports_refused": ("lead", check_refused),
    "reports_unusual": ("lead", check_unusual),
    "reports_history": ("lead", check_history),
    "stats_apiusagestats_changelist": ("totals", check_totals),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("report", "case"), CASES, ids=label)
def test_a_sentence_says_what_the_calls_do(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    found = [
        html.text_of(one)
        for name in ("lead", "sentence", "totals")
        for one in html.having(page, name, "p")
    ]
    if report.name not in SENTENCES or (report.name == "reports_changes" and not case.before):
        assert found == []
        return
    _name, check = SENTENCES[report.name]
    (text,) = found
    check(text, case, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("report", "case"), [case for case in CASES if not case[1].parameters], ids=label
)
def test_what_a_cost_leaves_out_is_counted(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    """Unpriced calls with their tokens, those rounded to zero, those without usage."""
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query)
    place, total = LANGUAGES.index(language), case.now.total
    kinds = {
        "unpriced": ("unpriced calls", "筆未計價呼叫"),
        "rounded_away": ("calls rounded to zero", "筆四捨五入為零的呼叫"),
        "no_usage": ("calls without usage", "筆無用量資訊的呼叫"),
    }
    has_them = bool(total.unpriced_calls and total.rounded_away_calls)
    lines = html.having(page, "excluded", "p")
    assert len(lines) <= 1
    for line in lines:
        links = {one.get("href", "").rpartition("unknown_cost=")[2]: one for one in line.iter("a")}
        expected = [kind for kind in kinds if getattr(total, f"{kind}_calls")]
        assert list(links) == expected
        told = COMMAS[place].join(html.text_of(link) for link in links.values())
        assert html.text_of(line) == f"{('Excludes', '不含')[place]} {told}"
        for kind, link in links.items():
            text = html.text_of(link)
            word = kinds[kind][place]
            count, _word, rest = text.partition(f" {word if place else word.split(' ')[0]}")
            if kind == "rounded_away" and not place:
                count, _word, rest = text.partition(" call")
            if kind == "no_usage" and not place:
                count, _word, rest = text.partition(" call")
            figures.count(count, getattr(total, f"{kind}_calls"), language)
            if kind != "no_usage":
                bracket = rest.strip("s ").rpartition("(" if not place else "（")[2]
                size = bracket.strip("()（）").rpartition(" ")[0]
                figures.tokens(size, getattr(total, f"{kind}_tokens"), language)
    with_costs = {
        "index",
        "reports_user",
        "reports_job",
        "reports_endpoint",
        "reports_daily",
        "reports_months",
        "reports_cost",
    }
    is_told = report.name in with_costs or (report.name == "reports_changes" and case.before)
    assert bool(lines) == (has_them and bool(is_told))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_user_s_place_among_all(
    variant: Variant, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(variant)
    somebody = reader(language)
    page = somebody.page(address(BY_PAGE["reports_user"]), **variant.query)
    (line,) = html.having(page, "freshness")
    patterns = (
        r"Rank (?P<rank>\d+) of (?P<count>[^ ]+) by cost, (?P<share>[^ ]+) of all · .+",
        r"成本排名第 (?P<rank>\d+)（共 (?P<count>[^ ]+) 位），占全部 (?P<share>[^ ]+) · .+",
    )
    found = words.read(html.text_of(line), patterns, language)
    everybody = users(Case("index", variant))
    (row,) = (row for row in everybody.rows if row.columns["user_id"] == 1)
    assert int(found["rank"]) == row.columns["rank"]
    figures.count(found["count"], len(everybody.present), language)
    figures.percent(found["share"], row.columns["share"], language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "report", [one for one in REPORTS if "ranked_in" in one.own_parameters], ids=label
)
def test_tabs_of_currencies_name_their_costs(
    report: type[ReportPage], language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(MIXED)
    case = Case(report.name, MIXED, {"ranked_in": "RMB"})
    page = reader(language).page(address(report), ranked_in="RMB")
    total = case.now.total
    bars = [one for one in page.iter("nav") if one.get("aria-label") in ("Currencies", "幣別")]
    assert bars
    for bar in bars:
        tabs = list(bar.iter("a"))
        assert len(tabs) == len(case.currencies)
        for tab, currency in zip(tabs, case.currencies, strict=True):
            text = html.text_of(tab)
            if any(letter.isdigit() for letter in text):
                figures.money(text, currency, total.costs.get(currency, Decimal(0)), language)
            else:
                assert text in (currency, "no currency", "無幣別")
            assert (tab.get("aria-current") == "true") == (currency == "RMB")


MEASURES = {
    "cost": ("Cost", "成本"),
    "calls": ("Calls", "呼叫次數"),
    "tokens": ("Tokens", "Token 數"),
    "failures": ("Failures", "失敗"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("report", "case"), [case for case in CASES if "rank" in case[0].own_parameters], ids=label
)
def test_what_is_ranked_by_is_said(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    """Among all that could be, each a link to what it says."""
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    (line,) = html.having(page, "rank-by")
    tabs = list(line.iter("a"))
    measures = report.own_parameters["rank"].schema["enum"]
    assert [html.text_of(tab) for tab in tabs] == [
        MEASURES[str(measure)][LANGUAGES.index(language)] for measure in measures
    ]
    for tab, measure in zip(tabs, measures, strict=True):
        assert tab.get("href", "").endswith(f"rank={measure}")
        assert (tab.get("aria-current") == "true") == (measure == case.measure)


def _lengths(page: Element, name: str) -> list[tuple[float, bool]]:
    (table,) = (table for table in html.tables(page) if table.name == name)
    return [
        (float(cell.bar.rstrip("%")), "others" in line.classes)
        for line in table.part("tbody")
        for cells in line.cells.values()
        for cell in cells
        if cell.bar
    ]


@pytest.mark.parametrize(
    ("of", "name"),
    [("index", "users"), ("reports_job", "users"), ("reports_users", "users"),
     ("reports_endpoints", "endpoints")],
)  # fmt: skip
def test_bars_are_as_long_as_their_figures(
    of: str, name: str, ledger: Ledger, reader: Read
) -> None:
    """Of the rows; the others together have none."""
    ledger(RUNNING)
    page = reader("en").page(address(BY_PAGE[of]))
    lengths = [length for length, is_others in _lengths(page, name) if not is_others]
    costs = [row.columns["total_cost"] for row in expected(Case(of, RUNNING), name).rows]
    assert lengths[0] == 100
    for length, cost in zip(lengths[:ROWS], costs[:ROWS], strict=True):
        assert length == pytest.approx(float(cost / costs[0]) * 100, abs=0.06)


@pytest.mark.parametrize("of", ["index", "reports_job", "reports_users"])
def test_the_others_together_have_no_bar(of: str, ledger: Ledger, reader: Read) -> None:
    """It would be compared with those of single ones."""
    ledger(RUNNING)
    page = reader("en").page(address(BY_PAGE[of]))
    (table,) = (table for table in html.tables(page) if table.name == "users")
    assert [line for line in table.lines if "others" in line.classes]
    assert not any(is_others for _length, is_others in _lengths(page, "users"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_headings_of_the_index_count(
    variant: Variant, language: str, ledger: Ledger, reader: Read
) -> None:
    """How many there are in all, how many calls failed, and what is compared with."""
    ledger(variant)
    case, place = Case("index", variant), LANGUAGES.index(language)
    page = reader(language).page(address(BY_PAGE["index"]), **variant.query)
    headings = [
        html.text_of(header)
        for section in html.having(page, "panel", "section")
        for header in section.findall("header")
    ]
    titles = {text.split(" ")[0]: text for text in headings}
    failed = case.now.total.failed_calls
    assert (f"of {failed}", f"共 {failed} 次")[place] in titles[("Latest", "最近的錯誤")[place]]
    if not variant.is_mixed:
        for title, key in (
            (("Users", "使用者"), "user_id"),
            (("Endpoints", "端點"), "api_endpoint"),
        ):
            count = len(case.now.distinct(key))
            assert f"{('All', '全部')[place]} {count}" in titles[title[place]]
    compared = compared_days(case, language)
    feet = [html.text_of(one) for one in html.having(page, "foot", "p")]
    assert len(feet) == bool(compared)
    for foot in feet:
        assert compared in foot


OF_CHANGES = [case for case in CASES if case[1].page in ("index", "reports_changes")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("report", "case"), OF_CHANGES, ids=label)
def test_a_panel_of_differences_names_their_currency(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    """Its columns are headed by days."""
    ledger(case.variant)
    page = reader(language).page(address(report), **case.variant.query, **case.parameters)
    of_changes = (changed_users, changed_endpoints)
    differing = {
        name for (of, name), rows in TABLES.items() if of == report.name and rows in of_changes
    }
    headings = [
        html.text_of(section.findall("header/h2")[0])
        for section in html.having(page, "panel", "section")
        if differing & {table.name for table in html.tables(section)}
    ]
    assert len(headings) == (len(differing) if case.before else 0)
    for heading in headings:
        assert re.search(rf"(^| ){case.currency}\b", heading), heading


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "order", ["newest", "oldest"], ids=["changelist-newest-running", "changelist-oldest-running"]
)
def test_a_pager_says_where_it_leads(
    order: str, language: str, ledger: Ledger, reader: Read
) -> None:
    """From the first page to older calls where the newest come first, and back."""
    ledger(RUNNING)
    somebody, place = reader(language), LANGUAGES.index(language)
    path = address(BY_PAGE["stats_apiusagestats_changelist"])
    older, newer = (("Older", "較舊")[place], ("Newer", "較新")[place])
    on, back = (older, newer) if order == "newest" else (newer, older)
    page = somebody.page(path, order=order)
    first, (link,) = pager(page)
    ordered = {"newest": ("newest first", "由新到舊"), "oldest": ("oldest first", "由舊到新")}
    assert first.endswith(ordered[order][place])
    figures.count(re.findall(r"\d+", first)[0], 50, language)
    assert html.text_of(link) == f"{on} ›"
    _second, links = pager(somebody.page(link.get("href", "")))
    assert [html.text_of(one) for one in links] == [f"‹ {back}", f"{on} ›"]
    again = somebody.page(links[0].get("href", ""))
    (one,), (other,) = html.tables(page), html.tables(again)
    assert one.lines == other.lines


def pager(page: Element) -> tuple[str, list[Element]]:
    (found,) = html.having(page, "pager")
    return html.text_of(found[0]), list(found.iter("a"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", REPORTS, ids=label)
def test_a_page_of_a_period_without_calls_says_so_and_shows_no_figures(
    report: type[ReportPage], language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(RUNNING)
    page = reader(language).page(
        address(report), created_at_after="2026-05-01", created_at_before="2026-05-31"
    )
    text = html.text_of(page)
    words = ("No calls in this period", "這段期間沒有呼叫")
    if report.name in CHOSEN:
        words = ("No calls under these filters", "沒有符合篩選條件的呼叫")
    if report.name == "reports_notices":
        words = ("Nothing was to be told in this period", "此期間沒有需要通知的事")
    if report.name == "reports_refused":
        words = ("No refused post of this period is kept", "此期間沒有保留被拒的請求")
    if report.name == "reports_history":
        words = ("Nothing was changed in this period", "此期間沒有任何變更")
    if report.name == "reports_unusual":
        words = ("No day was looked at so far", "目前尚未檢查任何一天")
    assert words[LANGUAGES.index(language)] in text
    shown = [*html.tables(page), *html.having(page, "tile"), *html.having(page, "chart")]
    assert shown == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("name", ["reports_cost", "reports_daily"])
def test_days_say_what_they_are_beside(
    name: str, variant: Variant, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(variant)
    page = reader(language).page(address(BY_PAGE[name]), **variant.query)
    headings = [html.text_of(heading) for heading in page.iter("h2")]
    place = LANGUAGES.index(language)
    titles = {
        "reports_cost": ("Cost per day", "每日成本"),
        "reports_daily": ("Daily usage", "每日用量"),
    }
    beside = (f" beside {LEGEND[0]}", f" 並列：{LEGEND[1]}")[place]
    title = titles[name][place]
    assert title + (beside if variant.before else "") in headings
