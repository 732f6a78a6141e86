"""From a name to the ten most expensive calls, and a link that means the same next month."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.models import EndUser
from stats.rollups.folding import fold
from tests.browser.conftest import logged_in
from tests.browser.looks import Look, fits
from tests.ledger import in_zones, row, write
from tests.oracle import Zones

pytestmark = pytest.mark.django_db(transaction=True)

# Taipei's 30th, when it is the 29th in UTC.
THE_30TH = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
THE_2ND = datetime(2026, 12, 2, 1, 15, tzinfo=UTC)
TOTALS = ".totals strong >> nth=0"


@pytest.fixture
def clock(analyst: Page, live_server: LiveServer) -> Iterator[time_machine.Traveller]:
    """Calls of two users from July to November, seven a month each."""
    EndUser.objects.bulk_create([EndUser(id=1, name="wchen"), EndUser(id=2, name="Ann")])
    with in_zones(Zones("Asia/Taipei", "UTC")), time_machine.travel(THE_30TH, tick=False) as clock:
        write(
            *(
                row(
                    user_id=1 + n % 2,
                    cost=Decimal(1 + n * 37 % 71),
                    created_at=datetime(2026, 7 + n // 14, 2 + n % 14 * 2, 4),
                )
                for n in range(70)
            )
        )
        log_in_anew(analyst, live_server)
        yield clock


def log_in_anew(page: Page, live_server: LiveServer) -> None:
    """A session lasts hours."""
    logged_in(page, live_server, User.objects.get(username="analyst"))


def costs_of_quarter(user: int) -> list[str]:
    """Of the user's calls since October, the highest first."""
    costs = [1 + n * 37 % 71 for n in range(42, 70) if 1 + n % 2 == user]
    return [f"{cost}.00" for cost in sorted(costs, reverse=True)]


def test_the_ten_most_expensive_calls_of_a_user_this_quarter(
    clock: time_machine.Traveller, analyst: Page, look: Look, live_server: LiveServer
) -> None:
    analyst.goto(f"{live_server.url}/admin/")
    box = look.search_box(analyst)
    box.fill("WCHEN")
    box.press("Enter")
    analyst.get_by_role("link", name="wchen").click()
    fits(analyst)
    look.choose_period(analyst, "this_quarter")
    analyst.locator(".tile:nth-child(2) .figure a").click()
    most_expensive = look.said("Most expensive")
    analyst.get_by_role("link", name=most_expensive, exact=True).click()
    expect(analyst.locator(".toggle [aria-current]")).to_have_text(most_expensive)
    # What is ranked by stands out, on every screen.
    expect(analyst.locator("thead th.main")).to_contain_text("↓")
    fits(analyst)
    expect(analyst.locator(".chips")).to_contain_text("wchen")
    expect(analyst.locator(TOTALS)).to_have_text("14")
    shown = analyst.locator("tbody td.main").all_inner_texts()
    costs = [re.findall(r"\d+\.\d\d", text)[0] for text in shown]
    assert costs == costs_of_quarter(user=1)
    # And the other way from the heading.
    heading = analyst.locator("thead th.last-on-phone")
    heading.get_by_role("link").click()
    expect(heading).to_contain_text("↑")
    shown = analyst.locator("tbody td.main").all_inner_texts()
    assert [re.findall(r"\d+\.\d\d", text)[0] for text in shown] == costs[::-1]


@pytest.mark.parametrize("query", ["", "?period=7d", "?period=last_month_utc"])
def test_a_link_mailed_on_the_30th_says_the_same_on_the_2nd(
    clock: time_machine.Traveller, analyst: Page, look: Look, live_server: LiveServer, query: str
) -> None:
    analyst.context.grant_permissions(["clipboard-read", "clipboard-write"])
    analyst.goto(f"{live_server.url}/admin/{query}")
    figures = analyst.locator(".tile .figure").all_inner_texts()
    period = analyst.locator(".period summary").inner_text()
    assert figures
    analyst.locator(".period summary").click()
    fits(analyst)
    analyst.get_by_role("link", name=look.said("Copy the address with fixed dates")).click()
    expect(analyst.locator("[data-copy-address]")).to_have_text(look.said("Address copied"))
    mailed = analyst.evaluate("navigator.clipboard.readText()")
    assert "period=this" not in mailed
    clock.move_to(THE_2ND)
    log_in_anew(analyst, live_server)
    analyst.goto(f"{live_server.url}/admin/{query}")
    assert analyst.locator(".period summary").inner_text() != period
    analyst.goto(mailed)
    assert analyst.locator(".period summary").inner_text() == period
    assert analyst.locator(".tile .figure").all_inner_texts() == figures


def test_the_filter_offers_what_there_is(
    clock: time_machine.Traveller,
    analyst: Page,
    live_server: LiveServer,
    settings: Any,
) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    fold(THE_2ND)
    analyst.goto(f"{live_server.url}/admin/")
    analyst.locator(".filter summary").click()
    field = analyst.get_by_label("Endpoint")
    expect(field).to_have_attribute("list", "choices_api_endpoint")
    offered = analyst.locator("#choices_api_endpoint option")
    assert [one.get_attribute("value") for one in offered.all()] == ["/chat-messages"]
    currencies = analyst.locator("#choices_currency option")
    assert [one.get_attribute("value") for one in currencies.all()] == ["USD"]
