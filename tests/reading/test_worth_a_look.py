"""The line of what is worth a look, where endpoints fail or are silent as they never were."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.ledger import row, write
from tests.reading import figures, html, words
from tests.reading.calls import RUNNING, Variant
from tests.reading.conftest import Reader
from tests.reading.expected import Case
from tests.reading.headings import LANGUAGES
from tests.reading.sql import Calls
from tests.reading.test_links import check_list

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
CASE = Case("index", RUNNING)
FIRST = RUNNING.now[0]
# What is usual is that of eight weeks before the period.
USUAL = Calls().during((FIRST - timedelta(weeks=8), FIRST - timedelta(seconds=1)))
FAILING, SILENT = "/fails <more>", "/is & was"
LOOK: words.Patterns = (
    r"Worth a look (?P<failing>.+) fails (?P<rate>.+), usually (?P<usual>.+) · "
    r"(?P<silent>.+) silent since (?P<day>.+) · (?P<unpriced>.+) unpriced calls · "
    r".+ new refused posts",
    r"請留意 (?P<failing>.+) 失敗率 (?P<rate>.+)，平常 (?P<usual>.+) · "
    r"(?P<silent>.+) 自 (?P<day>.+) 起沒有呼叫 · (?P<unpriced>.+) 筆未計價呼叫 · .+ 個新的被拒請求",
)


@pytest.fixture
def memories() -> None:
    """The ledger changes beneath its readers."""


@pytest.fixture
def unusual(ledger: Ledger) -> None:
    """One is called each third day and fails more often now, another was until the 9th; beside
    each stands one that is not as bad."""
    ledger(RUNNING)
    write(
        *(
            row(
                api_endpoint=FAILING,
                success=(number + day) % (3 if day >= 0 else 17) != 0,
                cost="31.25",
                created_at=at(day),
            )
            for day in range(-48, 23, 3)
            for number in range(8)
        ),
        *(row(api_endpoint=SILENT, created_at=at(day)) for day in range(-50, 9)),
        # Neither fails as much, or was called as much.
        *(
            row(api_endpoint="/fails", success=number % 6 != 0 or day < 0, created_at=at(day))
            for day in range(-48, 23, 3)
            for number in range(8)
        ),
        *(row(api_endpoint="/is", created_at=at(day)) for day in range(-40, 7)),
    )


def at(day: int) -> str:
    """In the morning, so many days after the period's first one."""
    return f"{FIRST.date() + timedelta(day)} 03:00:00"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_worth_a_look(language: str, unusual: None, reader: Read) -> None:
    page = reader(language).page(reverse("admin:index"))
    (line,) = html.having(page, "attention")
    found = words.read(html.text_of(line), LOOK, language)
    assert (found["failing"], found["silent"]) == (FAILING, SILENT)
    for name, calls in (("rate", CASE.now), ("usual", USUAL)):
        sums = calls.by("api_endpoint")[FAILING]
        exact = sums.failed_calls * 100 / sums.total_calls
        figures.percent(found[name], exact, language)
    assert figures.day(found["day"], language) == (11, 9)
    figures.count(found["unpriced"], CASE.now.total.unpriced_calls, language)


def test_each_leads_to_its_calls(unusual: None, reader: Read) -> None:
    """The failures of the one, the last day of the other, and those that have no price."""
    somebody = reader("en")
    (line,) = html.having(somebody.page(reverse("admin:index")), "attention")
    counts = [
        CASE.now.by("api_endpoint")[FAILING].failed_calls,
        1,
        CASE.now.total.unpriced_calls,
    ]
    *links, _refused_posts = line.iter("a")
    for link, count in zip(links, counts, strict=True):
        check_list(somebody.page(link.get("href", "")), "total_calls", count, "USD")


def test_only_what_fails_more_than_usual_stands_out(unusual: None, reader: Read) -> None:
    """In the line, and its rate among the endpoints."""
    page = reader("en").page(reverse("admin:index"))
    (line,) = html.having(page, "attention")
    link, _refused_posts = html.having(line, "failure")
    assert html.text_of(link).startswith(FAILING)
    (table,) = (table for table in html.tables(page) if table.name == "endpoints")
    assert [
        (one.under("Endpoint"), heading)
        for one in table.lines
        for heading, cells in one.cells.items()
        if "failure" in cells[-1].classes
    ] == [(FAILING, "Succeeded")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_as_usual_has_but_its_unpriced_calls(
    language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(RUNNING)
    (line,) = html.having(reader(language).page(reverse("admin:index")), "attention")
    link, _refused_posts = line.iter("a")
    count = html.text_of(link).partition(" ")[0]
    figures.count(count, CASE.now.total.unpriced_calls, language)
