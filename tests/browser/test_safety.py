"""What callers wrote is shown as text wherever it appears: nothing of it runs in the browser."""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.core.sentences import Sentence
from stats.ingest import refusals
from stats.ingest.refusals import Refusal
from stats.models import Budget, BudgetCrossing, EndUser, Notice, TranslationJob
from stats.notices import outbox, recipients
from stats.notices.occasions import budget_crossed
from tests.browser import addresses
from tests.browser.conftest import logged_in
from tests.ledger import row, write

pytestmark = pytest.mark.django_db(transaction=True)

# Closes what it may stand in, and marks the page where it is taken for more than text.
HOSTILE = (
    """"'></script></title><img src=x onerror="document.body.id='bitten'">"""
    """<b class=bitten>{{ 7*7 }}</b>"""
)


@pytest.fixture
def hostile_ledger(analyst: Page, live_server: LiveServer) -> Page:
    """Names, endpoints, messages, a job, a currency and a refused post that would rather be markup,
    before someone who sees all of them."""
    user = EndUser.objects.create(pk=1, name=HOSTILE)
    TranslationJob.objects.create(pk=1, name=HOSTILE, user=user)
    now = datetime.now(UTC).replace(tzinfo=None)
    hostile = {"user_id": 1, "job_id": 1, "api_endpoint": HOSTILE, "created_at": now}
    write(
        row(**hostile, cost="2", prompt_price_unit="<b>USD</b>"),
        row(**hostile, cost="1"),
        row(**hostile, cost="1", success=False, error_message=HOSTILE),
    )
    refused = Refusal(HOSTILE[:40], "prefix", 400, [("user_id", HOSTILE)], HOSTILE.encode())
    refusals.keep(refused, datetime.now(UTC))
    addresses.make_budget(HOSTILE[:40])
    tell(HOSTILE[:40])
    addresses.make_invoice(HOSTILE[:40])
    owner = User.objects.create_superuser("owner", password="s")
    return logged_in(analyst, live_server, owner)


def tell(text: str) -> None:
    """A notice that could not be sent, to a recipient that the page offers."""
    address, now = f"https://{text}/", datetime.now(UTC)
    recipients.recipient(address)
    crossing = BudgetCrossing(
        budget=Budget.objects.get(),
        period=now.date(),
        kind="spent",
        threshold=80,
        reached=8,
        amount=9,
    )
    fact = budget_crossed.fact_of(crossing, now.date(), Decimal(1), None)
    outbox.write("budget.crossed", fact, [address], now)
    failure = Sentence("No answer: %(error)s", {"error": text})
    outbox.note_failure(Notice.objects.get(), failure, now, is_final=True)


@pytest.mark.parametrize("name", addresses.of_pages())
def test_hostile_text_is_text(
    hostile_ledger: Page, live_server: LiveServer, complaints: list[str], name: str
) -> None:
    page = hostile_ledger
    page.goto(live_server.url + addresses.of_pages()[name])
    _is_unharmed(page)
    if page.locator(".plot").count():
        page.locator(".days a:visible").last.hover()
        expect(page.locator(".chart-tip")).to_be_visible()
    for menu in page.locator(".bar details").all():
        menu.evaluate("menu => { menu.open = true; }")
    _is_unharmed(page)
    assert complaints == []


def test_a_hostile_filter_is_text(hostile_ledger: Page, live_server: LiveServer) -> None:
    page = hostile_ledger
    page.goto(f"{live_server.url}/admin/reports/users/")
    page.locator(".filter summary").click()
    page.get_by_label("Endpoint").fill(HOSTILE)
    page.locator(".field-user_id .select2-search__field").fill("onerror")
    page.locator(".select2-results__option", has_text="onerror").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chips li")).to_have_count(2)
    expect(page.locator(".chips")).to_contain_text(HOSTILE)
    assert HOSTILE in page.title()
    _is_unharmed(page)


def test_a_hostile_parameter_is_text(
    hostile_ledger: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    page = hostile_ledger
    query = urlencode({"success": HOSTILE, HOSTILE: 1})
    page.goto(f"{live_server.url}/admin/?{query}")
    expect(page.get_by_role("alert")).to_contain_text(HOSTILE)
    _is_unharmed(page)
    # The browser says of itself that the answer is a 400.
    complaints.clear()


def _is_unharmed(page: Page) -> None:
    expect(page.locator(".bitten, #bitten, img[src=x]")).to_have_count(0)
    assert "49" not in page.locator("h1").inner_text()
