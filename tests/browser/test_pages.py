"""The admin in a real browser: charts drawn, nothing to complain about, numbers that lead on."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.models import EndUser, TranslationJob
from tests.browser import addresses
from tests.browser.looks import LIGHT, PHONE, Look, fits
from tests.ledger import row, write

pytestmark = pytest.mark.django_db(transaction=True)


def address(live_server: LiveServer, name: str) -> str:
    return live_server.url + addresses.of_pages()[name]


DAY = ".days a"


def test_the_toggle_shows_another_measure(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "index"))
    expect(visitor.locator("figcaption:visible")).to_contain_text("Highest: USD\u00a0")
    visitor.get_by_role("button", name="Calls", exact=True).click()
    expect(visitor.locator("figcaption:visible")).to_contain_text("calls on")
    expect(visitor.get_by_role("button", name="Calls", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(visitor.locator("[aria-pressed=true]")).to_have_count(1)


def test_bars_have_the_colour_of_the_theme(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "index"))
    bar = visitor.locator(".plot .values").first
    expect(bar).to_have_css("stroke", "rgb(58, 140, 157)")
    visitor.locator(".theme-toggle:visible").click()
    expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")
    expect(bar).to_have_css("stroke", "rgb(54, 128, 142)")


def test_the_chart_says_what_a_day_was(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{address(live_server, 'index')}?period=7d")
    day = visitor.locator(".as-table tbody tr").nth(2)
    tip = visitor.locator(".chart-tip:visible")
    expect(tip).to_have_count(0)
    visitor.locator(DAY).nth(2).hover()
    expect(tip).to_contain_text(day.locator("th").text_content() or "")
    cost = (day.locator("td").first.text_content() or "").strip("\u2007\u2008")
    expect(tip).to_contain_text(f"USD\u00a0{cost}")
    expect(tip).to_contain_text(": USD\u00a0")  # the day before's counterpart
    visitor.locator("h1").hover()
    expect(tip).to_have_count(0)


def test_the_keyboard_reaches_a_day_through_the_table(
    visitor: Page, live_server: LiveServer
) -> None:
    visitor.goto(f"{address(live_server, 'index')}?period=7d")
    link = visitor.locator(DAY).last.get_attribute("href")
    visitor.locator(".as-table summary").press("Enter")
    visitor.locator(".as-table tbody th a").last.press("Enter")
    expect(visitor).to_have_url(f"{live_server.url}{link}")


def test_what_only_the_filter_wants_is_not_fetched_before(
    visitor: Page, live_server: LiveServer
) -> None:
    fetched: list[str] = []
    visitor.on("request", lambda request: fetched.append(request.url))
    visitor.goto(address(live_server, "index"), wait_until="networkidle")
    assert any("charts.js" in url for url in fetched)
    assert [url for url in fetched if "select2" in url or "jquery" in url] == []
    visitor.locator(".filter summary").press("Enter")
    expect(visitor.get_by_role("searchbox", name="User")).to_be_visible()


def test_filtering_by_a_user_found_by_name(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "index"))
    visitor.locator(".filter summary").click()
    visitor.locator(".field-user_id .select2-search__field").fill("number 2")
    visitor.locator(".select2-results__option", has_text="number 2").click()
    visitor.get_by_role("button", name="Apply").click()
    expect(visitor.locator(".chips")).to_contain_text("number 2")
    assert re.search(r"\?user_id=2$", visitor.url)
    visitor.get_by_role("link", name="Remove the filter User number 2").click()
    expect(visitor.locator(".chips")).to_have_count(0)


@pytest.mark.parametrize("format", ["CSV", "XLSX"])
def test_the_export_menu_downloads_a_file(
    visitor: Page, live_server: LiveServer, format: str
) -> None:
    visitor.goto(address(live_server, "reports_users") + "?user_id=1")
    visitor.get_by_text("Export", exact=True).click()
    with visitor.expect_download() as download:
        visitor.locator(".files a", has_text=format).first.click()
    assert re.fullmatch(rf"usage-users_\S+\.{format.lower()}", download.value.suggested_filename)
    assert download.value.path().stat().st_size > 100


def test_a_phone_has_its_menu(visitor: Page, live_server: LiveServer) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto(address(live_server, "index"))
    visitor.locator(".phone-menu summary").click()
    visitor.get_by_role("link", name="API calls").click()
    expect(visitor.locator("h1")).to_have_text("API calls")


def test_a_comparison_cuts_no_column(visitor: Page, live_server: LiveServer) -> None:
    month = datetime.now(UTC).replace(day=1, hour=12, tzinfo=None)
    endpoints = ("/completion-messages", "/workflows/run", "/knowledge-bases/retrieve")
    write(
        *(
            row(
                api_endpoint=endpoint,
                cost=f"{1207 + n}.0612",
                response_time_ms=36_400 + n,
                created_at=month - timedelta(days=40 * before),
            )
            for n, endpoint in enumerate(endpoints)
            for before in (0, 0, 1)
        )
    )
    visitor.set_viewport_size({"width": 1280, "height": 800})
    visitor.goto(address(live_server, "reports_endpoints"))
    expect(visitor.get_by_role("columnheader", name="Change since")).to_be_visible()
    table = visitor.locator(".leaderboard .scroll")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth")


@pytest.mark.parametrize("language", ["en", "zh-hant"])
@pytest.mark.parametrize("days", [0, 200, 390, 1100, 3000])
def test_labels_below_a_chart_stand_apart_on_a_phone(
    visitor: Page, live_server: LiveServer, days: int, language: str
) -> None:
    write(row(created_at=datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)))
    visitor.context.add_cookies(
        [{"name": "django_language", "value": language, "url": live_server.url}]
    )
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto(f"{address(live_server, 'reports_months')}?period=all")
    labels = [one.bounding_box() for one in visitor.locator(".tick:visible").all()]
    assert len(labels) >= 2
    for one, next in itertools.pairwise(labels):
        assert one
        assert next
        assert one["x"] + one["width"] + 4 <= next["x"]


# Pages of users, jobs, and endpoints.
WITH_NAMES = (
    *("index", "reports_users", "reports_user", "reports_jobs", "reports_job", "reports_changes"),
    *("reports_endpoints", "reports_endpoint", "reports_compare", "reports_errors"),
)


@pytest.mark.parametrize("look", [LIGHT, PHONE], indirect=True, ids=lambda look: look.name)
def test_a_name_without_blanks_stays_in_its_cell(
    visitor: Page, look: Look, live_server: LiveServer
) -> None:
    long = "Wolframkarbidfräser" * 8
    EndUser.objects.filter(pk=1).update(name=long)
    TranslationJob.objects.filter(pk=1).update(name=long)
    now = datetime.now(UTC).replace(tzinfo=None)
    write(row(user_id=1, job_id=1, api_endpoint=f"/{long}", success=False, created_at=now))
    # Of all links in tables those that are wider than their cell, which would cover its neighbours.
    wider = """() => [...document.querySelectorAll("#content :is(td, th) > a")].filter((link) => {
        const cell = link.parentElement;
        return getComputedStyle(cell).overflowX === "visible"
            && link.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1;
    }).map((link) => link.textContent)"""
    for name in WITH_NAMES:
        visitor.goto(address(live_server, name))
        assert visitor.evaluate(wider) == [], name
        fits(visitor)


# ── the overview at a glance ────────────────────────────────────────────────────────────────────


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


def test_the_first_screen_tells_what_changed(visitor: Page, live_server: LiveServer) -> None:
    visitor.set_viewport_size({"width": 1280, "height": 800})
    visitor.goto(f"{live_server.url}/admin/?period=7d")
    for panel in (".tiles", ".chart", ".largest"):
        assert bottom(visitor, panel) <= 800, panel


@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_begins_with_figures_and_the_chart(
    visitor: Page, live_server: LiveServer, width: int
) -> None:
    visitor.set_viewport_size({"width": width, "height": 844})
    visitor.goto(f"{live_server.url}/admin/?period=7d&currency=USD")
    bar = visitor.locator(".bar").bounding_box()
    assert bar is not None
    assert bar["height"] <= 44  # period and chips in one line
    assert top(visitor, ".chart") < 560
    assert top(visitor, ".chart") < top(visitor, ".largest") < top(visitor, ".ranked >> nth=0")
    # How many of a user's calls succeeded is not asked here.
    lines = visitor.locator(".ranked tbody tr").first.locator("th").inner_text().splitlines()
    assert [bool(line) for line in lines] == [True, True]
    assert re.fullmatch(r"\d+ calls", lines[1].strip())


@pytest.mark.parametrize("width", [360, 768, 1024, 1280])
def test_amounts_of_two_currencies_stay_in_their_tile(
    visitor: Page, live_server: LiveServer, width: int
) -> None:
    write(
        row(
            cost="1234.5",
            prompt_price_unit="RMB",
            created_at=datetime.now(UTC).replace(tzinfo=None),
        ),
        *(
            row(cost="987654.5", prompt_price_unit="RMB", created_at=day)
            # A call costs no more.
            for _call in range(8)
            for day in (
                datetime.now(UTC).replace(tzinfo=None),
                datetime.now(UTC).replace(tzinfo=None) - timedelta(days=8),
            )
        ),
    )
    visitor.set_viewport_size({"width": width, "height": 844})
    visitor.goto(f"{live_server.url}/admin/?period=7d")
    figures = visitor.locator(".tile .figure")
    expect(figures.filter(has_text="RMB")).to_have_count(1)
    for figure in figures.all():
        assert figure.evaluate("one => one.scrollWidth <= one.clientWidth"), figure.inner_text()
    # Beside the figure or below it stands its change.
    expect(figures.filter(has_text="RMB").locator(".change")).to_have_count(1)


def test_a_bound_has_its_name_on_a_phone(visitor: Page, live_server: LiveServer) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto(f"{live_server.url}/admin/?response_time_ms_max=30000&cost_min=0.5&success=true")
    for text in ("Response time up to", "Cost from", "Result"):
        name = visitor.locator(".chips li > span", has_text=text)
        expect(name).to_be_in_viewport(ratio=1)
        assert name.evaluate("name => name.scrollWidth <= name.clientWidth"), text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_whatever_the_screen(
    visitor: Page, live_server: LiveServer, scheme: str
) -> None:
    visitor.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    visitor.goto(f"{live_server.url}/admin/")
    colour = "heading => getComputedStyle(heading).color"
    for theme in ("auto", "dark", "light"):
        visitor.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert visitor.locator("h1").evaluate(colour) == "rgb(13, 19, 23)", theme


@pytest.mark.parametrize("act", ["hover", "focus"])
def test_the_exact_amount_shows(visitor: Page, live_server: LiveServer, act: str) -> None:
    write(row(user_id=1, cost="0.1234"))
    write(row(user_id=1, cost="0.1234", created_at=datetime.now(UTC).replace(tzinfo=None)))
    visitor.goto(f"{live_server.url}/admin/?period=today")
    amount = visitor.locator(".tile .exact").first
    shown = "amount => getComputedStyle(amount, '::after').content"
    assert amount.evaluate(shown) == "none"
    getattr(amount, act)()
    assert re.fullmatch(r'"USD [\d,]+\.\d{4}"', amount.evaluate(shown))


def test_on_paper_there_is_nothing_to_press(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{live_server.url}/admin/?period=7d")
    visitor.emulate_media(media="print")
    for control in ("#nav-sidebar", "#header", ".toggle", ".filter", ".bar .step"):
        expect(visitor.locator(control).first).to_be_hidden()
    for figure in (".tiles", ".plot >> nth=0", ".largest td.step svg >> nth=0"):
        expect(visitor.locator(figure)).to_be_visible()
    visitor.goto(f"{live_server.url}/admin/stats/apiusagestats/?period=all")
    expect(visitor.locator(".pager p")).to_be_visible()
    expect(visitor.locator(".pager a")).to_be_hidden()
