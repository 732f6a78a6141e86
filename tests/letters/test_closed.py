"""What the letter of a closed month says, and where the end of the chain is kept."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine

from stats.models import ChainHead
from stats.notices.outbox import LETTER_WEEK
from tests.closings.ledgers import close, verified
from tests.ledger import row, write
from tests.letters.conftest import NOW, at
from tests.letters.test_letter import TAG, administrator, body, letter, sheets

# Folds and verifications are transactions of their own.
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
LATER = datetime(2026, 11, 25, 3, tzinfo=UTC)
LATE = "Calls that come in late still count"


@pytest.fixture(autouse=True)
def no_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    settings.SITE_URL = "https://ledger.example.com"


@pytest.fixture
def october(ledger: None) -> str:
    """Closed; the hash of its entry."""
    verified(NOW)
    return close(now=NOW).hash


def test_an_open_month_counts_late_calls(ledger: None) -> None:
    text = body(letter())
    assert LATE in text
    assert "closed" not in text


def test_who_closed_it_and_when(october: str) -> None:
    text = body(letter())
    assert (
        "— The month is closed\n"
        "Closed by ann, 24 Nov 2026, 15:42:00 UTC.\n"
        "Nothing has differed since.\n"
    ) in text
    assert LATE not in text
    assert letter(now=LATER) == letter()
    assert (
        "— 這個月已經結帳\n由 ann 於 2026年11月24日 15:42:00 UTC 結帳。\n此後沒有差異。\n"
    ) in body(letter(language="zh-hant"))


def test_the_statement_is_that_of_the_closing(october: str) -> None:
    """What came later stands on that of the month in which it was found."""
    write(row(user_id=2, cost="1.25", created_at=at(10, 9)))
    verified(LATER)
    found = letter()
    assert "Attached is the statement as it was closed, line by line, to the last decimal." in body(
        found
    )
    closed = sheets(found)
    about = {label: value for label, value, *_rest in closed["About this file"]}
    assert about["State"] == "As closed by ann, 24 Nov 2026, 15:42:00 UTC."
    heads, line = closed["sums"]
    assert line[heads.index("total_cost")] == 66.0241
    assert "adjustments" not in closed
    later = letter(day=at(11, 3).date(), now=datetime(2026, 12, 1, 9, tzinfo=UTC))
    heads, line = sheets(later)["adjustments"]
    adjusted = dict(zip(heads, line, strict=True))
    assert (adjusted["month"], adjusted["total_cost"]) == ("2026-10", 1.25)


def test_how_far_it_differs_as_the_pages_say(october: str) -> None:
    write(row(user_id=2, cost="1.25", created_at=at(10, 9)))
    verified(LATER)
    found = letter()
    assert "Known now: USD 1.25 more than closed." in body(found)
    path = "/admin/reports/closings/2026-10/"
    assert f"https://ledger.example.com{path}" in found.text
    person = administrator()
    with time_machine.travel(LATER, tick=False):
        for where in (path, "/admin/?period=last_month"):
            page = unescape(TAG.sub("", person.get(where).content.decode()))
            assert "USD\xa01.25 more than closed" in page


def test_the_month_keeps_the_last_hash_whatever_month_it_is(october: str) -> None:
    for found in (letter(), letter(day=at(9, 1).date())):
        assert f"has the hash {october}." in found.text
        assert october in found.html
    write(row(user_id=2, cost="1.25", created_at=at(10, 9)))
    verified(LATER)
    last = ChainHead.objects.get().hash
    assert last != october
    assert f"雜湊值是 {last}，" in letter(language="zh-hant").text


def test_a_week_has_no_hash(october: str) -> None:
    text = letter(LETTER_WEEK, at(10, 29).date()).text
    assert october not in text
    assert "closed" not in text
