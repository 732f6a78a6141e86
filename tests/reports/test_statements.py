"""Statements add up to the ledger, whatever happens to it between closings."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from stats.closings import reopening
from stats.models import APIUsageStats
from stats.reports.statements import NoStatementError, Statement, Whose, statement
from tests.closings.ledgers import (
    ANN,
    AUGUST,
    BOB,
    OCTOBER,
    SEPTEMBER,
    call,
    close,
    execute,
    verified,
)
from tests.ledger import write

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
NOVEMBER = date(2026, 11, 1)
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0


def told(month: date, whose: Whose | None = None, now: datetime = NOW) -> Statement:
    found = statement(month, whose or Whose(), now)
    assert found is not None
    return found


def ledger() -> dict[str, Decimal]:
    """The cost of all calls by currency, counted one by one."""
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in APIUsageStats.objects.exclude(cost=None):
        costs[one.prompt_price_unit or "none"] += one.cost or 0
    return {currency: cost for currency, cost in costs.items() if cost}


def all_together(now: datetime = NOW) -> dict[str, Decimal]:
    months = (AUGUST, SEPTEMBER, OCTOBER, NOVEMBER)
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for month in months:
        for currency, cost in told(month, now=now).sum.costs.items():
            costs[currency] += cost
    return {currency: cost for currency, cost in costs.items() if cost}


def some_calls() -> None:
    write(
        call("0.3333", 3, 8, user_id=1),
        call("1.0001", 9, 9, user_id=1),
        call("2.5000", 9, 9, user_id=2, api_endpoint="/workflows/run"),
        call("7.7777", 5, 10, user_id=2, prompt_price_unit="RMB"),
        call("0.1000", 6, 10, user_id=1),
        call("0.0200", 7, 10, user_id=3, success=False),
        call(None, 8, 10, user_id=3, prompt_unit_price=None),  # type: ignore[arg-type]
        call("0.0600", 2, 11, user_id=1),
    )


def test_of_open_months() -> None:
    some_calls()
    for _folded in range(2):
        assert all_together() == ledger()
        october = told(OCTOBER)
        assert (october.closing, october.is_over, told(NOVEMBER).is_over) == (None, True, False)
        assert october.sum.costs == {"USD": Decimal("0.12"), "RMB": Decimal("7.7777")}
        assert (october.sum.calls, october.sum.failures, october.unknown_cost.calls) == (4, 1, 1)
        verified()


def test_what_is_signed_never_changes_and_adjustments_stand_where_they_were_found() -> None:
    some_calls()
    verified()
    for month in (AUGUST, SEPTEMBER, OCTOBER):
        close(month)
    signed = {month: told(month).sum.costs for month in (AUGUST, SEPTEMBER, OCTOBER)}
    write(call("0.5000", 10, 9, user_id=1))
    execute("DELETE FROM dt_api_usage_stats WHERE cost = 0.1")
    execute("UPDATE dt_api_usage_stats SET user_id = 1 WHERE cost = 2.5")
    later = datetime(2026, 11, 25, 3, tzinfo=UTC)
    verified(later)
    assert {month: told(month, now=later).sum.costs for month in signed} == signed
    november = told(NOVEMBER, now=later)
    assert november.total.costs == {"USD": Decimal("0.06")}
    assert november.adjusted.costs == {"USD": Decimal("0.4")}
    assert [
        (line.entry.month.month, line.user_id, line.cost_units) for line in november.adjustments
    ] == [(9, 1, 5000), (9, 1, 25_000), (9, 2, -25_000), (10, 1, -1000)]
    assert all_together(later) == ledger()


def test_of_users() -> None:
    some_calls()
    verified()
    close()
    users = [told(OCTOBER, Whose(user_id=number)) for number in (1, 2, 3, 4)]
    assert [one.sum.costs for one in users] == [
        {"USD": Decimal("0.1")},
        {"RMB": Decimal("7.7777")},
        {"USD": Decimal("0.02")},
        {},
    ]
    assert [len(one.lines) for one in users] == [1, 1, 1, 0]


def test_of_a_month_that_was_reopened() -> None:
    """What its first closing adjusted is in its lines now, and stands nowhere else."""
    some_calls()
    verified()
    close()
    write(call("0.5000", 10, user_id=1))
    later = datetime(2026, 11, 25, 3, tzinfo=UTC)
    verified(later)
    assert len(told(NOVEMBER, now=later).adjustments) == 1
    reopening.request(OCTOBER, ANN, "a late call", later)
    reopening.agree(OCTOBER, BOB, later)
    assert told(NOVEMBER, now=later).adjustments == []
    assert all_together(later) == ledger()
    close(now=later)
    assert all_together(later) == ledger()


def test_a_restored_table_cannot_be_told() -> None:
    some_calls()
    verified()
    APIUsageStats.objects.all()._raw_delete("default")
    with pytest.raises(NoStatementError, match=r"run manage\.py rebuild_usage"):
        told(NOVEMBER)
