"""A ledger of three months, and a real mail server."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import EndUser, ExaminedDays, UnusualDay
from tests.ledger import EMPTY, row, write
from tests.notices.conftest import mail_server as mail_server

NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
NAMES = {1: "Ann", 2: "Bob & <b>Co</b>", 3: "Eve", 4: "Zoe"}
SECRET = "patient Miller has a rare disease"


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour)


def rows() -> list[dict[str, Any]]:
    """What users did: Zoe was there in September, Eve is new in October."""
    a, b = "/chat-messages", "/workflows/run"
    return [
        row(user_id=1, api_endpoint=a, cost="1.0001", created_at=at(8, 20)),
        row(user_id=1, api_endpoint=a, cost="30.0003", created_at=at(9, 3)),
        row(user_id=2, api_endpoint=b, cost="7.25", created_at=at(9, 4)),
        row(user_id=4, api_endpoint=b, cost="2.5", created_at=at(9, 30, 23)),
        row(user_id=1, api_endpoint=a, cost="45.1234", total_tokens=90, created_at=at(10, 1, 0)),
        row(user_id=1, api_endpoint=b, cost="5.0007", created_at=at(10, 14)),
        row(user_id=2, api_endpoint=b, cost="3.5", created_at=at(10, 20)),
        row(
            user_id=3,
            api_endpoint=b,
            cost="12.4",
            success=False,
            error_message=SECRET,
            created_at=at(10, 31, 23),
        ),
        # Of unknown cost, one of each kind, and another unpriced one.
        *(
            row(
                user_id=3,
                api_endpoint=a,
                prompt_unit_price=None,
                cost=None,
                total_tokens=tokens,
                created_at=at(10, 7),
            )
            for tokens in (1_000, 234)
        ),
        row(user_id=2, api_endpoint=a, cost="0", total_tokens=17, created_at=at(10, 8)),
        {**EMPTY, "user_id": 2, "api_endpoint": a, "success": True, "created_at": at(10, 9)},
        # After the month.
        row(user_id=1, api_endpoint=a, cost="99", created_at=at(11, 1, 0)),
        row(user_id=2, api_endpoint=a, cost="6.5", created_at=at(11, 17)),
    ]


@pytest.fixture
def ledger(db: None) -> None:
    write(*rows())
    for user, name in NAMES.items():
        EndUser.objects.filter(pk=user).update(name=name)
    for name, amount, whose in (
        ("All of us", "60", {}),
        ("Ann's", "200", {"user_id": 1}),
        ("Flows", "500", {"api_endpoint": "/workflows/run", "per": "quarter"}),
    ):
        budget: dict[str, Any] = {"currency": "USD", **whose}
        set_budget(name, Whose(**budget), Terms(amount=Decimal(amount)), NOW, at(7, 1).date())
    ExaminedDays.objects.create(since=at(9, 1).date(), through=at(11, 23).date())
    UnusualDay.objects.create(
        day=at(10, 31).date(),
        kind="all",
        measure="cost",
        currency="USD",
        observed=Decimal("12.4"),
        usual=Decimal("1.3"),
        made_by=[["3", "12.4", "0.2"]],
        found_at=NOW,
    )
    UnusualDay.objects.create(
        day=at(10, 30).date(),
        kind="user",
        key="2",
        measure="calls",
        observed=Decimal(40),
        usual=Decimal(11),
        made_by=[["/workflows/run", "40", "11"]],
        found_at=NOW,
        expected_at=NOW,
        expected_by="me",
    )
