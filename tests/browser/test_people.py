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
from tests.browser.looks import Look, fits

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "staple the battery"


@pytest.fixture
def owner(visitor: Page, live_server: LiveServer) -> Page:
    return logged_in(visitor, live_server, User.objects.create_superuser("owner", password="s"))


def log_in(page: Page, live_server: LiveServer, name: str, password: str) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")


def test_a_new_analyst_logs_in(
    owner: Page, look: Look, browser: Browser, live_server: LiveServer
) -> None:
    owner.goto(f"{live_server.url}/admin/")
    look.choose_page(owner, "/admin/auth/user/add/")
    owner.locator("#id_username").fill("eve")
    owner.get_by_label(look.said("Analyst: sees all reports and calls, changes nothing")).check()
    owner.locator("#id_password1").fill(PASSWORD)
    owner.locator("#id_password2").fill(PASSWORD)
    owner.get_by_role("button", name=look.said("Save"), exact=True).click()
    expect(owner.get_by_text(look.said("Nothing is in the way."))).to_be_visible()
    # Nobody sets back when somebody was here.
    expect(owner.locator("[name^=last_login]")).to_have_count(0)
    fits(owner)

    with browser.new_context() as context:
        eve = context.new_page()
        look.put_on(eve)
        log_in(eve, live_server, "eve", "not the password")
        expect(eve.locator(".errornote")).to_be_visible()
        fits(eve)
        log_in(eve, live_server, "eve", PASSWORD)
        expect(eve).to_have_url(re.compile("/admin/$"))
        expect(eve.get_by_role("heading", level=1)).to_contain_text(look.said("Overview"))
        expect(eve.locator("a[href^='/admin/reports/users/']").first).to_be_attached()
        expect(eve.locator("a[href^='/admin/auth/user/']")).to_have_count(0)

    # Who made it stands on the page of changes.
    look.choose_page(owner, "/admin/reports/history/")
    row = owner.locator("table[data-table=history] tbody tr")
    expect(row).to_have_count(1)
    for words in ("eve", look.said("account").capitalize(), "Usage analysts", "owner"):
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
    fits(page)
    # Those that axe itself provokes are none of ours.
    complaints.clear()


def test_a_forgotten_password(
    visitor: Page,
    look: Look,
    live_server: LiveServer,
    settings: Any,
    complaints: list[str],
) -> None:
    settings.MAIL_IS_SET_UP, settings.SITE_URL = True, live_server.url
    User.objects.create_user("eve", "eve@example.com", "forgotten", is_staff=True)
    visitor.context.clear_cookies(name="sessionid")
    visitor.goto(f"{live_server.url}/admin/login/")
    reaches_everybody(visitor, complaints)
    visitor.get_by_role("link", name=look.said("Forgotten your password?")).click()
    reaches_everybody(visitor, complaints)
    visitor.locator("#id_email").fill("eve@example.com")
    visitor.locator("#id_email").press("Enter")
    expect(visitor).to_have_url(re.compile("/password_reset/done/$"))
    fits(visitor)
    for thread in threading.enumerate():
        if thread.name == "password mail":
            thread.join(10)
    [message] = mail.outbox
    [link] = re.findall(r"http\S+", str(message.body))[1:]
    visitor.goto(link)
    reaches_everybody(visitor, complaints)
    visitor.locator("#id_new_password1").fill(PASSWORD)
    visitor.locator("#id_new_password2").fill(PASSWORD)
    visitor.locator("#id_new_password2").press("Enter")
    expect(visitor).to_have_url(re.compile("/password_reset/complete/$"))
    log_in(visitor, live_server, "eve", PASSWORD)
    no_role = look.said("Your account %(name)s has no role here yet.") % {"name": "eve"}
    expect(visitor.get_by_text(no_role)).to_be_visible()
    visitor.wait_for_load_state("networkidle")
    # The browser says of itself that the answer is a 403.
    complaints.clear()
