"""The page about the sums: how far they have come, and when."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from stats.models import APIUsageStats, FoldState
from stats.rollups import verifying
from tests.ledger import row, write
from tests.reading import figures, html
from tests.reading.calls import NOW, RUNNING, Variant
from tests.reading.conftest import Reader
from tests.reading.headings import LANGUAGES
from tests.reading.sql import Calls
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True)
Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
FACTS = {
    "folded_to": ("Includes calls up to", "已納入至編號"),
    "newest": ("Newest call", "最新的呼叫"),
    "tail": ("Calls not included yet, at most", "尚未納入的呼叫，最多"),
    "folded_at": ("Last updated", "最近更新"),
    "purged_before": ("Calls purged before", "已清除此日之前的呼叫"),
}
NEVER = ("never", "從未")
CLOCK = "14:42:00 Asia/Taipei (+08:00)"


@pytest.fixture
def memories() -> None:
    """The ledger changes beneath its readers."""


def facts(reader: Reader) -> dict[str, str]:
    """What stands beside each label, in the order of the page."""
    page = reader.page(reverse("admin:reports_rollups"))
    (table,) = html.having(page, "facts", "div")
    found = {
        html.text_of(line[0]): html.text_of(line[1])
        for line in table.iter("tr")
        if line[0].get("scope") == "row"
    }
    place = LANGUAGES.index(reader.language)
    assert list(found) == [labels[place] for labels in FACTS.values()]
    return dict(zip(FACTS, found.values(), strict=True))


def newest() -> int:
    ((call,),) = Calls().ask("MAX(id)")
    return int(call)


def behind(call: int) -> int:
    ((count,),) = Calls().that("id > %s", call).ask("COUNT(*)")
    return int(count)


def is_moment(text: str, language: str, day: tuple[int, int]) -> bool:
    return "2026" in text and figures.day(text, language) == day


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_far_the_sums_have_come(
    language: str, ledger: Ledger, reader: Read, settings: Any
) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    ledger(RUNNING)
    folded_to = newest()
    fold_all(now=NOW)
    FoldState.objects.update(purged_before=date(2026, 7, 2))
    write(*(row(id=folded_to + number, user_id=3) for number in range(1, 8)))
    found = facts(reader(language))
    figures.count(found["folded_to"], folded_to, language)
    figures.count(found["newest"], newest(), language)
    figures.count(found["tail"], behind(folded_to), language)
    assert is_moment(found["folded_at"], language, (11, 24))
    assert found["folded_at"].endswith(CLOCK)
    assert is_moment(found["purged_before"], language, (7, 2))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sums_that_have_not_begun(language: str, ledger: Ledger, reader: Read) -> None:
    ledger(RUNNING)
    found, place = facts(reader(language)), LANGUAGES.index(language)
    assert found["folded_to"] == ("none yet", "尚無")[place]
    assert (found["folded_at"], found["purged_before"]) == (NEVER[place], NEVER[place])
    figures.count(found["tail"], behind(0), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_verification_found(
    language: str, ledger: Ledger, reader: Read, settings: Any
) -> None:
    """Both that all agrees, and which day does not."""
    settings.FOLD_MARGIN_SECONDS = 0
    ledger(RUNNING)
    write(row(created_at="2026-11-05 03:00:17"), row())
    fold_all(now=NOW)
    verifying.verify(NOW)
    somebody, path = reader(language), reverse("admin:reports_rollups")
    assert CLOCK in html.text_of(html.having(somebody.page(path), "notice", "p")[-1])
    assert html.having(somebody.page(path), "notice", "ul") == []
    APIUsageStats.objects.filter(created_at=datetime(2026, 11, 5, 3, 0, 17, tzinfo=UTC)).delete()
    verifying.verify(NOW)
    (days,) = html.having(somebody.page(path), "notice", "ul")
    assert [figures.day(html.text_of(day), language) for day in days] == [(11, 5)]
