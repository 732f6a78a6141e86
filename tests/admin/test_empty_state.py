"""Nothing to show: the page says why, and where there is something."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import ANN, BOB, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
CALLS = "/admin/stats/apiusagestats/"


@pytest.mark.usefixtures("ledger")
class TestUnderFilters:
    def test_each_filter_says_what_is_there_without_it(self, shown: Context) -> None:
        nothing = shown("/admin/", user_id=[ANN, BOB], currency="EUR", success="false")["empty"]
        assert nothing.title == "No calls under these filters"
        assert [(one.filter, one.calls) for one in nothing.wider] == [
            ("User Ann, Bob", "0 calls"),
            ("Currency EUR", "1 call"),
            ("Result failed", "0 calls"),
        ]

    def test_its_number_is_that_of_the_page_it_leads_to(
        self, shown: Context, analyst: Client
    ) -> None:
        (wider,) = shown(CALLS, currency="EUR", period="this_month")["empty"].wider
        there = given(analyst.get(wider.url))
        assert wider.calls == " ".join(there["totals"][0]) == "6 calls"

    @pytest.mark.parametrize("path", ["/admin/reports/users/1/", "/admin/reports/jobs/70/"])
    def test_what_the_page_is_about_is_no_filter(self, shown: Context, path: str) -> None:
        nothing = shown(path, currency="EUR")["empty"]
        calls = {"users/1/": "2 calls", "jobs/70/": "1 call"}[path.removeprefix("/admin/reports/")]
        assert [(one.filter, one.calls) for one in nothing.wider] == [("Currency EUR", calls)]

    def test_what_nobody_can_count_says_so(self, shown: Context, settings: Any) -> None:
        settings.MOST_CALLS_READ = 2
        nothing = shown("/admin/", cost_min="900", currency="EUR", user_id=ANN)["empty"]
        assert [one.calls for one in nothing.wider[1:]] == ["0 calls", "too many calls to count"]


def test_without_a_filter_there_is_none_to_leave_out(shown: Context, people: None) -> None:
    write(row(created_at=at(3, month=8)))
    nothing = shown("/admin/")["empty"]
    assert (nothing.title, nothing.wider) == ("No calls in this period", ())


def test_calls_without_a_time_are_in_no_period(
    shown: Context, analyst: Client, people: None
) -> None:
    write(row(created_at=None), row(created_at=None))
    nothing = shown("/admin/")["empty"]
    assert nothing.text == "2 matching calls have no time, so no period includes them."
    assert given(analyst.get(nothing.url))["totals"][0] == ("2", "calls")


def test_beside_others_they_are_named_in_the_line_of_trust(
    shown: Context, analyst: Client, ledger: None
) -> None:
    write(row(created_at=None))
    *_, last = shown("/admin/")["freshness"]
    assert last.text == "1 call without a time is in no period"
    assert given(analyst.get(last.url))["totals"][0] == ("12", "calls")


@pytest.mark.parametrize("path", [CALLS, "/admin/reports/users/", "/admin/reports/daily/"])
def test_an_unused_ledger_leads_to_the_first_steps(
    analyst: Client, shown: Context, path: str
) -> None:
    nothing = shown(path)["empty"]
    assert nothing.text == "Nothing has been recorded yet."
    assert given(analyst.get(nothing.url))["is_unused"]
