"""A filter that is declared once is in form and chip, in the API, its document and the SQL."""

import pytest
from django.test import Client

from stats.ingest import columns
from stats.models import APIUsageStats
from stats.query.filters import GROUP, CallFilter, CallFilterSet, call_filters
from stats.query.selection import Selection
from tests.reading import html

pytestmark = pytest.mark.usefixtures("ledger")
NAME = "total_tokens_min"


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is written for a filter of calls with at least so many tokens."""
    declared = CallFilter(
        columns.count,
        {"type": "integer", "minimum": 0},
        "Calls of at least so many tokens.",
        label="Tokens from",
        step="1",
        field_name="total_tokens",
        lookup_expr="gte",
    )
    monkeypatch.setitem(CallFilterSet.base_filters, NAME, declared)


def test_it_is_in_the_form_and_on_a_chip(analyst: Client) -> None:
    page = html.parse(analyst.get("/admin/reports/users/", {NAME: "500"}).content.decode())
    (field,) = (one for one in page.iter("input") if one.get("id") == f"filter_{NAME}")
    assert (field.get("type"), field.get("value")) == ("number", "500")
    (chip,) = html.having(page, "chips", "ul")
    assert html.text_of(chip).split()[:3] == ["Tokens", "from", "500"]


def test_it_narrows_pages_and_files_and_the_api(analyst: Client) -> None:
    APIUsageStats.objects.filter(user_id=1).update(total_tokens=500)
    meant = APIUsageStats.objects.filter(user_id=1).count()
    assert 0 < meant < APIUsageStats.objects.count()
    given = {NAME: "500", "period": "all"}
    answer = analyst.get("/api/v1/calls/", {**given, "page_size": "1000"})
    assert len(answer.json()["results"]) == meant
    text = analyst.get("/admin/stats/apiusagestats/export.csv", given).getvalue().decode()
    assert len(text.strip().splitlines()) == meant + 1


@pytest.mark.parametrize(
    "address", ["/admin/reports/users/", "/admin/reports/users/export.csv", "/api/v1/calls/"]
)
def test_it_is_read_as_strictly(analyst: Client, address: str) -> None:
    for wrong in ({NAME: "many"}, {NAME: ["1", "2"]}):
        answer = analyst.get(address, wrong)
        assert answer.status_code == 400
        assert NAME in answer.content.decode()


def test_the_document_tells_it(client: Client) -> None:
    operations = client.get("/api/v1/schema/").json()["paths"]["/api/v1/calls"]
    (told,) = (one for one in operations["get"]["parameters"] if one["name"] == NAME)
    assert told["schema"] == {"type": "integer", "minimum": 0}
    assert told["description"] == "Calls of at least so many tokens."
    assert NAME not in str(operations["post"])


def test_the_sums_say_that_they_do_not_know_it() -> None:
    assert not Selection.of({NAME: 500}).is_known_to_sums
    assert Selection.of({NAME: 500}).without(NAME) == Selection.of({})
    calls = Selection.of({NAME: 500}).narrow(APIUsageStats.objects.all())
    assert "total_tokens >= 500" in str(calls.query).translate({ord("`"): None, ord('"'): None})


def test_what_the_sums_know_is_said_in_the_declaration() -> None:
    known = {name for name, one in call_filters().items() if one.of_sums or one is GROUP}
    of_sums = {"api_endpoint", "success", "currency", "unknown_cost"}
    assert known == {"user_id", "job_id", "group"} | of_sums
