"""Every page on paper: an A4 sheet, upright or on its side, has all that a wide screen shows."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from stats.models import APIUsageStats, EndUser, TranslationJob
from tests.browser import addresses
from tests.browser.conftest import logged_in
from tests.ledger import row, write

pytestmark = pytest.mark.django_db(transaction=True)

LISTS = [name for name in addresses.of_stock_pages() if name.endswith("changelist")]
CALL = "stats_apiusagestats_change"
LONG_ENDPOINT = "/v1/workspaces/translation-production/workflows/run/with-glossary"
LONG_MESSAGE = "upstream timed out after thirty seconds, and the second try as well: " * 2
# Per language how the sheet lies: a font of another width tells nothing new on its side.
SHEETS = {"en": ("upright", "on its side"), "zh-hant": ("upright",)}
# Of each table its rows, of each row what its cells show; and all other words and figures.
READ = """() => {
    document.querySelectorAll(".visually-hidden").forEach((one) => { one.style.display = "none"; });
    const isShown = (one) => one.getClientRects().length > 0;
    const lines = [...document.querySelectorAll("#content tr")].filter(isShown).map(
        (row) => [...row.cells].filter(isShown).map((cell) => cell.innerText)
    );
    const words = [...document.querySelectorAll(
        `#content :is(h1, .panel h2, .tile h2, .tile p, .lead, .sentence, .freshness,
                      .attention, .excluded, .totals, .form-row)`
    )].filter(isShown).map((one) => [one.innerText]);
    return {lines, words};
}"""


@pytest.fixture
def ledger() -> None:
    """Wide in every way: two currencies, long names, endpoints and messages, large figures."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for n in range(1, 4):
        user = EndUser.objects.create(pk=n, name=f"Maximiliana Featherstonehaugh {n}")
        TranslationJob.objects.create(pk=n, name=f"quotation_for_the_year_{n}.pptx", user=user)
    write(*_calls(now))
    addresses.make_budget("The budget of everybody, whatever they translate")
    addresses.make_invoice("The provider of all models, wherever they run")


def _calls(now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(150):
        yield row(
            user_id=1 + n % 3,
            job_id=1 + n % 3 if n % 4 else None,
            api_endpoint=(LONG_ENDPOINT, "/chat-messages")[n % 3 == 0],
            prompt_tokens=1_234_567 + n,
            completion_tokens=234_567 + n,
            total_tokens=1_469_134 + 2 * n,
            cost=f"{4321 + n}.{1000 + n}",
            prompt_price_unit=("USD", "RMB")[n % 5 == 0],
            response_time_ms=1_000 + 97 * n,
            success=n % 7 != 0,
            error_message=None if n % 7 else LONG_MESSAGE,
            created_at=now - timedelta(hours=12 * n),
        )


@pytest.mark.parametrize("name", [*addresses.of_pages(), *LISTS, CALL])
@pytest.mark.parametrize("language", SHEETS)
def test_paper_has_what_the_screen_shows(
    visitor: Page, live_server: LiveServer, name: str, language: str
) -> None:
    cookie = {"name": "django_language", "value": language, "url": live_server.url}
    visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    visitor.set_viewport_size({"width": 1280, "height": 800})
    logged_in(visitor, live_server, User.objects.create_superuser("owner", password="secret"))
    visitor.goto(live_server.url + address(name))
    shown = visitor.evaluate(READ)
    assert shown["words"]
    for sheet in SHEETS[language]:
        paper = printed(visitor, landscape=sheet == "on its side")
        missing = [line for line in (*shown["words"], *shown["lines"]) if joined(line) not in paper]
        assert missing == []


def address(name: str) -> str:
    if name == CALL:
        failed = APIUsageStats.objects.filter(success=False).latest("pk")
        return reverse(f"admin:{name}", args=[failed.pk])
    return {**addresses.of_pages(), **addresses.of_stock_pages()}[name]


def printed(page: Page, *, landscape: bool) -> str:
    """What can be read on the sheets, without any blanks."""
    sheets = PdfReader(BytesIO(page.pdf(format="A4", landscape=landscape))).pages
    return joined(text for sheet in sheets for text in on_the_sheet(sheet))


def on_the_sheet(sheet: Any) -> list[str]:
    """The pieces of text that begin within its edges, in the order in which they were set."""
    found: list[str] = []

    def keep(text: str, transform: Any, place: Any, *_font: Any) -> None:
        left = transform[0] * place[4] + transform[4]
        if 0 <= left < sheet.mediabox.width:
            found.append(text)

    sheet.extract_text(visitor_text=keep)
    return found


def joined(texts: Iterable[str]) -> str:
    """Ligatures, and the radicals that fonts have in the place of characters, as plain letters."""
    return "".join(unicodedata.normalize("NFKC", "".join(texts)).split())
