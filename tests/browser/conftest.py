"""The browser, someone who looks through it, and something to look at."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page, Request
from pytest_django.live_server_helper import LiveServer

from stats.accounts import keys, roles
from tests.browser import addresses, chromium, looks
from tests.ledger import row, write


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How pytest-playwright is to start the browser."""
    try:
        return chromium.launch_arguments()
    except chromium.ChromiumMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", autouse=True)
def allow_async_unsafe() -> Iterator[None]:
    """Playwright's event loop runs in the test's thread, where Django would refuse the ORM."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(autouse=True)
def cookies_without_https(settings: Any) -> None:
    """The server of the tests speaks HTTP, over which a browser takes no `__Host-` cookie."""
    settings.SESSION_COOKIE_NAME = "sessionid"
    settings.CSRF_COOKIE_NAME = "csrftoken"


@pytest.fixture(params=looks.LOOKS, ids=lambda look: look.name)
def look(request: pytest.FixtureRequest, page: Page) -> looks.Look:
    """Each in which a story is walked."""
    one: looks.Look = request.param
    one.put_on(page)
    return one


@pytest.fixture
def complaints(page: Page, live_server: LiveServer) -> Iterator[list[str]]:
    """What the browser has to say against the pages of the test, and what they ask of other hosts:
    nothing, in the end."""
    found: list[str] = []
    own = urlsplit(live_server.url).netloc

    def look(request: Request) -> None:
        there = urlsplit(request.url)
        if there.netloc != own and there.scheme not in ("data", "blob"):
            found.append(f"asked another host: {request.url}")

    def missed(request: Request) -> None:
        # One that was left for the next page is no failure.
        if request.failure != "net::ERR_ABORTED":
            found.append(f"{request.url}: {request.failure}")

    def hear(message: ConsoleMessage) -> None:
        # Of Django's own form for an account, now and then, where axe was quicker than its focus.
        if not message.text.startswith("Autofocus processing was blocked"):
            found.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", look)
    page.on("requestfailed", missed)
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
    addresses.make_budget("All of us")
    addresses.make_invoice("All of us")


@pytest.fixture
def analyst(page: Page, live_server: LiveServer, complaints: list[str]) -> Page:
    """A window of an analyst who has logged in, looking at nothing yet."""
    # A test with transactions empties the tables, and with them the roles.
    roles.create_roles("default")
    user = User.objects.create_user("analyst", password="secret", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.ANALYSTS))
    return logged_in(page, live_server, user)


def logged_in(page: Page, live_server: LiveServer, user: User) -> Page:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return page


@pytest.fixture
def visitor(analyst: Page, ledger: None) -> Page:
    """The analyst, with something to look at."""
    keys.create("translator", ["record"], None, datetime.now(UTC))
    return analyst


def violations(page: Page) -> dict[str, list[str]]:
    """Per rule of axe the elements that break it."""
    found = Axe().run(page).response["violations"]
    return {rule["id"]: [node["html"] for node in rule["nodes"]] for rule in found}
