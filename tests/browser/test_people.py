"""Accounts: a new analyst, made in one form, can log in; a forgotten password is set anew."""

import re
import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import logged_in, violations

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "staple the battery"


@pytest.fixture
def owner(visitor: Page, live_server: LiveServer) -> Page:
    return logged_in(visitor, live_server, User.objects.create_superuser("owner", password="s"))


def log_in(page: Page, live_server: LiveServer, name: str, password: str) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_new_analyst_logs_in(owner: Page, browser: Browser, live_server: LiveServer) -> None:
    owner.goto(f"{live_server.url}/admin/")
    owner.locator("#nav-sidebar a[href='/admin/auth/user/add/']").click()
    owner.get_by_label("Username").fill("eve")
    owner.get_by_label("Analyst: sees all reports and calls").check()
    owner.get_by_label("Password:").fill(PASSWORD)
    owner.get_by_label("Password confirmation").fill(PASSWORD)
    owner.get_by_role("button", name="Save", exact=True).click()
    expect(owner.get_by_text("Nothing is in the way.")).to_be_visible()

    with browser.new_context() as context:
        eve = context.new_page()
        log_in(eve, live_server, "eve", "not the password")
        expect(eve.get_by_text("correct username and password")).to_be_visible()
        log_in(eve, live_server, "eve", PASSWORD)
        expect(eve).to_have_url(re.compile("/admin/$"))
        expect(eve.get_by_role("heading", level=1)).to_contain_text("Overview")
        menu = eve.locator("#nav-sidebar")
        expect(menu.get_by_role("link", name="Users", exact=True)).to_be_visible()
        expect(menu.get_by_role("link", name="Accounts", exact=True)).to_have_count(0)

    # Who made it stands on the page of changes.
    owner.locator("#nav-sidebar").get_by_role("link", name="Who changed what").click()
    row = owner.locator("table[data-table=history] tbody tr")
    expect(row).to_have_count(1)
    for words in ("eve", "Account", "Added role “Usage analysts”", "owner"):
        expect(row).to_contain_text(words)


def test_an_account_without_a_role_is_told_so(
    owner: Page, browser: Browser, live_server: LiveServer
) -> None:
    User.objects.create_user("eve", password=PASSWORD)
    with browser.new_context() as context:
        eve = context.new_page()
        log_in(eve, live_server, "eve", PASSWORD)
        expect(eve.get_by_text("This account has no role.")).to_be_visible()
    number = User.objects.get(username="eve").pk
    owner.goto(f"{live_server.url}/admin/auth/user/{number}/change/")
    expect(owner.get_by_text("This account has no role.")).to_be_visible()


def reaches_everybody(page: Page, complaints: list[str]) -> None:
    assert complaints == []
    assert violations(page) == {}
    # Those that axe itself provokes are none of ours.
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_forgotten_password(
    visitor: Page,
    live_server: LiveServer,
    settings: Any,
    complaints: list[str],
    scheme: Any,
    width: int,
) -> None:
    settings.MAIL_IS_SET_UP, settings.SITE_URL = True, live_server.url
    User.objects.create_user("eve", "eve@example.com", "forgotten", is_staff=True)
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": width, "height": 800})
    visitor.context.clear_cookies()
    visitor.goto(f"{live_server.url}/admin/login/")
    reaches_everybody(visitor, complaints)
    visitor.get_by_role("link", name="Forgotten your password?").click()
    reaches_everybody(visitor, complaints)
    visitor.get_by_label("Email address").fill("eve@example.com")
    visitor.get_by_role("button", name="Reset my password").click()
    expect(visitor.get_by_role("heading", name="Password reset sent")).to_be_visible()
    for thread in threading.enumerate():
        if thread.name == "password mail":
            thread.join(10)
    [message] = mail.outbox
    [link] = re.findall(r"http\S+", str(message.body))[1:]
    visitor.goto(link)
    reaches_everybody(visitor, complaints)
    visitor.get_by_label("New password").fill(PASSWORD)
    visitor.get_by_label("Confirm password").fill(PASSWORD)
    visitor.get_by_role("button", name="Change my password").click()
    expect(visitor.get_by_role("heading", name="Password reset complete")).to_be_visible()
    log_in(visitor, live_server, "eve", PASSWORD)
    expect(visitor.get_by_text("has no role here yet")).to_be_visible()
    # The browser says of itself that the answer is a 403.
    complaints.clear()
