"""The list of calls: the same filters, pages by key, totals that tie out, nothing hidden."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from stats.models import APIUsageStats
from tests.admin.conftest import ANN, at, given
from tests.ledger import EMPTY, row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/stats/apiusagestats/"
# To be lowered, never raised without a reason.
STATEMENTS = {
    # One less where a fold has left its row.
    "/admin/": 16,
    "/admin/reports/users/": 10,
    "/admin/reports/users/1/": 21,
    "/admin/reports/changes/": 12,
    "/admin/reports/endpoints/": 10,
    # Days that only the calls know are read again four weeks earlier.
    "/admin/reports/jobs/70/": 24,
    "/admin/reports/jobs/": 12,
    # Who was in which group, now and in the period before.
    "/admin/reports/groups/": 11,
    "/admin/reports/endpoints/one/?api_endpoint=/chat-messages": 16,
    # Two for each user.
    "/admin/reports/compare/?user_id=1&user_id=2": 15,
    "/admin/reports/daily/": 9,
    "/admin/reports/months/": 9,
    "/admin/reports/cost/": 9,
    # By kind, by user and by endpoint, now and before, and by day.
    "/admin/reports/errors/": 16,
    PATH: 11,
}


def ids(page: dict[str, Any]) -> list[int]:
    return [call.id for band in page["bands"] for call in band.rows]


def pages(analyst: Client, query: str) -> Iterator[list[int]]:
    url = f"{PATH}?{query}"
    while url:
        page = given(analyst.get(url))
        yield ids(page)
        url = str(page["next"])


@pytest.mark.usefixtures("ledger")
class TestList:
    def test_totals_stand_above(self, shown: Context) -> None:
        page = shown(PATH)
        assert page["totals"][:2] == [("6", "calls"), ("USD\xa012.50", "")]
        assert page["failed"] == "2"

    def test_bands_by_day_with_the_sums_of_the_day(self, shown: Context) -> None:
        first = shown(PATH)["bands"][0]
        assert (first.label, first.sums) == ("Tue 24 Nov", "3 calls, USD\xa01.00")

    def test_points_are_in_line_where_there_are_four_decimals(self, shown: Context) -> None:
        def costs(**query: Any) -> list[str]:
            return [call.cost for band in shown(PATH, **query)["bands"] for call in band.rows]

        assert costs(user_id=ANN) == ["2.50", "6.00"]
        assert costs(cost_max="1") == ["0.0001", "1.0000"]

    def test_a_column_that_the_filter_makes_constant_is_left_out(self, shown: Context) -> None:
        columns = shown(PATH, user_id=ANN, success="true")["columns"]
        assert not columns["user"]
        assert not columns["result"]
        assert columns["endpoint"]

    @pytest.mark.parametrize("query", ["success=banana", "cursor=x", "order=random", "foo=1"])
    def test_a_wrong_parameter_is_named(self, analyst: Client, query: str) -> None:
        answer = analyst.get(f"{PATH}?{query}")
        assert answer.status_code == 400
        assert f"<code>{query.partition('=')[0]}</code>" in answer.content.decode()

    def test_a_range_by_the_clock(self, shown: Context) -> None:
        page = shown(
            PATH, created_at_after="2026-11-24T09:30:00", created_at_before="2026-11-24T10:30:00"
        )
        assert len(ids(page)) == 1
        assert page["bar"].period_text == "09:30 – 10:30"


def test_all_time_has_the_calls_without_a_time(shown: Context, people: None) -> None:
    write(row(created_at=None), row(created_at=at(3)))
    bands = shown(PATH, period="all")["bands"]
    assert {band.label for band in bands} == {"without a time", "Tue 3 Nov"}


@pytest.mark.parametrize("query", ["period=this_month", "period=all"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_every_call_is_on_one_page(analyst: Client, people: None, query: str, order: str) -> None:
    write(*(row(created_at=at(3)) for _ in range(130)))
    seen = [id for page in pages(analyst, f"{query}&order={order}") for id in page]
    assert sorted(seen) == sorted(APIUsageStats.objects.values_list("pk", flat=True))
    assert seen == sorted(seen, reverse=order == "newest")


def test_one_call_shows_every_field(analyst: Client, people: None) -> None:
    write(row(prompt_price_unit="TWD", cost="0.1234", job_id=70, created_at=at(3)))
    call = APIUsageStats.objects.get()
    page = analyst.get(f"{PATH}{call.pk}/change/").content.decode()
    for text in ("TWD 0.1234", "TWD\xa00.001", "3 Nov 2026, 12:00:00 UTC", "100 ms", "Patent"):
        assert text in page


def test_a_call_of_nothing_but_nulls(analyst: Client, people: None) -> None:
    write(EMPTY)
    call = APIUsageStats.objects.get()
    assert analyst.get(f"{PATH}{call.pk}/change/").status_code == 200
    assert analyst.get(PATH, {"period": "all"}).status_code == 200


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("path", STATEMENTS)
def test_the_number_of_statements_does_not_grow(
    analyst: Client, django_assert_max_num_queries: Any, path: str
) -> None:
    write(*(row(user_id=id, job_id=id, created_at=at(4)) for id in range(100, 140)))
    # What a process keeps is asked by its first page.
    analyst.get(path)
    with django_assert_max_num_queries(STATEMENTS[path]):
        assert analyst.get(path).status_code == 200
