"""The endpoints' leaderboard: it ties out, says how long calls took, and leads to the calls."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import HOSTILE, NOVEMBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
THIN = "\N{NARROW NO-BREAK SPACE}"
PATH = "/admin/reports/endpoints/"


@pytest.mark.usefixtures("ledger")
class TestLeaderboard:
    def test_rows_make_up_the_total(self, shown: Context) -> None:
        ranked = shown(PATH)["table"].source
        assert [line.label for line in ranked.lines] == [
            "/chat-messages",
            "/workflows/run",
            HOSTILE,
        ]
        assert sum(line.sums.cost for line in ranked.lines) == ranked.total.sums.cost
        assert ranked.total.sums.cost == NOVEMBER_COST
        assert sum(line.sums.calls for line in ranked.lines) == 6
        assert sum(line.row.share for line in ranked.lines) == pytest.approx(100)
        assert ranked.lines[1].note == "new"

    @pytest.mark.parametrize(("rank", "calls"), [("calls", 4), ("failures", 4)])
    def test_ranked_by_something_else(self, shown: Context, rank: str, calls: int) -> None:
        page = shown(PATH, rank=rank)
        assert page["table"].source.lines[0].sums.calls == calls
        assert [tab.is_current for tab in page["rank_tabs"]].count(True) == 1

    def test_tokens_are_no_rank_here(self, analyst: Client) -> None:
        assert analyst.get(PATH, {"rank": "tokens"}).status_code == 400

    def test_a_row_leads_to_its_calls(self, shown: Context, analyst: Client) -> None:
        for line in shown(PATH)["table"].source.lines:
            totals = given(analyst.get(line.calls_url))["totals"]
            assert totals[0][0] == str(line.sums.calls)

    def test_within_one_of_several_currencies(self, shown: Context, two_currencies: None) -> None:
        page = shown(PATH, ranked_in="RMB")
        assert page["table"].source.total.sums.costs == {"RMB": Decimal(100)}
        assert [tab.is_current for tab in page["tabs"]] == [False, True]


def test_half_of_the_calls_and_the_slowest(shown: Context, analyst: Client, people: None) -> None:
    write(
        *(row(response_time_ms=100, created_at=at(3)) for _ in range(98)),
        *(row(response_time_ms=9000, created_at=at(3)) for _ in range(2)),
        row(api_endpoint="/untimed", response_time_ms=None, created_at=at(3)),
    )
    text = analyst.get(f"{PATH}export.csv").getvalue().decode("utf-8-sig")
    timed, untimed = csv.DictReader(io.StringIO(text))
    for name, expected in (("p50", 100), ("p95", 100), ("p99", 9000)):
        assert float(timed[name]) == pytest.approx(expected, rel=0.02)
        assert untimed[name] == ""
    table = shown(PATH)["table"]
    first, total = ([cell.text for cell in row.cells[-3:]] for row in (table.rows[0], table.total))
    assert first == total
    assert first[2] == f"9.0{THIN}s"


def test_the_overview_leads_here(shown: Context, ledger: None) -> None:
    page = shown("/admin/", success="false")
    assert str(page["all_endpoints"]) == f"{PATH}?success=false"
