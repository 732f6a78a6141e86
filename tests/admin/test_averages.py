"""An average divides by days that there were: since the ledger began, in the period, until now."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.conftest import ANN, at
from tests.ledger import in_zones, row, write
from tests.oracle import Zones

Context = Callable[..., dict[str, Any]]
NBSP = "\N{NO-BREAK SPACE}"


def per_day(page: dict[str, Any]) -> list[str]:
    """What the tiles say of a day."""
    texts = [piece.text for tile in page["tiles"] for piece in tile.details]
    return [text.replace(NBSP, " ") for text in texts if text.endswith(" a day")]


def weekday(page: dict[str, Any]) -> str:
    (series,) = page["chart"].views[0].series
    found = re.search(r"Average weekday: (.*)\.$", series.sentence)
    return found[1].replace(NBSP, " ") if found else ""


@pytest.fixture
def young(people: None) -> None:
    """Since Monday the 9th of November, 7 on each day; today is Tuesday the 24th."""
    write(*(row(user_id=ANN, cost="7", created_at=at(day)) for day in range(9, 25)))


@pytest.mark.usefixtures("young")
class TestOfALedgerYoungerThanThePeriod:
    def test_a_year(self, shown: Context) -> None:
        page = shown("/admin/", created_at_after="2025-11-25", created_at_before="2026-11-24")
        assert per_day(page) == ["USD 7.00 a day", "1 a day"]
        assert weekday(page) == "USD 7.00"

    def test_a_running_month_with_its_days_to_come(self, shown: Context) -> None:
        page = shown("/admin/", created_at_after="2026-11-01", created_at_before="2026-11-30")
        assert "1 a day" in per_day(page)
        assert weekday(page) == "USD 7.00"

    def test_one_user_s_days_are_the_ledger_s(self, shown: Context, people: None) -> None:
        write(row(user_id=ANN, cost="7", created_at=at(10, month=8)))
        page = shown(
            "/admin/reports/users/1/", created_at_after="2026-08-01", created_at_before="2026-11-24"
        )
        # 17 days with calls of 107 since the 10th of August.
        assert per_day(page) == ["USD 1.11 a day", "0 a day"]


@pytest.mark.parametrize(
    ("period", "days"), [("last_month_utc", 31), ("2026-09_utc", 30), ("last_month", 31)]
)
def test_a_month_as_billed_has_its_own_days(
    shown: Context, people: None, period: str, days: int
) -> None:
    with in_zones(Zones("Asia/Taipei")):
        write(
            row(user_id=ANN, cost="1", created_at=at(1, month=7)),
            *(row(user_id=ANN, cost="31", created_at=at(day, 3, 10)) for day in range(1, 32)),
            *(row(user_id=ANN, cost="31", created_at=at(day, 3, 9)) for day in range(1, 31)),
        )
        page = shown("/admin/", period=period)
    assert per_day(page) == ["USD 31.00 a day", "1 a day"]
    assert weekday(page) == "USD 31.00"
