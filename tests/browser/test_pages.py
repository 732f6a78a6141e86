"""The admin in a real browser: charts drawn, nothing to complain about, numbers that lead on."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats import keys, roles
from tests.ledger import row, write

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {
    "overview": "/admin/",
    "users": "/admin/reports/users/",
    "user": "/admin/reports/users/1/",
    "endpoints": "/admin/reports/endpoints/",
    "job": "/admin/reports/jobs/1/",
    "changes": "/admin/reports/changes/",
    "daily": "/admin/reports/daily/",
    "cost": "/admin/reports/cost/",
    "errors": "/admin/reports/errors/",
    "calls": "/admin/stats/apiusagestats/",
    "call": "/admin/stats/apiusagestats/{call}/change/",
    "keys": "/admin/stats/apikey/",
    "people": "/admin/stats/enduser/",
}
# Django's own, whose Chinese is Django's.
STOCK_PAGES = ("call", "keys", "people")


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser has to say against the pages of the test: nothing, in the end."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(request.url))
    yield found
    assert found == []


@pytest.fixture
def ledger() -> None:
    """Some weeks of calls of three users until just now."""
    now = datetime.now(UTC).replace(tzinfo=None)
    times = [now - timedelta(hours=7 * n) for n in range(120)]
    write(
        *(
            row(user_id=1 + n % 3, job_id=n % 2 or None, cost=str(1 + n % 5), created_at=time)
            for n, time in enumerate(times)
        ),
        row(user_id=1, success=False, error_message="504: upstream timed out", created_at=now),
    )


@pytest.fixture
def visitor(page: Page, live_server: LiveServer, ledger: None, complaints: list[str]) -> Page:
    """An analyst who has logged in, looking at nothing yet."""
    # A test with transactions empties the tables, and with them the roles.
    roles.create_roles("default")
    user = User.objects.create_user("analyst", password="secret", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.ANALYSTS))
    keys.create("translator", ["record"], None, datetime.now(UTC))
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return page


def address(live_server: LiveServer, name: str) -> str:
    from stats.models import APIUsageStats

    return live_server.url + PAGES[name].format(call=APIUsageStats.objects.latest("pk").pk)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_stands_in_anybodys_way(
    visitor: Page, live_server: LiveServer, complaints: list[str], name: str, scheme: str
) -> None:
    visitor.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visitor.goto(address(live_server, name))
    for menu in visitor.locator(".bar details, .as-table").all():
        menu.evaluate("menu => { menu.open = true; }")
    assert complaints == []
    assert violations(visitor) == {}
    # Those that axe itself provokes are none of ours.
    complaints.clear()


@pytest.mark.parametrize("language", ["zh-hant"])
@pytest.mark.parametrize("name", [name for name in PAGES if name not in STOCK_PAGES])
def test_nor_in_chinese(visitor: Page, live_server: LiveServer, name: str, language: str) -> None:
    visitor.context.add_cookies(
        [{"name": "django_language", "value": language, "url": live_server.url}]
    )
    visitor.goto(address(live_server, name))
    expect(visitor.locator("html")).to_have_attribute("lang", "zh-hant")
    assert violations(visitor) == {}


def violations(page: Page) -> dict[str, list[str]]:
    """Per rule of axe the elements that break it."""
    found = Axe().run(page).response["violations"]
    return {rule["id"]: [node["html"] for node in rule["nodes"]] for rule in found}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chart_is_drawn(visitor: Page, live_server: LiveServer, scheme: str) -> None:
    visitor.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visitor.goto(address(live_server, "overview"))
    expect(visitor.locator("[data-chart]")).to_have_attribute("data-drawn", "cost")
    assert painted(visitor)
    visitor.get_by_role("button", name="Calls", exact=True).click()
    expect(visitor.locator("[data-chart]")).to_have_attribute("data-drawn", "calls")
    assert painted(visitor)


def painted(page: Page) -> bool:
    """Whether the visible canvas has a pixel that is not transparent."""
    return bool(
        page.locator("canvas:visible").evaluate(
            """canvas => canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data
                .some((value, index) => index % 4 === 3 && value > 0)"""
        )
    )


def test_a_change_of_theme_repaints(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "overview"))
    expect(visitor.locator("[data-chart]")).to_have_attribute("data-drawn", "cost")
    before = visitor.locator("canvas:visible").evaluate("canvas => canvas.toDataURL()")
    visitor.locator(".theme-toggle:visible").click()
    expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")
    visitor.wait_for_function(
        "before => document.querySelector('canvas').toDataURL() !== before", arg=before
    )


def test_a_name_leads_to_its_page_and_its_number_to_the_calls(
    visitor: Page, live_server: LiveServer
) -> None:
    visitor.goto(address(live_server, "users"))
    first = visitor.locator(".leaderboard tbody tr").first
    name = first.locator("th a").inner_text()
    calls = first.locator("td.number:not(.main) a")
    clicked = calls.inner_text()
    calls.click()
    expect(visitor.locator(".totals strong").first).to_have_text(clicked)
    visitor.go_back()
    visitor.locator(".leaderboard tbody th a").first.click()
    expect(visitor.locator("h1")).to_contain_text(name)
    expect(visitor.locator(".tile:nth-child(2) .figure a")).to_have_text(clicked)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("endpoints", ".leaderboard tbody td.number:not(.main) a"),
        ("errors", "tfoot td.number a"),
        ("job", ".tile:nth-child(2) .figure a"),
        ("overview", ".tile:nth-child(2) .figure a"),
        ("overview", ".ranked tbody td.number:not(.main) a"),
    ],
)
def test_a_number_leads_to_as_many_calls(
    visitor: Page, live_server: LiveServer, name: str, number: str
) -> None:
    visitor.goto(address(live_server, name))
    link = visitor.locator(number).first
    clicked = link.inner_text()
    link.click()
    expect(visitor.locator(".totals strong").first).to_have_text(clicked)


def test_what_changed_leads_to_the_user(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "changes") + "?period=7d")
    first = visitor.locator(".waterfall").first.locator("tbody tr").first
    name, cost = first.locator("th a").inner_text(), first.locator("td").nth(1).inner_text()
    first.locator("th a").click()
    expect(visitor.locator("h1")).to_contain_text(name)
    expect(visitor.locator(".tile .figure").first).to_contain_text(cost.strip())


def test_a_bar_leads_to_the_calls_of_its_day(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{live_server.url}/admin/?period=7d")
    row_of_table = visitor.locator(".as-table tbody tr").nth(3)
    clicked = row_of_table.locator("td").nth(1).text_content() or ""
    box = visitor.locator("canvas:visible").bounding_box()
    assert box is not None
    visitor.locator("canvas:visible").click(
        position={"x": box["width"] * 0.52, "y": box["height"] * 0.8}
    )
    visitor.wait_for_url("**/apiusagestats/**")
    expect(visitor.locator(".totals strong").first).to_have_text(clicked)


def test_filtering_by_a_user_found_by_name(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "overview"))
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
    visitor: Page, live_server: LiveServer, format: str, complaints: list[str]
) -> None:
    visitor.goto(address(live_server, "users") + "?user_id=1")
    visitor.get_by_text("Export", exact=True).click()
    with visitor.expect_download() as download:
        visitor.locator(".files a", has_text=format).click()
    assert re.fullmatch(rf"usage-users_\S+\.{format.lower()}", download.value.suggested_filename)
    assert download.value.path().stat().st_size > 100
    # To Chromium, what becomes a file is a page that did not open.
    assert complaints == [download.value.url]
    complaints.clear()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(
    visitor: Page, live_server: LiveServer, name: str, width: int
) -> None:
    visitor.set_viewport_size({"width": width, "height": 844})
    visitor.goto(address(live_server, name))
    assert visitor.evaluate("document.documentElement.scrollWidth") <= width


def test_a_phone_has_its_menu(visitor: Page, live_server: LiveServer) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto(address(live_server, "overview"))
    visitor.locator(".phone-menu summary").click()
    visitor.get_by_role("link", name="API calls").click()
    expect(visitor.locator("h1")).to_have_text("API calls")


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
    cells = visitor.locator(".ranked tbody tr").first
    assert "calls" in cells.locator("th").inner_text()


def test_a_contribution_leads_to_its_user(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{live_server.url}/admin/?period=7d")
    first = visitor.locator(".largest tbody th a").first
    name = first.inner_text()
    first.click()
    expect(visitor.locator("h1")).to_contain_text(name)
    visitor.go_back()
    visitor.get_by_role("link", name="Explain the difference").click()
    expect(visitor.locator(".waterfall").first.locator("tbody th a").first).to_have_text(name)


def test_a_cost_leads_to_the_calls_that_make_it(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(address(live_server, "users"))
    cost = visitor.locator(".leaderboard tbody tr").first.locator("td.main a")
    clicked = cost.inner_text().strip()
    cost.click()
    expect(visitor.locator(".totals strong").nth(1)).to_have_text(f"USD\N{NO-BREAK SPACE}{clicked}")


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
    for figure in (".tiles", "canvas >> nth=0", ".largest td.step svg >> nth=0"):
        expect(visitor.locator(figure)).to_be_visible()
