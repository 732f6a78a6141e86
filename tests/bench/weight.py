"""The overview in Chromium compared with the stock admin's index: bytes, and time until ready.

DATABASE_URL is a database filled by `tests.bench.data`.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser import chromium  # noqa: E402
from tests.processes import manage  # noqa: E402
from tests.servers import AS_DEPLOYED, Gunicorn  # noqa: E402

ROUNDS = 9
MOST_STATEMENTS, MOST_KB, MOST_TIMES, MOST_MORE_MS = 15, 300, 1.5, 300
# Two frames after the load event, when everything is drawn.
READY = """
window.addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.readyAt = performance.now();
})));
"""


@dataclass(frozen=True, slots=True)
class Load:
    """A load with an empty cache: ms until the page was ready, bytes over the wire."""

    ms: float
    bytes: int


def main() -> None:
    """Load both in turn, each time in a new browser context."""
    client = signed_in()
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as (ours, stock):
        loads = in_turn(client.cookies[settings.SESSION_COOKIE_NAME].value, ours, stock)
    ours_ms, stock_ms = (median(load.ms for load in some) for some in loads)
    most_ms = stock_ms * MOST_TIMES + MOST_MORE_MS
    kilobytes = [median(load.bytes for load in some) / 1000 for some in loads]
    print("\n## The overview in Chromium\n")
    print(f"From a gunicorn of two workers as deployed, cold cache, medians of {ROUNDS} loads in")
    print("turn with the stock admin's index; ready is two frames after the load event.\n")
    print("| | overview | stock index | at most |\n|---|---|---|---|")
    asked = statements(client, "/admin/?currency=USD")
    print(f"| statements, of one currency | {asked} | | {MOST_STATEMENTS} |")
    print(f"| statements, of two | {statements(client, '/admin/')} | | |")
    print(f"| KB over the wire | {kilobytes[0]:.0f} | {kilobytes[1]:.0f} | {MOST_KB} |")
    print(f"| ready, ms | {ours_ms:.0f} | {stock_ms:.0f} | {most_ms:.0f} |\n")


def signed_in() -> Client:
    user = get_user_model().objects.create_superuser("weighed", password="weighed")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def statements(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[Gunicorn, Gunicorn]]:
    """Our server and the stock admin's, with the same built files."""
    environment = {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "STATIC_ROOT": str(folder / "static"),
        "DJANGO_SETTINGS_MODULE": "tests.bench.deployed",
    }
    built = manage("collectstatic", "--no-input", "--verbosity=0", **environment)
    assert built.returncode == 0, built.stderr
    ours = Gunicorn(folder / "ours", environment, options=AS_DEPLOYED)
    stock_environment = environment | {"DJANGO_SETTINGS_MODULE": "tests.bench.stock"}
    stock = Gunicorn(folder / "stock", stock_environment, options=AS_DEPLOYED)
    try:
        ours.start()
        stock.start()
        yield ours, stock
    finally:
        ours.stop()
        stock.stop()


def in_turn(session: str, *these: Gunicorn) -> list[list[Load]]:
    """The loads of each server, after a warm-up load."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_arguments())
        rounds = [[load(browser, one, session) for one in these] for _ in range(ROUNDS + 1)]
        browser.close()
    return [list(loads) for loads in zip(*rounds[1:], strict=True)]


def load(browser: Browser, server: Gunicorn, session: str) -> Load:
    url = f"http://localhost:{server.port}"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    context.add_init_script(READY)
    page = context.new_page()
    sizes: list[int] = []
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: sizes.append(_size(event)))
    answer = page.goto(f"{url}/admin/", wait_until="load")
    assert answer
    assert answer.ok
    page.wait_for_function("() => window.readyAt")
    assert page.locator(".plot").count()
    ready_at = float(page.evaluate("window.readyAt"))
    context.close()
    return Load(ready_at, sum(sizes))


def _size(event: dict[str, Any]) -> int:
    return int(event["encodedDataLength"])


if __name__ == "__main__":
    main()
