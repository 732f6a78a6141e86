"""What a page does not answer, and that no link of ours leads there."""

import re
from html import unescape

import pytest
from django.test import Client

from tests.admin.conftest import ANN, at
from tests.ledger import row, write

# Of pages that refuse; test_parameters.py asks them of each database.
pytestmark = pytest.mark.once

REPORTS = (
    "/admin/",
    "/admin/reports/changes/",
    "/admin/reports/users/",
    "/admin/reports/users/1/",
    "/admin/reports/endpoints/",
    "/admin/reports/jobs/70/",
    "/admin/reports/cost/",
)
RANKED = ("", "export.csv", "export.xlsx")


@pytest.mark.usefixtures("two_currencies")
class TestCurrencyToRankIn:
    @pytest.mark.parametrize("file", RANKED)
    @pytest.mark.parametrize("path", REPORTS)
    def test_another_one_s_figures_are_no_answer(
        self, analyst: Client, path: str, file: str
    ) -> None:
        answer = analyst.get(f"{path}{file}", {"ranked_in": "EURO"})
        text = unescape(answer.getvalue().decode())
        assert answer.status_code == 400
        assert "ranked_in" in text
        assert "EURO" in text
        assert "12.50" not in text

    def test_those_there_are_stand_in_the_sentence(self, analyst: Client) -> None:
        text = analyst.get("/admin/reports/cost/export.csv", {"ranked_in": "EUR"}).content.decode()
        assert text == "ranked_in: There are no costs in EUR here, only in USD, RMB."

    def test_the_only_one_is_understood_and_one_that_is_filtered_away_is_not(
        self, analyst: Client
    ) -> None:
        for currency, status in (("USD", 200), ("RMB", 400)):
            query = {"currency": "USD", "ranked_in": currency}
            assert analyst.get("/admin/", query).status_code == status

    def test_numbers_of_calls_are_in_no_currency(self, analyst: Client) -> None:
        query = {"rank": "calls", "ranked_in": "RMB"}
        answer = analyst.get("/admin/reports/users/", query)
        assert answer.status_code == 400
        assert "ranked_in" in answer.content.decode()


@pytest.mark.parametrize("path", [*REPORTS, "/admin/reports/daily/", "/admin/reports/errors/"])
def test_times_of_the_day_are_refused_by_name(analyst: Client, ledger: None, path: str) -> None:
    query = {
        "created_at_after": "2026-11-23T08:00:00Z",
        "created_at_before": "2026-11-23T12:00:00Z",
    }
    answer = analyst.get(path, query)
    assert answer.status_code == 400
    for name in query:
        assert f"{name}" in answer.content.decode()
    assert analyst.get("/admin/stats/apiusagestats/", query).status_code == 200


def steps(client: Client, first: str, last: str) -> dict[str, str]:
    """Where the bar's arrows lead."""
    query = {"created_at_after": first, "created_at_before": last}
    page = client.get("/admin/reports/daily/", query).content.decode()
    found = re.findall(r'<a class="step" href="([^"]*)" aria-label="(\w+) period"', page)
    return {name: unescape(url) for url, name in found}


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ("2000-01-01", "2000-01-31", {"Next"}),
        ("2000-01-20", "2000-02-10", {"Next"}),
        ("2026-10-01", "2026-10-31", {"Previous", "Next"}),
        ("2016-12-01", "2026-11-20", {"Previous"}),
    ],
)
def test_the_arrows_lead_where_there_is_a_page(
    analyst: Client, ledger: None, first: str, last: str, names: set[str]
) -> None:
    found = steps(analyst, first, last)
    assert found.keys() == names
    assert all(analyst.get(url).status_code == 200 for url in found.values())


def test_a_call_that_no_period_reaches_is_in_the_list(analyst: Client, people: None) -> None:
    write(row(user_id=ANN, created_at=at(1).replace(year=1971)))
    page = analyst.get("/admin/reports/users/").content.decode()
    (url,) = re.findall(r'1 Nov 1971\. <a href="([^"]*)">Show all calls</a>', page)
    assert "Mon 1 Nov" in analyst.get(unescape(url)).content.decode()
