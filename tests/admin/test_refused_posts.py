"""The page of refused posts: what an administrator learns of them, and that there are new ones."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from stats.ingest import refusals
from stats.ingest.refusals import Refusal
from tests.admin.conftest import NOW, given

PAGE = "/admin/reports/refused/"


def refuse(number: int, minutes: int = 0, body: bytes = b"{}") -> None:
    errors = [("user_id", f"There is no user {number}.")]
    refusal = Refusal("translator", "abcdefgh", 400, errors, body)
    refusals.keep(refusal, NOW - timedelta(minutes=minutes))


def links(answer: Any) -> Iterator[tuple[str, str]]:
    yield from ((one.text, one.url) for one in given(answer)["attention"] if "refused" in one.text)


def test_the_overview_leads_to_new_ones_until_they_are_looked_at(
    administrator: Client, ledger: None
) -> None:
    assert list(links(administrator.get("/admin/"))) == []
    refuse(98, minutes=60 * 24 * 29)
    refuse(99)
    ((text, url),) = links(administrator.get("/admin/"))
    assert (text, url) == ("2 new refused posts", f"{PAGE}?period=30d")
    assert len(given(administrator.get(url))["posts"].rows) == 2
    assert list(links(administrator.get("/admin/"))) == []
    refuse(100)
    assert [text for text, _url in links(administrator.get("/admin/"))] == ["1 new refused post"]


def test_an_analyst_is_not_told(analyst: Client, ledger: None) -> None:
    refuse(99)
    assert list(links(analyst.get("/admin/"))) == []
    assert "refused" not in analyst.get("/admin/").content.decode()


def test_alike_but_for_numbers_is_one_reason(administrator: Client, ledger: None) -> None:
    for number in range(90, 93):
        refuse(number, minutes=100 - number)
    page = given(administrator.get(PAGE))
    ((reason, fields, status, services, _first, last, posts),) = (
        [cell.text for cell in row.cells] for row in page["reasons"].rows
    )
    assert (reason, fields, status) == ("There is no user 92.", "user_id", "400")
    assert (services, last, posts) == ("translator (3)", "8\N{NARROW NO-BREAK SPACE}min ago", "3")


def test_a_long_body_unfolds(administrator: Client, ledger: None) -> None:
    body = '{"error_message": "<script>' + "x" * 80 + '"}'
    refuse(99, body=body.encode())
    text = administrator.get(PAGE).content.decode()
    escaped = body.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert f"<pre>{escaped}</pre>" in text
    assert f"<summary>{escaped[: escaped.index('x' * 30)]}" in text


def test_what_calls_are_filtered_by_is_refused_in_words(administrator: Client) -> None:
    answer = administrator.get(PAGE, {"currency": "USD"})
    assert answer.status_code == 400
    assert given(answer)["errors"] == {
        "currency": ["Refused posts have a period, and no other filter."]
    }
    assert "filter-form" not in administrator.get(PAGE).content.decode()


@pytest.mark.parametrize("days", [29, 31])
def test_they_are_shown_for_thirty_days(administrator: Client, days: int) -> None:
    refuse(99, minutes=60 * 24 * days)
    found = given(administrator.get(PAGE, {"period": "90d"}))
    assert bool(found["posts"]) == (days < 30)
