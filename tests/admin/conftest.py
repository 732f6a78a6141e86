"""People with and without a role, a small ledger of known figures, and a clock that stands."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client

from stats.accounts import keys, roles
from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import APIUsageStats, EndUser, TranslationJob
from stats.notices import recipients
from tests.closings.ledgers import verified
from tests.ledger import row, write

# A Tuesday, in the afternoon of TIME_ZONE (UTC in tests).
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
ANN, BOB, CAT, DAN = 1, 2, 3, 4
HOSTILE = "</script><script>alert('x')</script>"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def _staff(name: str, *groups: str) -> User:
    user = User.objects.create_user(name, password="secret", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator(db: None, clock: Any) -> Client:
    return _client(_staff("administrator", roles.ADMINISTRATORS))


@pytest.fixture
def analyst(db: None, clock: Any) -> Client:
    return _client(_staff("analyst", roles.ANALYSTS))


@pytest.fixture
def other_staff(db: None, clock: Any) -> Client:
    return _client(_staff("other"))


@pytest.fixture
def nobody(db: None, clock: Any) -> Client:
    return Client()


@pytest.fixture
def superuser(db: None, clock: Any) -> User:
    return User.objects.create_superuser("root", password="secret")


@pytest.fixture
def people(db: None) -> None:
    for pk, name in ((ANN, "Ann"), (BOB, "Bob"), (CAT, "Cat"), (DAN, HOSTILE)):
        EndUser.objects.create(pk=pk, name=name)
    TranslationJob.objects.create(pk=70, name="Patent", user_id=ANN)


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour)


@pytest.fixture
def ledger(people: None) -> None:
    """This November until the 24th: 6 calls, USD 12.5001; 1–24 October: 3 calls, USD 9.00."""
    write(
        row(user_id=BOB, cost="1", created_at=at(1, month=9)),
        row(user_id=ANN, cost="4", created_at=at(2, month=10)),
        row(user_id=CAT, cost="3", created_at=at(3, month=10)),
        row(user_id=BOB, cost="2", created_at=at(24, 15, month=10)),
        # After the same time of the day: no part of what is compared.
        row(user_id=BOB, cost="100", created_at=at(24, 20, month=10)),
        row(user_id=ANN, cost="6", job_id=70, created_at=at(2)),
        row(user_id=ANN, cost="2.5", api_endpoint="/workflows/run", created_at=at(3)),
        row(user_id=BOB, cost="3", created_at=at(23)),
        row(user_id=BOB, cost="1", success=False, error_message="504", created_at=at(24, 9)),
        row(user_id=DAN, cost="0.0001", success=None, error_message=HOSTILE,
            api_endpoint=HOSTILE, created_at=at(24, 10)),
        row(user_id=BOB, cost=None, prompt_unit_price=None, created_at=at(24, 11)),
    )  # fmt: skip


@pytest.fixture
def objects(ledger: None) -> dict[str, object]:
    """Something of every kind, to be shown or refused."""
    budget = set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(10)), NOW)
    key, _secret = keys.create("translator", ["record"], None, NOW)
    return {
        "stats_apiusagestats": APIUsageStats.objects.latest("pk").pk,
        "stats_apikey": key.pk,
        "stats_enduser": ANN,
        "stats_translationjob": 70,
        "stats_budget": budget.pk,
        "stats_recipient": recipients.recipient("a@example.com").pk,
        "auth_user": User.objects.create_user("colleague").pk,
        "auth_group": Group.objects.create(name="a group").pk,
    }


@pytest.fixture
def two_currencies(ledger: None) -> None:
    write(
        row(user_id=BOB, cost="70", prompt_price_unit="RMB", created_at=at(5)),
        row(user_id=CAT, cost="30", prompt_price_unit="RMB", created_at=at(6)),
    )


def given(answer: Any) -> dict[str, Any]:
    """What the template of an answer was given."""
    found: dict[str, Any] = answer.context_data
    return found


@pytest.fixture
def shown(analyst: Client) -> Callable[..., dict[str, Any]]:
    """What a page's template was given."""

    def get(path: str, **query: Any) -> dict[str, Any]:
        return given(analyst.get(path, query))

    return get


NOVEMBER_COST = Decimal("12.5001")
OCTOBER_COST = Decimal("9")


@pytest.fixture
def open_month(ledger: None, settings: Any) -> None:
    """October: USD 109 in four calls, and one of unknown cost."""
    # A server's ids show late; here nobody writes meanwhile.
    settings.FOLD_MARGIN_SECONDS = 0
    write(row(user_id=BOB, cost=None, prompt_unit_price=None, created_at=at(7, month=10)))
    verified(NOW)
