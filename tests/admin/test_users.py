"""The leaderboard and a user's page: ranks, shares, changes, and numbers that lead on."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.admin.conftest import ANN, BOB, CAT, NOVEMBER_COST, at, given
from tests.ledger import row, write

Context = Callable[..., dict[str, Any]]
PATH = "/admin/reports/users/"
THIN = "\N{NARROW NO-BREAK SPACE}"
BLANKS = "\u2007\u2008"


@pytest.mark.usefixtures("ledger")
class TestLeaderboard:
    def test_ranked_by_cost(self, shown: Context) -> None:
        page = shown(PATH)
        users = page["table"].source
        assert [(line.row.rank, line.label) for line in users.lines][:2] == [(1, "Ann"), (2, "Bob")]
        ann, bob, dan, cat = users.lines
        assert (ann.note, bob.note, dan.note, cat.note) == ("", "was 3", "new", "was 2")
        assert cat.row.is_gone
        assert cat.row.rank is None
        assert users.count == 3
        assert users.total.label == "3 users, 1 no longer active"
        assert ann.row.share == pytest.approx(float(Decimal("8.5") / NOVEMBER_COST * 100))
        changes = {
            row.cells[2].text: [cell.text.strip(BLANKS) for cell in row.cells[6:8]]
            for row in page["table"].rows
        }
        assert changes["Ann"] == ["+4.5000", f"+113{THIN}%"]
        assert changes["Cat"] == ["−3.0000", f"−100{THIN}%"]
        assert sum(line.sums.cost for line in users.lines) == users.total.sums.cost == NOVEMBER_COST

    @pytest.mark.parametrize(
        ("rank", "first"),
        [("calls", "Bob"), ("tokens", "Bob"), ("failures", "Bob"), ("cost", "Ann")],
    )
    def test_ranked_by_something_else(self, shown: Context, rank: str, first: str) -> None:
        page = shown(PATH, rank=rank)
        assert page["table"].source.lines[0].label == first
        assert [tab.is_current for tab in page["rank_tabs"]].count(True) == 1

    def test_an_unknown_rank_is_an_error(self, analyst: Client) -> None:
        answer = analyst.get(PATH, {"rank": "beauty"})
        assert answer.status_code == 400
        assert "<code>rank</code>" in answer.content.decode()

    def test_the_number_clicked_is_the_number_there(self, shown: Context, analyst: Client) -> None:
        for line in shown(PATH)["table"].source.lines:
            calls = given(analyst.get(line.calls_url))
            there = calls.get("totals", [("0", "")])[0][0] if "totals" in calls else "0"
            assert there == str(line.sums.calls)
            if line.sums.calls:
                own = given(analyst.get(line.url))
                assert own["endpoints"].source.total.sums == line.sums


@pytest.mark.usefixtures("two_currencies")
class TestCurrencies:
    def test_a_tab_per_currency(self, shown: Context) -> None:
        page = shown(PATH, ranked_in="RMB")
        assert [tab.label for tab in page["tabs"]] == ["USD\xa012.50", "RMB\xa0100.00"]
        assert "Cost, RMB" in [heading.text for heading in page["table"].headings]
        assert page["table"].source.total.sums.costs == {"RMB": Decimal(100)}

    def test_counts_are_ranked_over_all_without_a_column_of_costs(self, shown: Context) -> None:
        page = shown(PATH, rank="calls")
        assert page["table"].source.total.sums.calls == 8
        headings = [heading.text for heading in page["table"].headings]
        assert [text for text in headings if text.startswith("Cost")] == []
        assert page["tabs"] == ()


@pytest.mark.usefixtures("ledger")
class TestUser:
    def test_figures_are_the_users_own(self, shown: Context) -> None:
        page = shown(f"{PATH}{ANN}/")
        assert page["title"] == "Ann"
        assert (
            page["endpoints"].source.total.sums.calls == page["jobs"].source.total.sums.calls == 2
        )
        assert {line.label for line in page["jobs"].source.lines} == {"Patent", "without a job"}
        assert page["freshness"][0].text.startswith("Rank 1 of 3 by cost, 68.0")

    def test_bars_lead_to_the_users_calls(self, shown: Context, analyst: Client) -> None:
        there = given(analyst.get(shown(f"{PATH}{ANN}/")["chart"].rows[1].link))
        assert there["totals"][0] == ("1", "call")
        assert [chip.value for chip in there["bar"].chips] == ["Ann"]

    def test_one_without_calls_in_the_period(self, shown: Context) -> None:
        nothing = shown(f"{PATH}{CAT}/")["empty"]
        assert nothing.text == "The latest matching call was on 3 Oct 2026."

    @pytest.mark.parametrize("user_id", [999, 2**63])
    def test_an_unknown_one(self, analyst: Client, user_id: int) -> None:
        assert analyst.get(f"{PATH}{user_id}/").status_code == 404

    def test_another_user_cannot_be_asked_for_beside(self, analyst: Client) -> None:
        answer = analyst.get(f"{PATH}{ANN}/", {"user_id": BOB})
        assert answer.status_code == 400


def test_many_users_end_in_others(shown: Context, db: None) -> None:
    write(*(row(user_id=id, cost=str(id), created_at=at(3)) for id in range(1, 21)))
    users = shown("/admin/")["users"].source
    assert len(users.lines) == 7
    assert users.others.label == "13 others"
    shown = sum(line.sums.cost for line in users.lines) + users.others.sums.cost
    assert shown == users.total.sums.cost == Decimal(210)
