"""The page to try the API on: works under the strict policy, and asks nobody else."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from stats.models import APIKey, APIUsageStats, EndUser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser has to say against the page: errors, and requests to elsewhere."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if bad(message.type) else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("requestfailed", lambda request: found.append(request.url))
    return found


def bad(kind: str) -> bool:
    return kind in ("error", "warning")


def test_a_call_can_be_posted(page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    EndUser.objects.create(pk=1, name="Ann")
    _key, text = APIKey.objects.create_key(name="translator", may_record=True)
    page.goto(f"{live_server.url}/api/v1/docs/")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("Value:").first.fill(f"Api-Key {text}")
    page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close").last.click()

    operation = page.locator("#operations-calls-record_call")
    operation.get_by_role("button", name="POST /api/v1/calls Record a call", exact=True).click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill('{"user_id": 1, "api_endpoint": "/chat-messages"}')
    operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table .response-col_status").last
    expect(status).to_contain_text("201")
    assert APIUsageStats.objects.get().api_endpoint == "/chat-messages"
    assert complaints == []
