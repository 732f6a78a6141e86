from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as project
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core.periods import DAY, local_day
from stats.demo import rows
from stats.demo.calls import USER_NAMES, plausible_calls
from stats.ingest.validation import NewCall
from stats.models import APIUsageStats, DemoRows, EndUser, Membership, TranslationJob
from stats.models.users_and_jobs import NO_END
from stats.query import engine
from stats.query.selection import Selection
from tests.generated import READING_ZONES
from tests.ledger import row, write

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
USERS = list(range(1, len(USER_NAMES) + 1))
JOBS = {user: [100 + user] for user in USERS}
MODELS: list[Any] = [APIUsageStats, TranslationJob, EndUser, DemoRows]


@pytest.fixture
def ledger(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a transaction around it, since removing calls makes their days' sums anew."""
    monkeypatch.setattr(rows, "CHUNK", 100)


def invented(count: int = 2_000, days: int = 30, seed: int = 1) -> list[NewCall]:
    return list(plausible_calls(USERS, JOBS, count, days, seed, NOW, TAIPEI))


def fill(calls: int = 250) -> list[int]:
    heard: list[int] = []
    rows.fill(calls, 30, 1, NOW, TAIPEI, heard.append)
    return heard


def counts() -> list[int]:
    return [model.objects.count() for model in MODELS]


# ── what is invented ────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_invents_the_same_calls() -> None:
    assert invented() == invented()
    assert invented(seed=1) != invented(seed=2)


def test_calls_are_plausible() -> None:
    calls = invented()
    job_owners = {job: user for user, jobs in JOBS.items() for job in jobs}
    for call in calls:
        assert call.user_id in USERS
        assert call.job_id is None or job_owners[call.job_id] == call.user_id
        assert call.total_tokens == (call.prompt_tokens or 0) + (call.completion_tokens or 0)
        assert call.cost is not None
        assert call.cost == round(call.cost, 4)
        assert call.success is (call.error_message is None)
    assert any(not call.success for call in calls)
    assert any(call.total_tokens and not call.cost for call in calls)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(READING_ZONES).map(ZoneInfo),
)
@settings(max_examples=50)
def test_calls_lie_on_the_days_asked_for_and_none_in_the_future(
    count: int, days: int, naive: datetime, zone: ZoneInfo
) -> None:
    now = naive.replace(tzinfo=UTC)
    calls = list(plausible_calls(USERS, JOBS, count, days, 1, now, zone))
    assert len(calls) == count
    times = [call.created_at for call in calls if call.created_at]
    assert times == sorted(times)
    assert times[-1] <= now
    assert local_day(times[0], zone) > local_day(now, zone) - days * DAY


def test_the_calls_of_today_lie_apart_up_to_now() -> None:
    """Not all that would come later lie in the last second."""
    times = [call.created_at for call in invented(20_000) if call.created_at]
    today = [moment for moment in times if local_day(moment, TAIPEI) == local_day(NOW, TAIPEI)]
    assert len(today) > 100
    assert max(Counter(today).values()) < 5
    assert NOW - today[-1] < timedelta(minutes=10)
    hours = Counter(moment.astimezone(TAIPEI).hour for moment in times)
    assert hours[10] > 8 * hours[20] > 8 * hours[3]


def test_it_shows_what_there_is_to_see() -> None:
    """An incident, a day of much more cost, another currency in the past, in a year and more."""
    calls = invented(40_000, days=400)
    failed, costs = Counter[date](), defaultdict[date, Decimal](Decimal)
    for call in calls:
        assert call.created_at
        assert call.cost is not None
        day = local_day(call.created_at, TAIPEI)
        failed[day] += not call.success
        costs[day] += call.cost if call.prompt_price_unit == "USD" else 0
    ((incident, failures), (_next, fewer)) = failed.most_common(2)
    assert incident == date(2026, 11, 16)
    assert failures > 3 * fewer
    assert max(costs, key=lambda day: costs[day]) == date(2026, 11, 23)
    assert {call.prompt_price_unit for call in calls[:9_000]} == {"USD", "TWD"}
    assert {call.prompt_price_unit for call in calls[-9_000:]} == {"USD"}
    assert len({day.replace(day=1) for day in costs}) == 14


def test_users_have_groups_and_one_moved(ledger: None) -> None:
    rows.fill(50, 60, 1, NOW, TAIPEI, lambda _count: None)
    users = list(EndUser.objects.order_by("pk"))
    assert sorted({user.group for user in users}) == [
        "",
        "Legal",
        "Marketing",
        "R&D",
        "Support",
        "Translation",
    ]
    ((moved, since),) = Membership.objects.filter(until__lt=NO_END).values_list("user", "until")
    assert (moved, since) == (users[4].pk, date(2026, 10, 16))
    rows.clear(lambda _count: None)
    assert not Membership.objects.exists()


# ── filling and clearing ────────────────────────────────────────────────────────────────────────


def test_an_empty_ledger_is_filled_and_cleared(ledger: None) -> None:
    assert not rows.is_present()
    assert fill() == [100, 100, 50]
    assert counts()[:3] == [250, 56, 14]
    assert rows.is_present()
    assert engine.total(Selection()).calls == 250
    heard: list[int] = []
    rows.clear(heard.append)
    assert sum(heard) == 250
    assert counts() == [0, 0, 0, 0]
    assert not rows.is_present()
    assert engine.total(Selection()).calls == 0


def test_more_demo_data_may_follow(ledger: None) -> None:
    fill()
    fill()
    assert APIUsageStats.objects.count() == 500
    rows.clear(lambda _count: None)
    assert counts() == [0, 0, 0, 0]


def test_a_ledger_with_real_calls_is_refused(ledger: None) -> None:
    write(row())
    before = counts()
    with pytest.raises(rows.DemoRefusedError):
        fill()
    assert counts() == before


def test_a_ledger_with_one_real_call_among_demo_calls_is_refused(ledger: None) -> None:
    fill()
    write(row(user_id=EndUser.objects.order_by("pk")[0].pk))
    before = counts()
    with pytest.raises(rows.DemoRefusedError):
        fill()
    assert counts() == before


def test_clearing_leaves_real_calls_and_those_they_belong_to(ledger: None) -> None:
    fill()
    user, job = EndUser.objects.order_by("pk")[0], TranslationJob.objects.order_by("pk")[0]
    write(row(user_id=user.pk, job_id=job.pk))
    rows.clear(lambda _count: None)
    assert [call.user_id for call in APIUsageStats.objects.all()] == [user.pk]
    assert list(TranslationJob.objects.all()) == [job]
    assert user in EndUser.objects.all()
    assert not rows.is_present()


def test_adopted_mode_is_refused(ledger: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ADOPTED", True)
    with pytest.raises(rows.DemoRefusedError, match="ADOPTED=1"):
        fill()
    assert counts() == [0, 0, 0, 0]


def test_clearing_what_is_not_there_does_nothing(ledger: None) -> None:
    write(row(created_at=NOW.replace(tzinfo=None) - timedelta(days=1)))
    before = counts()
    rows.clear(lambda _count: None)
    assert counts() == before
