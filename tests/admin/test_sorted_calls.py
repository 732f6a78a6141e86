"""The list of calls by cost, response time and tokens: each call once, in order, there and back."""

import base64
import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats.models import APIUsageStats
from tests.admin.conftest import ANN, BOB, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/stats/apiusagestats/"
COLUMNS = ("cost", "response_time_ms", "prompt_tokens", "completion_tokens")


def ids(page: dict[str, Any]) -> list[int]:
    return [call.id for band in page["bands"] for call in band.rows]


def walked(analyst: Client, url: str, way: str) -> list[list[int]]:
    found = []
    while url:
        page = given(analyst.get(url))
        found.append(ids(page))
        url = str(page[way])
    return found


def in_order(column: str, is_descending: bool) -> list[int]:
    """By the definition: those without a value last, of equals the newest last or first."""
    sign = -1 if is_descending else 1
    found = APIUsageStats.objects.values_list(column, "pk")
    with_value = [(sign * value, sign * pk) for value, pk in found if value is not None]
    without = [sign * pk for value, pk in found if value is None]
    return [sign * pk for _value, pk in sorted(with_value)] + [sign * pk for pk in sorted(without)]


@pytest.fixture
def many(people: None) -> None:
    """130 calls, many of them alike, and some without values."""
    write(
        *(
            row(
                user_id=BOB if n % 4 else ANN,
                cost=None if n % 9 == 0 else Decimal(n * 7 % 11) / 10_000,
                response_time_ms=None if n % 2 else n * 31 % 17,
                prompt_tokens=n * 5 % 13,
                completion_tokens=None,
                created_at=at(3 + n % 8),
            )
            for n in range(130)
        )
    )


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("sign", ["-", ""])
@pytest.mark.parametrize("period", ["this_month", "all"])
def test_there_and_back_each_call_is_seen_once_in_order(
    analyst: Client, many: None, column: str, sign: str, period: str
) -> None:
    url = f"{PATH}?period={period}&order={sign}{column}"
    there = walked(analyst, url, "next")
    assert [id for page in there for id in page] == in_order(column, sign == "-")
    assert [len(page) for page in there] == [50, 50, 30]
    last = url
    while following := str(given(analyst.get(last))["next"]):
        last = following
    assert walked(analyst, last, "previous")[::-1] == there


def test_the_presets_and_the_headings_lead_there(
    analyst: Client, shown: Context, many: None
) -> None:
    page = shown(PATH, user_id=ANN)
    _newest, expensive, slowest = page["presets"]
    by_cost = given(analyst.get(expensive.url))
    costs = [APIUsageStats.objects.get(pk=id).cost for id in ids(by_cost)]
    known = [cost for cost in costs if cost is not None]
    assert known == sorted(known, reverse=True)
    assert len(ids(by_cost)) == APIUsageStats.objects.filter(user_id=ANN).count()
    assert by_cost["orders"]["cost"].arrow == "↓"
    cheapest = given(analyst.get(by_cost["orders"]["cost"].url))
    assert cheapest["orders"]["cost"].arrow == "↑"
    assert ids(given(analyst.get(slowest.url))) == ids(
        shown(PATH, user_id=ANN, order="-response_time_ms")
    )


def test_each_row_says_its_day(shown: Context, ledger: None) -> None:
    (band,) = shown(PATH, order="-cost", user_id=ANN)["bands"]
    assert [(call.time, call.cost) for call in band.rows] == [
        ("2 Nov 12:00", "6.00"),
        ("3 Nov 12:00", "2.50"),
    ]


def test_costs_in_several_currencies_are_not_mixed(
    analyst: Client, shown: Context, two_currencies: None
) -> None:
    empty = shown(PATH, order="-cost")["empty"]
    assert "bands" in given(analyst.get(empty.url))
    choices = dict(empty.narrower)
    assert set(choices) == {"USD", "RMB"}
    (band,) = given(analyst.get(choices["RMB"]))["bands"]
    assert [call.cost for call in band.rows] == ["70.00", "30.00"]
    # Times have an order in any currency.
    assert "bands" in shown(PATH, order="-response_time_ms")
    refused = analyst.get(f"{PATH}export.csv", {"order": "-cost"})
    assert refused.status_code == 400
    assert b"order: " in refused.content


def test_beyond_the_bound_the_page_says_so(
    analyst: Client, shown: Context, ledger: None, settings: Any
) -> None:
    settings.MOST_CALLS_READ = 5
    page = shown(PATH, order="-cost")
    assert "bands" not in page
    assert "At most 5 calls are sorted" in page["empty"].text
    assert "bands" in given(analyst.get(page["empty"].url))
    assert len(ids(shown(PATH, order="-cost", user_id=BOB))) == 3
    assert analyst.get(f"{PATH}export.csv", {"order": "-cost"}).status_code == 400


def test_the_file_has_the_order_of_the_list(analyst: Client, many: None) -> None:
    answer: Any = analyst.get(f"{PATH}export.csv", {"order": "-cost"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(line["id"]) for line in rows] == in_order("cost", is_descending=True)


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "1e999", "[]", "{}"])
@pytest.mark.parametrize("order", ["cost", "response_time_ms", "-prompt_tokens"])
def test_a_forged_cursor_is_refused(analyst: Client, ledger: None, order: str, value: str) -> None:
    cursor = base64.urlsafe_b64encode(f"[true,1,{value}]".encode()).decode()
    answer = analyst.get(PATH, {"order": order, "cursor": cursor})
    assert (answer.status_code, list(given(answer)["errors"])) == (400, ["cursor"])


@pytest.mark.parametrize(
    "cursor",
    ["x", "W10=", "WzEsMSwxXQ==", "W3RydWUsMSwiTmFOIl0=", "W3RydWUsMSwiMTIzNDU2Nzg5LjAwMDEiXQ=="],
)
def test_a_foreign_cursor_is_refused(analyst: Client, ledger: None, cursor: str) -> None:
    answer = analyst.get(PATH, {"order": "-cost", "cursor": cursor})
    assert answer.status_code == 400
    assert "cursor" in given(answer)["errors"]
