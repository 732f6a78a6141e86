"""`make screenshots`: pictures of all pages into docs/screenshots/, and the page that shows them.

Demo data of a fixed seed under a clock that stands: the same pages each time.
"""

import json
import logging
import os
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.databases import TEST_ENVIRONMENT

FOLDER = tempfile.TemporaryDirectory()
os.environ.update(
    TEST_ENVIRONMENT,
    DEBUG="1",
    ALLOWED_HOSTS="localhost",
    TIME_ZONE="Asia/Taipei",
    DATABASE_URL=f"sqlite:///{FOLDER.name}/ledger.sqlite3",
    DJANGO_SETTINGS_MODULE="tests.settings",
    # Playwright's event loop runs in this thread, where Django would refuse the ORM.
    DJANGO_ALLOW_ASYNC_UNSAFE="true",
)

import django  # noqa: E402

django.setup()

import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from stats.accounts import keys  # noqa: E402
from stats.budgets.periods import period_at  # noqa: E402
from stats.budgets.setting import Terms, Whose, set_budget  # noqa: E402
from stats.closings import reopening  # noqa: E402
from stats.closings.chain import Signer  # noqa: E402
from stats.core.sentences import Sentence  # noqa: E402
from stats.ingest import refusals  # noqa: E402
from stats.ingest.refusals import Refusal  # noqa: E402
from stats.models import (  # noqa: E402
    APIUsageStats,
    BudgetCrossing,
    DemoRows,
    EndUser,
    Notice,
    TranslationJob,
)
from stats.notices import outbox, recipients  # noqa: E402
from stats.notices.occasions import budget_crossed  # noqa: E402
from tests.browser import addresses, chromium  # noqa: E402
from tests.browser.looks import LIGHT, LOOKS, PHONE, Look  # noqa: E402
from tests.closings.ledgers import close  # noqa: E402
from tests.ledger import row, write  # noqa: E402

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
# A Tuesday afternoon in Taipei.
NOW = datetime(2026, 11, 24, 7, 42, tzinfo=UTC)
VERIFIED = datetime(2026, 11, 23, 19, 10, tzinfo=UTC)
CALLS, DAYS, SEED = 60_000, 120, 1


@contextmanager
def window(look: Look, browser: Browser, cookies: list[Any]) -> Iterator[Page]:
    """Of a visitor with these cookies."""
    context = browser.new_context(**look.context)
    context.add_cookies(cookies)
    page = context.new_page()
    look.put_on(page)
    yield page
    context.close()


@dataclass(frozen=True)
class Photographer:
    """Takes pictures of a server's pages; they lie beside one another as `name`-`look`.webp, which
    takes a third of a PNG."""

    browser: Browser
    server: LiveServer
    cookies: list[Any]

    def take(self, name: str, path: str, look: Look, press: str = "") -> None:
        """The page at `path`, after a press on the first `press`."""
        with window(look, self.browser, self.cookies) as page:
            answer = page.goto(self.server.url + path)
            assert answer
            assert answer.status in (200, 400), (path, answer.status)
            if press:
                page.locator(press).first.click()
                # What only an open menu wants is fetched then.
                page.wait_for_load_state("networkidle")
            elif look == LIGHT:
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": look.width, "height": height})
            (PICTURES / f"{name}-{look.name}.webp").write_bytes(_picture(page))


def _picture(page: Page) -> bytes:
    """What the window shows, without loss where that is smaller, as it is with much text."""
    wire = page.context.new_cdp_session(page)
    formats = ({"format": "webp", "quality": quality} for quality in (100, 80))
    pictures = (wire.send("Page.captureScreenshot", one)["data"] for one in formats)
    return min(map(b64decode, pictures), key=len)


def main() -> None:
    """Empty, filled, with a second currency; each as far as it has pages of its own."""
    logging.disable()
    for picture in PICTURES.glob("*.webp"):
        picture.unlink()
    with time_machine.travel(NOW, tick=False) as clock, photographer() as camera:
        camera.take("empty", "/admin/", LIGHT)
        fill(clock)
        for name, path in pages().items():
            for look in LOOKS:
                camera.take(name, path, look)
        for look in LOOKS:
            camera.take("filter", "/admin/", look, press=".filter summary")
        camera.take("export", reverse("admin:reports_users"), LIGHT, press=".export summary")
        camera.take("period", "/admin/", PHONE, press=".period summary")
        camera.take("menu", "/admin/", PHONE, press=".phone-menu summary")
        camera.take("wrong", "/admin/?success=banana", LIGHT)
        camera.take("filtered-away", "/admin/?api_endpoint=/images", LIGHT)
        add_another_currency()
        camera.take("currencies", "/admin/", LIGHT)
        camera.take("currencies", "/admin/", PHONE)
    (PICTURES / "README.md").write_text("\n".join(gallery()))


def gallery() -> Iterator[str]:
    """The page that shows all pictures, by what is in them."""
    yield "# Every page\n"
    yield "Written by `make screenshots`: demo data of a fixed seed, on a Tuesday in Taipei.\n"
    for name, pictures in groupby(
        sorted(PICTURES.glob("*.webp")), lambda picture: _name_and_look(picture)[0]
    ):
        yield f"## {name}\n"
        for picture in pictures:
            yield f"![{name}, {_name_and_look(picture)[1]}]({picture.name})"
        yield ""


def _name_and_look(picture: Path) -> tuple[str, str]:
    look = next(look.name for look in LOOKS if picture.stem.endswith(f"-{look.name}"))
    return picture.stem.removesuffix(f"-{look}"), look


@contextmanager
def photographer() -> Iterator[Photographer]:
    """With a server of its own on an empty ledger, logged in as a usage administrator."""
    call_command("migrate", verbosity=0)
    visitor = User.objects.create_superuser("mchen", password="secret")
    client = Client()
    client.force_login(visitor)
    server = LiveServer("localhost")
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": server.url,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_arguments())
        yield Photographer(browser, server, [cookie])
        browser.close()
    server.stop()


def fill(clock: time_machine.Traveller) -> None:
    """Demo data, summed up, and verified in the night before."""
    call_command("demo_data", calls=CALLS, days=DAYS, seed=SEED)
    # Without the banner that a real ledger has not.
    DemoRows.objects.all().delete()
    refuse()
    set_budgets()
    clock.move_to(VERIFIED)
    call_command("fold_usage")
    call_command("verify_usage")
    close_months()
    addresses.make_invoice("OpenAI")
    clock.move_to(NOW)
    call_command("fold_usage")


def close_months() -> None:
    """The last two that are over; then a late call and a deleted one, and somebody asks to reopen
    the second."""
    for month in (date(2026, 9, 1), date(2026, 10, 1)):
        close(month, Signer("lwang", 9), VERIFIED)
    late, gone = APIUsageStats.objects.filter(
        created_at__month=10, cost__gt=0, success=True
    ).order_by("-cost")[:2]
    late.pk = None
    late.save(force_insert=True)
    gone.delete()
    call_command("fold_usage")
    call_command("verify_usage")
    reopening.request(
        date(2026, 10, 1), Signer("lwang", 9), "The provider corrected a price.", VERIFIED
    )


def set_budgets() -> None:
    """Of everybody, of one user and of an endpoint; one of them is exceeded."""
    addresses.make_budget("All of us")
    (user,) = EndUser.objects.filter(name__startswith="wchen").values_list("pk", flat=True)[:1]
    for name, amount, whose in (
        ("All of us", "240", {}),
        ("wchen", "24", {"user_id": user}),
        ("Workflows", "500", {"api_endpoint": "/workflows/run", "per": "quarter"}),
    ):
        terms = Terms(amount=Decimal(amount))
        for since in (date(2026, 7, 1), date(2026, 11, 1)):
            set_budget(name, Whose(currency="USD", **whose), terms, NOW, since)
    call_command("run_jobs")
    tell()


def tell() -> None:
    """What was crossed: by mail, and to a receiver that is in trouble and one that is gone."""
    addresses = (
        "mchen@example.com",
        "https://hooks.example.com/ledger",
        "https://old.example.com/",
    )
    for crossing in BudgetCrossing.objects.order_by("pk"):
        last = period_at(crossing.budget, crossing.period).last
        left = crossing.amount - crossing.reached
        fact = budget_crossed.fact_of(crossing, last, left, None)
        outbox.write(budget_crossed.OCCASION.name, fact, addresses, NOW)
    for address, status in zip(addresses, (None, "503", "410"), strict=True):
        recipients.recipient(address)
        for notice in Notice.objects.filter(recipient=address):
            outbox.claim(notice, NOW)
            if status:
                failure = Sentence("The receiver answered %(status)s.", {"status": status})
                outbox.note_failure(notice, failure, NOW, is_final=status == "410")
            else:
                outbox.note_sent(notice, NOW)


def refuse() -> None:
    """What two services sent in vain."""
    for service, rounds in (("translator", 9), ("glossary", 4)):
        key, _secret = keys.create(service, ["record"], None, NOW)
        for number in range(rounds):
            user, when = 9_000 + number, NOW - timedelta(hours=5 * number, minutes=7)
            errors = [("user_id", f"There is no user {user}.")]
            if number % 3 == 2:
                errors = [("cost", "A decimal number is needed."), *errors]
            call = {"user_id": user, "api_endpoint": "/chat-messages", "cost": "0.0135"}
            body = json.dumps({**call, "error_message": "upstream answered 504 after 30 s"})
            refusals.keep(Refusal(service, key.prefix, 400, errors, body.encode()), when)


def pages() -> dict[str, str]:
    """Every page; those about one are about a user who has done something, and a job of theirs."""
    call = APIUsageStats.objects.filter(user__name__startswith="wchen", success=False).latest("pk")
    job = TranslationJob.objects.filter(user_id=call.user_id).latest("pk")
    names = {"index": "overview", "stats_apiusagestats_changelist": "calls"}
    found = addresses.of_pages(user=call.user_id, job=job.pk)
    return {
        **{names.get(name, name.removeprefix("reports_")): path for name, path in found.items()},
        "call": reverse("admin:stats_apiusagestats_change", args=[call.pk]),
        "keys": reverse("admin:stats_apikey_changelist"),
        "recipients": reverse("admin:stats_recipient_changelist"),
        "people": reverse("admin:stats_enduser_changelist"),
    }


def add_another_currency() -> None:
    """What some users call through a provider of another country, since the month before."""
    users = EndUser.objects.order_by("pk").values_list("pk", flat=True)[:5]
    write(
        *(
            row(
                user_id=users[n % len(users)],
                prompt_price_unit="RMB",
                cost=str(4 + n * 7 % 5 + n / 100),
                created_at=(NOW - timedelta(hours=13 * n)).replace(tzinfo=None),
            )
            for n in range(90)
        )
    )
    call_command("fold_usage")


if __name__ == "__main__":
    main()
