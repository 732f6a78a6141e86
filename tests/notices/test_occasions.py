"""What recipients choose to hear of, each fact once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from stats.accounts import keys
from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import (
    APIKey,
    BudgetCrossing,
    EndUser,
    Notice,
    Recipient,
    ScheduledJob,
    UnusualDay,
)
from stats.notices import recipients
from stats.notices.finding import find
from stats.notices.mail import mail_of
from stats.notices.registry import OCCASIONS
from stats.rollups.folding import fold
from tests.ledger import row, write

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
ADDRESS = "ann@example.com"


def choose(*occasions: str, address: str = ADDRESS, group: str | None = None) -> None:
    recipients.make([address])
    Recipient.objects.filter(address=address).update(occasions=list(occasions), group=group)


def told() -> list[str]:
    """The subjects."""
    notices = Notice.objects.order_by("pk")
    return [OCCASIONS[one.occasion].tell(one.facts).subject for one in notices]


def call(days_ago: int, **columns: Any) -> dict[str, Any]:
    at = NOW.replace(tzinfo=None) - timedelta(days=days_ago)
    return row(**{"created_at": at, "api_endpoint": "/a", **columns})


def test_nobody_is_told_what_nobody_chose() -> None:
    ScheduledJob.objects.create(name="fold", has_failed=True, ended_at=NOW)
    choose("key.expires")
    assert find(NOW) == 0


def test_a_key_that_expires_soon() -> None:
    choose("key.expires")
    for service, days in (("soon", 13), ("later", 15), ("gone", -1), ("revoked", 3)):
        key, _secret = keys.create(service, ["record"], None, NOW)
        APIKey.objects.filter(pk=key.pk).update(
            expiry_date=NOW + timedelta(days=days), revoked=service == "revoked"
        )
    assert [find(NOW), find(NOW)] == [1, 0]
    assert told() == ["The API key of soon expires on 7 Dec"]


def test_a_job_that_fails_once_a_day() -> None:
    choose("job.failed")
    for name in ("fold", "sessions"):
        ScheduledJob.objects.create(name=name, has_failed=True, ended_at=NOW, outcome="a secret")
    assert find(NOW) == 1
    ScheduledJob.objects.update(ended_at=NOW + timedelta(minutes=9))
    assert find(NOW) == 0
    ScheduledJob.objects.update(ended_at=NOW + timedelta(days=1))
    assert find(NOW) == 1
    assert told() == [f"The job “Fold new calls” failed on {day} Nov" for day in (24, 25)]
    with translation.override("zh-hant"):
        assert told()[0] == "排程工作「彙入新的呼叫」於11月24日執行失敗"
    assert "secret" not in str(list(Notice.objects.values()))


def test_a_new_currency() -> None:
    choose("currency.new")
    write(call(3, prompt_price_unit="EUR", cost="1"))
    assert find(NOW) == 0
    write(call(30, prompt_price_unit="USD", cost="1"))
    assert [find(NOW), find(NOW)] == [1, 0]
    assert told() == ["There are costs in a new currency, EUR"]


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_falls_silent_and_one_that_fails(settings: Any) -> None:
    choose("endpoint.silent", "failures.unusual")
    settings.FOLD_MARGIN_SECONDS = 0
    write(
        *(call(day, api_endpoint="/quiet") for day in range(9, 19)),
        *(call(day, api_endpoint="/fails") for day in range(1, 19) for _n in range(5)),
        *(
            call(0, api_endpoint="/fails", success=False, error_message="a secret")
            for _n in range(6)
        ),
    )
    fold(NOW)
    assert [find(NOW), find(NOW)] == [2, 0]
    assert sorted(told()) == [
        "/fails failed more often than usual on 24 Nov",
        "/quiet has not been called since 15 Nov",
    ]
    assert "secret" not in str(list(Notice.objects.values()))


def test_a_recipient_of_a_group_hears_of_that_group_alone() -> None:
    choose("x", group="Law")
    choose("x", address="all@example.com")
    assert recipients.who_chose("x", None) == ["all@example.com"]
    assert recipients.who_chose("x", "Tax") == ["all@example.com"]
    assert recipients.who_chose("x", "Law") == ["all@example.com", ADDRESS]


def an_unusual_day(**values: Any) -> UnusualDay:
    kept: dict[str, Any] = {
        "day": (NOW - timedelta(days=1)).date(),
        "kind": "endpoint",
        "key": "/a&b",
        "measure": "cost",
        "currency": "USD",
        "observed": "52.5",
        "usual": "12.25",
        "made_by": [["7", "40", "1.5"]],
        "found_at": NOW,
    }
    return UnusualDay.objects.create(**{**kept, **values})


class TestUnusualDays:
    @pytest.fixture(autouse=True)
    def chosen(self) -> None:
        """On each of the 28 days before yesterday one call, which cost 100."""
        choose("day.unusual")
        write(*(call(2 + day, cost="100", id=day + 1) for day in range(28)))

    def test_one_is_told_with_who_made_it(self) -> None:
        EndUser.objects.filter(pk=1).update(name="Ann")
        an_unusual_day(made_by=[["1", "40", "1.5"], ["99", "9", "4.9"], ["98", "5", "1"]])
        assert [find(NOW), find(NOW)] == [1, 0]
        assert told() == ["/a&b: USD\xa040.25 more than usual on 23 Nov"]
        notice = Notice.objects.get()
        message = OCCASIONS[notice.occasion].tell(notice.facts)
        day = "created_at_after=2026-11-23&created_at_before=2026-11-23"
        calls = f"/admin/stats/apiusagestats/?{day}&api_endpoint=%2Fa%26b"
        assert [(line.label, line.value, line.path) for line in message.lines] == [
            ("Cost", "USD\xa052.50", f"{calls}&currency=USD"),
            ("Usually", "USD\xa012.25", f"/admin/reports/unusual/?{day}"),
            ("More by Ann", "USD\xa038.50", f"{calls}&user_id=1&currency=USD"),
            ("More by User 99", "USD\xa04.10", f"{calls}&user_id=99&currency=USD"),
        ]
        with translation.override("zh-hant"):
            chinese = OCCASIONS[notice.occasion].tell(notice.facts)
        assert [line.label for line in chinese.lines[2:]] == ["Ann 多出", "使用者 99 多出"]

    def test_a_day_of_somebody_without_a_name(self) -> None:
        an_unusual_day(kind="user", key="99", made_by=[])
        find(NOW)
        assert told() == ["User 99: USD\xa040.25 more than usual on 23 Nov"]
        with translation.override("zh-hant"):
            assert told() == ["11月23日 使用者 99：成本比平常多 USD\xa040.25"]

    def test_a_name_adds_no_line(self) -> None:
        EndUser.objects.filter(pk=1).update(name="Ann\r\nUsually: USD 0.01")
        an_unusual_day(kind="user", key="1", made_by=[["/a\nb", "40", "1.5"]])
        find(NOW)
        notice = Notice.objects.get()
        lines = mail_of([notice], Recipient(address=ADDRESS, language="en")).body.splitlines()
        assert lines[0] == "Ann Usually: USD 0.01: USD\xa040.25 more than usual on 23 Nov"
        assert [line for line in lines if "Usually:" in line][1:] == ["Usually: USD\xa012.25"]
        assert "More by /a b: USD\xa038.50" in lines

    def test_a_count(self) -> None:
        an_unusual_day(kind="all", key="", measure="failures", currency="", made_by=[])
        find(NOW)
        assert told() == ["All together: 40 more failures than usual on 23 Nov"]

    @pytest.mark.parametrize(
        "values",
        [
            # It was expected; it is no news; it is not over.
            {"expected_at": NOW},
            {"day": (NOW - timedelta(days=4)).date()},
            {"day": NOW.date()},
            # A tenth of 100 were needed; of a currency that nothing costs, 1; of calls, a tenth.
            {"observed": "22.24"},
            {"observed": "13.24", "currency": "EUR"},
            {"measure": "calls", "currency": "", "observed": "12.30"},
        ],
    )
    def test_what_is_no_news(self, values: dict[str, Any]) -> None:
        an_unusual_day(**values)
        assert find(NOW) == 0

    @pytest.mark.parametrize(
        "values",
        [
            {"day": (NOW - timedelta(days=3)).date()},
            {"observed": "22.25"},
            {"observed": "13.25", "currency": "EUR"},
            {"measure": "calls", "currency": "", "observed": "12.35"},
        ],
    )
    def test_what_is(self, values: dict[str, Any]) -> None:
        an_unusual_day(**values)
        assert find(NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_a_forecast_that_reaches_a_threshold(settings: Any) -> None:
    """One a day for 16 weeks, and 24 days of November gone: 30 are expected."""
    settings.FOLD_MARGIN_SECONDS = 0
    write(*(call(day, cost="1") for day in range(112)))
    fold(NOW)
    terms = Terms(
        amount=Decimal(30), thresholds=(100,), forecast_thresholds=(90, 120), mails=[ADDRESS]
    )
    set_budget("all", Whose(currency="USD"), terms, NOW)
    assert crossings.find(NOW) == 0
    assert [crossings.find_expected(NOW), crossings.find_expected(NOW)] == [1, 0]
    crossing = BudgetCrossing.objects.get()
    assert (crossing.kind, crossing.threshold, crossing.reached) == ("forecast", 90, Decimal(30))
    assert told() == ["Budget “all” may reach 90\u202f% in November 2026"]


@pytest.mark.django_db(transaction=True)
def test_a_forecast_of_what_is_spent_already_is_not_told(settings: Any) -> None:
    """24 are spent and 30 expected."""
    settings.FOLD_MARGIN_SECONDS = 0
    write(*(call(day, cost="1") for day in range(112)))
    fold(NOW)
    for name, thresholds in (("late", (50, 80)), ("early", (50, 80, 100))):
        terms = Terms(
            amount=Decimal(30), thresholds=(80,), forecast_thresholds=thresholds, mails=[ADDRESS]
        )
        set_budget(name, Whose(currency="USD"), terms, NOW)
    assert [crossings.find_expected(NOW), crossings.find(NOW)] == [5, 2]
    assert told() == [
        "Budget “early” may reach 100\u202f% in November 2026",
        "Budget “early” has reached 80\u202f% in November 2026",
        "Budget “late” has reached 80\u202f% in November 2026",
    ]
    assert [crossings.find_expected(NOW), crossings.find(NOW)] == [0, 0]


def test_what_is_crossed_at_once_is_one_notice() -> None:
    write(call(1, cost="9"))
    terms = Terms(amount=Decimal(10), thresholds=(50, 80, 100), mails=[ADDRESS])
    set_budget("all", Whose(currency="USD"), terms, NOW)
    assert crossings.find(NOW) == 2
    assert told() == ["Budget “all” has reached 80\u202f% in November 2026"]
    write(call(1, cost="1"))
    assert crossings.find(NOW) == 1
    assert told() == [
        "Budget “all” has reached 80\u202f% in November 2026",
        "Budget “all” has reached 100\u202f% in November 2026",
    ]


def test_each_is_told_in_both_languages() -> None:
    facts = {
        "budget": "b", "budget_id": 1, "currency": "USD", "period": "2026-11-01", "kind": "spent",
        "threshold": 50, "reached": "1", "amount": "2", "left": "1", "service": "s", "prefix": "p",
        "expires": "2026-12-01T00:00:00+00:00", "endpoint": "/a", "last_day": "2026-11-01",
        "day": "2026-11-01", "rate": 5.0, "usual_rate": 1.0, "job": "fold",
        "ended_at": "2026-12-01T00:00:00+00:00", "asked_by": "me",
        "first": "2026-10-01", "through": "2026-10-31", "group": None,
    }  # fmt: skip
    made_by = [{"kind": "user", "key": "1", "name": "Ann", "observed": "3", "usual": "0"}]
    unusual = {
        "kind": "all", "key": "", "name": "", "measure": "cost", "observed": "3.5", "usual": "1.25",
        "made_by": made_by,
    }  # fmt: skip
    for occasion in OCCASIONS.values():
        told = facts | (unusual if occasion.name == "day.unusual" else {})
        english = occasion.tell(told)
        with translation.override("zh-hant"):
            chinese = occasion.tell(told)
        assert english.subject != chinese.subject
        for one, other in zip(english.lines, chinese.lines, strict=True):
            assert one.label != other.label
            assert one.path == other.path
            assert one.path.startswith("/admin/") or not one.path
        assert all(line.path for line in english.lines[:1])
