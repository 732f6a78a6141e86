"""Every page there is, for everybody: no complaint of the browser or of axe, in light and dark, in
both languages, on any width, and all of it by keyboard."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.accounts.roles import SEE_USAGE
from stats.admin.pages import PAGES
from stats.admin.pages.base import ReportPage
from stats.models import APIUsageStats
from tests.browser import addresses
from tests.browser.conftest import logged_in, violations
from tests.browser.looks import fits

pytestmark = pytest.mark.django_db(transaction=True)

STOCK_PAGES = (*addresses.of_stock_pages(), "stats_apiusagestats_change", "login")
ALL_PAGES = (*addresses.of_pages(), *STOCK_PAGES)
# Those that an analyst sees.
REPORTS = [
    page.name for page in PAGES if issubclass(page, ReportPage) and page.permission == SEE_USAGE
]
FILTERED = [
    page.name
    for page in PAGES
    if page.name in REPORTS and issubclass(page, ReportPage) and "success" not in page.fixed_filters
]
SCHEMES = ("light", "dark")
# Fields that reach beyond the window, or what hides the rest of them and cannot be scrolled.
CUT = """
() => [...document.querySelectorAll("input, select, textarea, button")].filter((field) => {
    const place = field.getBoundingClientRect();
    if (place.width <= 1 || !field.checkVisibility({visibilityProperty: true})) {
        return false;
    }
    let right = document.documentElement.clientWidth;
    for (let one = field.parentElement; one; one = one.parentElement) {
        const overflow = getComputedStyle(one).overflowX;
        if (overflow === "auto" || overflow === "scroll") {
            return false;
        }
        if (overflow === "hidden" || overflow === "clip") {
            right = Math.min(right, one.getBoundingClientRect().right);
        }
    }
    return place.right > right + 0.5;
}).map((field) => field.name || field.textContent.trim())
"""
# Short words of tables that go on in a second line.
BROKEN = """
() => {
    const found = [];
    for (const cell of document.querySelectorAll("#content table :is(th, td)")) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const words = texts.currentNode.data.matchAll(/(?<![^ ])[A-Za-z]{2,14}(?![^ ])/g);
            for (const word of words) {
                const range = document.createRange();
                range.setStart(texts.currentNode, word.index);
                range.setEnd(texts.currentNode, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1) {
                    found.push(word[0]);
                }
            }
        }
    }
    return found;
}
"""
PHONES = (360, 390)
WIDTHS = (*PHONES, 768, 1024, 1280)


def address(live_server: LiveServer, name: str) -> str:
    if name == "stats_apiusagestats_change":
        path = reverse(f"admin:{name}", args=[APIUsageStats.objects.latest("pk").pk])
    elif name == "login":
        path = reverse("admin:login")
    else:
        path = {**addresses.of_pages(), **addresses.of_stock_pages()}[name]
    return live_server.url + path


def visit(page: Page, live_server: LiveServer, name: str, language: str) -> None:
    if name == "login":
        page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": live_server.url}]
    )
    page.goto(address(live_server, name))


@pytest.fixture
def owner(visitor: Page, live_server: LiveServer) -> Page:
    """Someone who may do everything, and so sees all of every page."""
    return logged_in(visitor, live_server, User.objects.create_superuser("owner", password="s"))


@pytest.mark.parametrize("name", ALL_PAGES)
def test_nothing_stands_in_anybodys_way(
    owner: Page, live_server: LiveServer, complaints: list[str], name: str
) -> None:
    visit(owner, live_server, name, "en")
    for menu in owner.locator(".bar details, .as-table").all():
        menu.evaluate("menu => { menu.open = true; }")
    if owner.locator(".filter :is(.field-user_id, .field-job_id)").count():
        # Its fields are made when it is first opened.
        named = owner.locator(".filter .select2-container :is([aria-label=User], [aria-label=Job])")
        expect(named.first).to_be_attached()
    assert complaints == []
    for scheme in SCHEMES:
        assert violations_in(owner, scheme) == {}
    # Those that axe itself provokes are none of ours.
    complaints.clear()
    _fits_every_width(owner)


def _fits_every_width(page: Page) -> None:
    """Nothing reaches beyond the window, and no short word goes on in another line."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        # Charts follow the window with the next frame.
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        assert page.evaluate(CUT) == [], width
        assert page.evaluate(BROKEN) == [], width


@pytest.mark.parametrize("name", ALL_PAGES)
def test_nor_in_chinese(
    owner: Page, live_server: LiveServer, complaints: list[str], name: str
) -> None:
    visit(owner, live_server, name, "zh-hant")
    expect(owner.locator("html")).to_have_attribute("lang", "zh-hant")
    for scheme in SCHEMES:
        assert violations_in(owner, scheme) == {}
    complaints.clear()
    _fits_every_width(owner)


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_nor_where_there_is_no_page(
    owner: Page, live_server: LiveServer, complaints: list[str], language: str
) -> None:
    """Nothing at an address, a form that is out of date, and the question before a key ends."""
    visit(owner, live_server, "stats_apikey_changelist", language)
    owner.get_by_role("link", name="translator").click()
    owner.locator("button[value=revoke]").click()
    expect(owner.locator(".facts tbody th")).to_have_text("translator")
    _reaches_everybody(owner)
    owner.goto(f"{live_server.url}/admin/nothing/")
    _reaches_everybody(owner)
    owner.goto(f"{live_server.url}/admin/password_change/")
    owner.context.clear_cookies(name="csrftoken")
    owner.locator("#logout-form button").click()
    expect(owner.locator(".panel .button")).to_have_attribute("href", "/admin/")
    _reaches_everybody(owner)
    # The browser says of itself that answers are a 404 and a 403.
    complaints.clear()


def _reaches_everybody(page: Page) -> None:
    for scheme in SCHEMES:
        assert violations_in(page, scheme) == {}
    _fits_every_width(page)


def violations_in(page: Page, scheme: str) -> dict[str, list[str]]:
    """In light or in dark, when the colours have come to rest."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    return violations(page)


@pytest.mark.parametrize("name", FILTERED)
def test_a_filter_is_announced(
    visitor: Page, live_server: LiveServer, complaints: list[str], name: str
) -> None:
    visitor.goto(addresses.under(address(live_server, name), "success=true"))
    assert "Result succeeded" in visitor.title()
    visitor.goto(addresses.under(address(live_server, name), "success=banana"))
    assert visitor.title().startswith("Error:")
    expect(visitor.get_by_role("alert")).to_contain_text("success")
    # The browser says of itself that the answer is a 400.
    complaints.clear()


def test_filters_are_moved_and_never_the_page(visitor: Page, live_server: LiveServer) -> None:
    """The unseen names of filters that are out of sight make a phone's page no wider."""
    visitor.set_viewport_size({"width": 390, "height": 844})
    filters = "user_id=3&api_endpoint=/chat-messages&currency=USD"
    visitor.goto(addresses.under(address(live_server, "reports_compare"), filters))
    assert visitor.locator(".chips li").count() == 5
    fits(visitor)


# Remembers what a live region was filled with after it was there.
LISTEN = """
document.addEventListener("readystatechange", () => {
    if (document.readyState === "interactive") {
        new MutationObserver((records) => {
            const region = records.map((one) => one.target).find((one) => one.role === "status");
            window.readOut ??= region?.textContent;
        }).observe(document, {childList: true, subtree: true});
    }
});
"""


RESULTS = {
    "index": "calls counted",
    "reports_user": "Rank 1 of 3",
    "reports_users": "The first accounts for",
    "reports_job": "calls counted",
    "reports_endpoints": "120 calls, 100\u202f% succeeded",
    "reports_endpoint": "calls counted",
    "reports_groups": "120 calls, 100\u202f% succeeded",
    "reports_compare": "80 calls, 100\u202f% succeeded",
    "reports_jobs": "120 calls, 100\u202f% succeeded",
    "reports_daily": "120 calls, 100\u202f% succeeded",
    "reports_months": "120 calls, 100\u202f% succeeded",
    "reports_cost": "No comparison: the ledger begins on",
    "reports_changes": "Nothing to compare with yet",
    "reports_errors": "All 120 calls succeeded.",
    "stats_apiusagestats_changelist": "120 calls",
}


@pytest.mark.parametrize("name", FILTERED)
def test_the_result_is_read_out(visitor: Page, live_server: LiveServer, name: str) -> None:
    visitor.add_init_script(LISTEN)
    visitor.goto(addresses.under(address(live_server, name), "period=90d&success=true"))
    visitor.wait_for_function("() => window.readOut", timeout=5_000)
    assert RESULTS[name] in visitor.evaluate("window.readOut")
    if name in addresses.CHOSEN:
        # It always has a filter.
        return
    visitor.goto(addresses.under(address(live_server, name), "period=90d"))
    assert visitor.evaluate("window.readOut") is None


@pytest.mark.parametrize("name", REPORTS)
def test_each_chart_has_its_sentence_and_its_table(
    visitor: Page, live_server: LiveServer, name: str
) -> None:
    visitor.goto(addresses.under(address(live_server, name), "period=30d"))
    drawings = visitor.locator(".drawing:visible")
    for drawing in drawings.all():
        assert "Highest: " in (drawing.get_attribute("aria-label") or "")
    if drawings.count():
        days = visitor.locator("main tbody th a[href*='created_at']")
        assert days.count() >= 20


def test_all_of_the_overview_by_keyboard(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{live_server.url}/admin/?success=true&period=30d")
    visitor.locator(".as-table").evaluate("menu => { menu.open = true; }")
    seen = list(_tabbed(visitor))
    assert [name for name, _address, outline in seen if outline == "none"] == []
    order = [name for name, _address, _outline in seen]
    wanted = [
        "Skip to main content", "Overview", "30 days", "Previous period", "Filter", "Export",
        "Calls", "Show as table", "number 1",
    ]  # fmt: skip
    places = [order.index(name) for name in wanted]
    assert places == sorted(places)
    # Each day is one stop, in the chart's table: its bars are none.
    days = [address for _name, address, _outline in seen if "created_at_after=" in address]
    assert len(days) == len(set(days)) >= 20
    assert not visitor.evaluate("[...document.querySelectorAll('.days a')].some(day => day.seen)")


def _tabbed(page: Page) -> list[tuple[str, str, str]]:
    """What Tab comes by, until it begins again: its name, its address, and the style of its
    outline."""
    found: list[tuple[str, str, str]] = []
    while True:
        page.keyboard.press("Tab")
        name, address, outline, again = page.evaluate(
            """() => {
                const there = document.activeElement;
                const again = there === document.body || there.seen;
                there.seen = true;
                const name = there.getAttribute("aria-label") || there.innerText || there.id;
                const outline = getComputedStyle(there).outlineStyle;
                return [name.trim(), there.href || "", outline, Boolean(again)];
            }"""
        )
        if again:
            return found
        found.append((name, address, outline))


@pytest.mark.parametrize("button", [".period summary", ".filter summary", ".export summary"])
def test_a_menu_opens_and_closes_by_keyboard(
    visitor: Page, live_server: LiveServer, button: str
) -> None:
    visitor.goto(f"{live_server.url}/admin/")
    summary = visitor.locator(button)
    summary.press("Enter")
    dropdown = visitor.locator(".menu-button[open] .dropdown")
    expect(dropdown).to_be_visible()
    visitor.keyboard.press("Tab")
    assert dropdown.evaluate("menu => menu.contains(document.activeElement)")
    visitor.keyboard.press("Escape")
    expect(dropdown).to_have_count(0)
    expect(summary).to_be_focused()
