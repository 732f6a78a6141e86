"""The page of errors: kinds that make up the failures of the period, and lead to them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import BOB, HOSTILE, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/reports/errors/"
NBSP = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.usefixtures("ledger")
class TestErrors:
    def test_kinds_make_up_the_failures(self, shown: Context, analyst: Client) -> None:
        page = shown(PATH)
        assert sum(line.failures for line in page["lines"]) == page["total"] == 2
        there = given(analyst.get(str(page["all_failures"])))
        assert there["totals"][0] == ("2", "calls")
        assert page["sentence"] == f"2 of 6 calls failed, 33.3{THIN}%. They cost USD{NBSP}1.00."

    def test_a_kind_at_one_endpoint_leads_to_its_failures_there(
        self, shown: Context, analyst: Client
    ) -> None:
        line = next(line for line in shown(PATH)["lines"] if line.message == HOSTILE)
        assert (line.endpoint, line.more_endpoints) == (HOSTILE, 0)
        assert (line.first, line.last) == ("24 Nov", f"5{THIN}h ago")
        assert given(analyst.get(line.url))["totals"][0] == ("1", "call")

    def test_text_stays_text(self, analyst: Client) -> None:
        page = analyst.get(PATH).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_only_successes(self, shown: Context) -> None:
        page = shown(PATH, success="true")
        assert page["lines"] == []
        assert page["sentence"] == "All 4 calls succeeded."

    def test_under_a_filter(self, shown: Context) -> None:
        page = shown(PATH, user_id=BOB)
        assert [line.message for line in page["lines"]] == ["504"]
        assert "user_id=2" in str(page["all_failures"])

    def test_the_overview_leads_here(self, shown: Context, analyst: Client) -> None:
        page = given(analyst.get(str(shown("/admin/")["all_failures"])))
        assert page["total"] == 2


def test_several_endpoints_are_counted(shown: Context, people: None) -> None:
    write(
        *(
            row(success=False, error_message=f"429: wait {n} s", api_endpoint=f"/{n}",
                created_at=at(3))
            for n in range(3)
        ),
        row(success=False, error_message=None, created_at=at(3)),
    )  # fmt: skip
    first, second = shown(PATH)["lines"]
    assert (first.failures, first.endpoint, first.more_endpoints) == (3, "/0", 2)
    assert second.message == ""
