"""Everything leads on and ties out: the number clicked is the total arrived at, link by link."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import starmap

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.ledger import in_zones, row, write
from tests.oracle import Zones

pytestmark = pytest.mark.django_db(transaction=True)

# A Tuesday afternoon in Taipei, in the middle of a month.
NOW = datetime(2026, 11, 24, 7, 42, tzinfo=UTC)
# Where a total is arrived at: in the list of calls, or on the page of one.
CALLS, USD, RMB = (
    ".totals strong >> nth=0",
    ".totals strong:text('USD')",
    ".totals strong:text('RMB')",
)
CALLS_TILE, CHANGE_TILE = ".tile:nth-child(2) .figure", ".tile .change >> nth=0"


@dataclass(frozen=True)
class Link:
    """A kind of link: on `page`, in each `row`, the first `link`; within the row the `number` that
    it stands for, and what has to be the same where it leads, the `total`. Without a `link` the row
    is the link, without a `number` the link shows it."""

    page: str
    row: str
    link: str
    number: str
    total: str


LINKS = {
    "calls": Link("/admin/", ".tiles", ".tile:nth-child(2) a", "", CALLS),
    "cost in USD": Link("/admin/", ".tiles", ".wide a.exact:has-text('USD')", "", USD),
    "cost in RMB": Link("/admin/", ".tiles", ".wide a.exact:has-text('RMB')", "", RMB),
    "difference of a currency": Link(
        "/admin/", ".tiles", ".wide a.change >> nth=0", "", "tfoot >> nth=0 >> td.main"
    ),
    "failures": Link("/admin/", ".tiles", ".tile .failure", "", CALLS),
    "active users": Link("/admin/", ".tiles", ".tile:nth-child(6) a", "", ".leaderboard tfoot th"),
    "worth a look": Link("/admin/", ".attention a", "", "", CALLS),
    "day of the chart": Link(
        "/admin/", ".as-table tbody tr:not(:has(td:nth-child(4):text-is('0')))", "a",
        "td:nth-child(4)", CALLS,
    ),
    "user": Link(
        "/admin/", ".ranked:has-text('Users') tbody tr", "th a", "td >> nth=0",
        CALLS_TILE,
    ),
    "calls of a user": Link(
        "/admin/", ".ranked:has-text('Users') tbody tr", "td >> nth=0 >> a", "td >> nth=0", CALLS
    ),
    "cost of a user": Link("/admin/", ".ranked:has-text('Users') tbody tr", "td.main a", "", USD),
    "calls of an endpoint": Link(
        "/admin/", ".ranked:has-text('Endpoints') tbody tr", "th a", "td >> nth=0", CALLS_TILE
    ),
    "cost of an endpoint": Link(
        "/admin/", ".ranked:has-text('Endpoints') tbody tr", "td.main a", "", USD
    ),
    "not in the costs": Link("/admin/", ".excluded a", "", "", CALLS),
    "contribution": Link("/admin/", ".largest tbody tr:has(a)", "a", "td.number", CHANGE_TILE),
    "whole difference": Link(
        "/admin/", ".largest", ".foot a", "tfoot td.number", "tfoot >> nth=0 >> td.main"
    ),
    "user of the leaderboard": Link(
        "/admin/reports/users/?ranked_in=USD", ".leaderboard tbody tr:not(.gone)", "th a",
        "td.number:not(.main) a", CALLS_TILE,
    ),
    "failures of the leaderboard": Link(
        "/admin/reports/users/?rank=failures", ".leaderboard tr:has(td.main a)", "td.main a", "",
        CALLS,
    ),
    "failures of an endpoint": Link(
        "/admin/reports/endpoints/?rank=failures", ".leaderboard tr:has(td.main a)", "td.main a",
        "", CALLS,
    ),
    "cost of the leaderboard": Link(
        "/admin/reports/users/?ranked_in=RMB", ".leaderboard tbody tr:not(.gone)", "td.main a",
        "", RMB,
    ),
    "endpoint of the leaderboard": Link(
        "/admin/reports/endpoints/?rank=calls", ".leaderboard tbody tr:not(.gone)", "th a",
        "td.main", CALLS_TILE,
    ),
    "contribution, explained": Link(
        "/admin/reports/changes/?ranked_in=USD", ".waterfall >> nth=0 >> tbody tr:has(a)", "a",
        "td.main", CHANGE_TILE,
    ),
    "job": Link(
        "/admin/reports/users/1/", ".ranked:has-text('Jobs') tr:has(th a)", "th a", "td >> nth=0",
        CALLS_TILE,
    ),
    "calls of a job": Link(
        "/admin/reports/users/1/", ".ranked:has-text('Jobs') tr:has(th a)", "td a", "", CALLS
    ),
    "calls of a user of a job": Link(
        "/admin/reports/jobs/1/", ".ranked tbody tr", "td a", "", CALLS
    ),
    "day": Link(
        "/admin/reports/daily/", "tbody tr:not(:has(td:nth-child(2):text-is('0')))", "a",
        "td >> nth=0", CALLS,
    ),
    "calls of a day": Link(
        "/admin/reports/daily/", "tbody tr:has(td:nth-child(2) a)", "td:nth-child(2) a", "", CALLS
    ),
    "successes of a day": Link(
        "/admin/reports/daily/", "tbody tr:has(td:nth-child(4) a)", "td:nth-child(4) a", "", CALLS
    ),
    "failures of all days": Link("/admin/reports/daily/", "tfoot", "td:nth-child(5) a", "", CALLS),
    "cost of all days in one currency": Link(
        "/admin/reports/daily/", "tfoot", "td.main a", "", ".totals strong >> nth=1"
    ),
    "all days": Link("/admin/reports/daily/", "tfoot tr", "a", "td >> nth=0", CALLS),
    "cost of a day": Link(
        "/admin/reports/cost/?ranked_in=USD", "tbody tr:not(:has(td.main:text-is('0')))",
        "a", "td.main", USD,
    ),
    "cost of all days": Link("/admin/reports/cost/?ranked_in=RMB", "tfoot tr", "a", "td.main", RMB),
    "failures of a kind": Link(
        "/admin/reports/errors/", "[data-table=errors] tbody tr", "td.main a", "", CALLS
    ),
    "kind of error": Link(
        "/admin/reports/errors/", "[data-table=errors] tbody tr", "th a", "td.main",
        "[data-table=users] tfoot td.main",
    ),
    "failures of a user": Link(
        "/admin/reports/errors/", "[data-table=users] tbody tr:not(.others)", "td.main a", "", CALLS
    ),
    "failures of all days of a month": Link(
        "/admin/reports/months/", "[data-table=months] tbody tr:has(td:nth-child(4) a)",
        "td:nth-child(4) a", "", CALLS,
    ),
    "cost of one beside another": Link(
        "/admin/reports/compare/?user_id=1&user_id=2", "[data-table=compared] tbody tr",
        "td.main a", "", USD,
    ),
    "latest errors": Link("/admin/", ".ranked a.about", "", "", "tfoot td.number"),
    "all errors": Link("/admin/reports/errors/", "[data-table=errors] tfoot", "a", "", CALLS),
    "failed calls": Link("/admin/stats/apiusagestats/", ".totals .failure", "", "", CALLS),
    "without a filter": Link(
        "/admin/?api_endpoint=/images", ".empty li a", "", "", CALLS_TILE
    ),
}  # fmt: skip
PERIODS = {"this month": "", "as billed": "period=this_month_utc"}


@pytest.fixture
def far_from_utc(analyst: Page) -> Iterator[Page]:
    """Two currencies, a month that is partly over, and calls beside midnight in Taipei."""
    with in_zones(Zones("Asia/Taipei", "UTC")), time_machine.travel(NOW, tick=False):
        write(*_calls())
        yield analyst


def _calls() -> Iterator[dict[str, object]]:
    moments = [
        datetime(2026, month, day, *clock)
        for month in (10, 11)
        for day in (1, 2, 9, 23)
        for clock in ((3, 0), (15, 59, 59), (16, 0))
    ]
    # November in Taipei, October in UTC; and of today.
    moments += [datetime(2026, 10, 31, 16, 30), datetime(2026, 11, 24, 7, 41, 59)]
    for n, moment in enumerate(moments):
        yield row(
            user_id=1 + n % 3,
            job_id=1 + n % 2 if n % 3 == 0 else None,
            api_endpoint=("/chat-messages", "/workflows/run")[n % 5 == 0],
            cost=f"{1 + n}.{n:04}",
            prompt_price_unit=("USD", "RMB")[n % 4 == 3],
            created_at=moment,
        )
        yield row(user_id=1, job_id=1, cost="0.0001", created_at=moment)
    for values in (
        {"success": False, "error_message": "504: upstream timed out", "cost": "0"},
        {"success": None, "error_message": "429", "cost": "0.5"},
        {"cost": None, "prompt_unit_price": None},
        {"cost": "0", "prompt_unit_price": "0.001"},
        {"cost": None, "total_tokens": 0, "prompt_tokens": 0, "completion_tokens": 0},
    ):
        yield row(user_id=2, job_id=2, created_at=datetime(2026, 11, 5, 16, 0), **values)


@pytest.mark.parametrize("query", PERIODS.values(), ids=PERIODS)
def test_the_number_clicked_is_the_total_arrived_at(
    far_from_utc: Page, live_server: LiveServer, query: str
) -> None:
    seen: dict[str, list[tuple[Decimal, Decimal]]] = {name: [] for name in LINKS}
    for name, clicked, url in list(_clicked(far_from_utc, live_server, query)):
        far_from_utc.goto(live_server.url + url)
        arrived = number(far_from_utc.locator("#content").locator(LINKS[name].total).first)
        seen[name].append((clicked, arrived))
    assert {name: pairs for name, pairs in seen.items() if not all(starmap(agree, pairs))} == {}
    assert [name for name, pairs in seen.items() if not pairs] == []


def _clicked(page: Page, server: LiveServer, query: str) -> Iterator[tuple[str, Decimal, str]]:
    """Of each kind of link in its first and its last row: the number, and where it leads."""
    for address in dict.fromkeys(link.page for link in LINKS.values()):
        page.goto(f"{server.url}{address}{'&' if '?' in address else '?'}{query}")
        for name, link in LINKS.items():
            rows = page.locator("#content").locator(link.row).all() if link.page == address else []
            for place in rows[:1] + rows[1:][-1:]:
                there = place.locator(link.link).first if link.link else place
                shown = place.locator(link.number).first if link.number else there
                yield name, number(shown), there.get_attribute("href") or ""


def agree(clicked: Decimal, arrived: Decimal) -> bool:
    """A column has as many decimals as its smallest amount wants: the fewer of both count."""
    step = max(Decimal(1).scaleb(int(one.as_tuple().exponent)) for one in (clicked, arrived))
    return clicked.quantize(step, ROUND_HALF_UP) == arrived.quantize(step, ROUND_HALF_UP)


def number(place: Locator) -> Decimal:
    """The first number in a text, without its sign: which way it differs is said in words."""
    found = re.search(r"\d[\d,]*(\.\d+)?", place.text_content() or "")
    assert found, place.text_content()
    return Decimal(found[0].replace(",", ""))


def test_a_press_on_a_bar_leads_to_its_day(far_from_utc: Page, live_server: LiveServer) -> None:
    far_from_utc.goto(f"{live_server.url}/admin/?period=7d&currency=USD")
    clicked = number(far_from_utc.locator(".as-table tbody tr").nth(5).locator("td").nth(1))
    far_from_utc.locator(".days a").nth(5).click()
    far_from_utc.wait_for_url("**/apiusagestats/**")
    assert number(far_from_utc.locator(CALLS)) == clicked > 0


@pytest.mark.parametrize(
    ("view", "currency", "heading", "total"),
    [
        ("Cost", "RMB", "Cost, RMB", RMB),
        ("Cost", "USD", "Cost, USD", USD),
        ("Calls", "", "Calls", CALLS),
    ],
)
def test_a_bar_of_a_currency_leads_to_the_calls_in_it(
    far_from_utc: Page, live_server: LiveServer, view: str, currency: str, heading: str, total: str
) -> None:
    page = far_from_utc
    page.goto(f"{live_server.url}/admin/?period=7d")
    headings = page.locator(".as-table thead th").all_text_contents()
    today = page.locator(".as-table tbody tr").last.locator("th, td").all()
    clicked = number(today[headings.index(heading)])
    # The pointer comes by a currency.
    page.locator(".days a").last.hover()
    page.get_by_role("button", name=view, exact=True).click()
    figure = page.locator(f"figure:visible{f':has-text({currency!r})' if currency else ''}")
    days, drawn = page.locator(".days a").last.bounding_box(), figure.bounding_box()
    assert days
    assert drawn
    page.mouse.click(days["x"] + days["width"] / 2, drawn["y"] + drawn["height"] / 2)
    page.wait_for_url("**/apiusagestats/**")
    expect(page.locator(".chips li")).to_have_text([f"Currency {currency} ×"] if currency else [])
    assert number(page.locator(total)) == clicked > 0


def test_each_period_has_the_same_calls_on_every_page(
    far_from_utc: Page, live_server: LiveServer
) -> None:
    far_from_utc.goto(f"{live_server.url}/admin/")
    links = ".page-head .presets a, .bar a.step, .bar .billed"
    periods = [link.get_attribute("href") or "" for link in far_from_utc.locator(links).all()]
    assert len(periods) == 7 + 1 + 1
    for period in periods:
        far_from_utc.goto(live_server.url + period)
        shown = number(far_from_utc.locator(CALLS_TILE))
        far_from_utc.locator(f"{CALLS_TILE} a").click()
        assert number(far_from_utc.locator(CALLS)) == shown, period
        query = period.partition("?")[2]
        far_from_utc.goto(f"{live_server.url}/admin/reports/daily/?{query}")
        assert number(far_from_utc.locator("#content tfoot td").first) == shown, period


def test_a_chip_goes_and_the_rest_stays(far_from_utc: Page, live_server: LiveServer) -> None:
    far_from_utc.goto(f"{live_server.url}/admin/stats/apiusagestats/?user_id=2&currency=USD")
    far_from_utc.get_by_role("link", name="Remove the filter Currency USD").click()
    expect(far_from_utc.locator(".chips li")).to_have_text(["User number 2 ×"])
    alone = number(far_from_utc.locator(CALLS))
    far_from_utc.goto(f"{live_server.url}/admin/reports/users/2/")
    assert number(far_from_utc.locator(CALLS_TILE)) == alone


def test_an_error_leads_to_its_call(far_from_utc: Page, live_server: LiveServer) -> None:
    far_from_utc.goto(f"{live_server.url}/admin/")
    error = far_from_utc.locator(".ranked:has-text('Latest errors') tbody a").first
    message = error.inner_text()
    error.click()
    expect(far_from_utc.locator(".field-error_message .readonly")).to_have_text(message)
