"""GET budgets/: what is left, for whom."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from stats.budgets.setting import Terms, Whose, set_budget
from tests.api.conftest import OTHER_USER, USER, Service
from tests.ledger import row, write


@pytest.fixture(autouse=True)
def budgets(people: None) -> object:
    with time_machine.travel("2026-11-24T15:42:00+00:00", tick=False):
        now = timezone.now()
        for name, amount, whose in (
            ("all", "100", {}),
            ("other", "30", {"user_id": OTHER_USER}),
            ("own", "20.5", {"user_id": USER, "per": "quarter"}),
            ("path", "7", {"api_endpoint": "/a"}),
        ):
            set_budget(name, Whose(currency="USD", **whose), Terms(amount=Decimal(amount)), now)
        write(
            row(user_id=USER, cost="1.2500", created_at=datetime(2026, 11, 3)),
            row(user_id=USER, cost="2.0000", created_at=datetime(2026, 10, 3)),
            row(user_id=OTHER_USER, cost="4.0000", created_at=datetime(2026, 11, 3)),
        )
        yield


def test_those_of_a_user(service: Service) -> None:
    answer = service.get("budgets/", {"user_id": USER})
    assert answer.status_code == 200
    every, own, path = answer.json()
    assert (every["name"], own["name"], path["name"]) == ("all", "own", "path")
    assert own == {
        "name": "own",
        "user_id": USER,
        "group": None,
        "api_endpoint": None,
        "currency": "USD",
        "per": "quarter",
        "first_day": "2026-10-01",
        "last_day": "2026-12-31",
        "is_billed": False,
        "amount": "20.5000",
        "spent": "3.2500",
        "left": "17.2500",
        # 38 days from 24 November on.
        "left_per_day": "0.4539",
    }
    assert (every["spent"], path["api_endpoint"], path["spent"]) == ("5.2500", "/a", "0.0000")


def test_all(service: Service) -> None:
    assert [one["name"] for one in service.get("budgets/").json()] == [
        "all",
        "other",
        "own",
        "path",
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"user_id": "x"}, "user_id"), ({"user": "7"}, "user"), ({"user_id": ""}, "user_id")],
)
def test_what_is_wrong_is_named(service: Service, query: dict[str, str], field: str) -> None:
    answer = service.get("budgets/", query)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_the_scope_to_read_is_needed(new_service: Callable[..., Service]) -> None:
    assert new_service(may_record=True, may_read=False).get("budgets/").status_code == 403
