"""What the job finds of the day that has ended, and what it keeps."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError

from stats.models import ExaminedDays, Notice, Recipient, UnusualDay
from stats.notices import finding as occasions
from stats.scheduled.job import Run
from stats.scheduled.jobs.unusual_days import JOB
from stats.unusual import finding, keeping
from tests.ledger import row, write

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 0, 25, tzinfo=UTC)
LAST = date(2026, 11, 23)
ANN, BOB, CAT = 1, 2, 3
Row = dict[str, Any]


def noons(days: int, **values: Any) -> Iterator[Row]:
    """A call at noon of each of the last days, that of `LAST` included."""
    for ago in range(days):
        yield row(**values, created_at=noon(LAST - timedelta(ago)))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)


def usual(days: int = 80) -> list[Row]:
    return [
        *noons(days, user_id=ANN, cost="2", api_endpoint="/a"),
        *noons(days, user_id=BOB, cost="5", api_endpoint="/b"),
    ]


def found() -> dict[tuple[str, str, str], UnusualDay]:
    keeping.find_and_keep(NOW)
    return {(one.kind, one.key, one.measure): one for one in UnusualDay.objects.all()}


def test_days_as_usual() -> None:
    write(*usual())
    assert found() == {}


def test_everybody_the_user_and_the_endpoint_that_cost_more() -> None:
    write(*usual(), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    days = found()
    assert set(days) == {("all", "", "cost"), ("user", "1", "cost"), ("endpoint", "/a", "cost")}
    everybody = days["all", "", "cost"]
    assert (everybody.day, everybody.currency) == (LAST, "USD")
    assert everybody.observed == Decimal(37)
    assert float(everybody.usual) == pytest.approx(7, abs=0.01)
    assert [[key, float(amount)] for key, amount, _usual in everybody.made_by] == [["1", 32.0]]
    assert [key for key, *_amounts in days["user", "1", "cost"].made_by] == ["/a"]
    assert [key for key, *_amounts in days["endpoint", "/a", "cost"].made_by] == ["1"]


def test_each_currency_by_itself() -> None:
    write(
        *usual(),
        *noons(80, user_id=CAT, cost="3", prompt_price_unit="EUR", api_endpoint="/a"),
        row(
            user_id=CAT, cost="9", prompt_price_unit="EUR", api_endpoint="/a", created_at=noon(LAST)
        ),
    )
    assert {one.currency for one in found().values()} == {"EUR"}


def test_calls_and_failures_far_above_the_usual() -> None:
    """Not a few more, which is chance."""
    failed = {"user_id": BOB, "cost": None, "api_endpoint": "/b", "success": False}
    write(*usual(), *noons(80, **failed), *(row(**failed, created_at=noon(LAST)),) * 3)
    assert found() == {}
    write(*(row(**failed, created_at=noon(LAST)),) * 9)
    days = found()
    assert {measure for _kind, _key, measure in days} == {"calls", "failures"}
    failures = days["all", "", "failures"]
    assert failures.observed == Decimal(13)
    assert (round(failures.usual), failures.currency) == (1, "")


def test_without_six_weeks_nothing_is_known() -> None:
    write(*usual(40), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    assert found() == {}


def test_whoever_has_little_makes_no_news() -> None:
    write(
        *usual(),
        *noons(80, user_id=CAT, cost="0.01", api_endpoint="/a"),
        row(user_id=CAT, cost="0.04", api_endpoint="/a", created_at=noon(LAST)),
    )
    assert ("user", "3", "cost") not in found()


def test_a_day_that_still_runs_is_not_told() -> None:
    write(
        *usual(),
        row(user_id=ANN, cost="90", api_endpoint="/a", created_at=NOW.replace(tzinfo=None)),
    )
    assert found() == {}


def test_each_is_kept_once_as_it_was_found() -> None:
    write(*usual(), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    assert keeping.find_and_keep(NOW) == 3
    write(row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    assert keeping.find_and_keep(NOW + timedelta(days=1)) == 0
    assert {one.found_at for one in UnusualDay.objects.all()} == {NOW}
    assert UnusualDay.objects.get(kind="all").observed == 37


def far_above_its_usual(*ago: int) -> list[Row]:
    days = [noon(LAST - timedelta(days=days)) for days in ago]
    return [row(user_id=ANN, cost="30", api_endpoint="/a", created_at=day) for day in days]


def ago_of_found() -> set[int]:
    keeping.find_and_keep(NOW)
    return {(LAST - one.day).days for one in UnusualDay.objects.all()}


def examined_since() -> int:
    """Days before the last one."""
    return (LAST - ExaminedDays.objects.get().since).days


class TestWhichDays:
    def test_at_first_five_weeks_back(self) -> None:
        write(*usual(120), *far_above_its_usual(0, 20, 34, 36))
        assert ago_of_found() == {0, 20, 34}
        assert examined_since() == 34

    def test_at_first_those_with_six_weeks_before_them(self) -> None:
        write(*usual(60), *far_above_its_usual(17, 19))
        assert ago_of_found() == {17}
        assert examined_since() == 17

    def test_without_a_history_none(self) -> None:
        write(*usual(40))
        assert ago_of_found() == set()
        assert not ExaminedDays.objects.exists()

    def test_later_the_last_three_alone(self) -> None:
        write(*usual(120))
        assert ago_of_found() == set()
        write(*far_above_its_usual(2, 4))
        assert ago_of_found() == {2}
        assert examined_since() == 34

    def test_those_that_were_missed(self) -> None:
        write(*usual(120), *far_above_its_usual(9, 11))
        gone = LAST - timedelta(days=10)
        ExaminedDays.objects.create(pk=1, since=gone - timedelta(days=90), through=gone)
        assert ago_of_found() == {9}
        assert examined_since() == 100

    def test_a_gap_that_is_too_long_begins_anew(self) -> None:
        write(*usual(120), *far_above_its_usual(30, 36))
        gone = LAST - timedelta(days=40)
        ExaminedDays.objects.create(pk=1, since=gone - timedelta(days=90), through=gone)
        assert ago_of_found() == {30}
        assert examined_since() == 34

    def test_of_old_ones_nobody_is_told(self) -> None:
        """Those of the last days, as ever."""
        address = "a@example.com"
        Recipient.objects.create(address=address, occasions=["day.unusual"])
        write(*usual(120), *far_above_its_usual(0, 20))
        assert ago_of_found() == {0, 20}
        assert occasions.find(NOW) == 3
        assert {one.facts["day"] for one in Notice.objects.all()} == {str(LAST)}


def test_a_job_that_stood_still_looks_at_the_days_it_missed() -> None:
    day = LAST - timedelta(days=2)
    write(*usual(), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(day)))
    assert {one.day for one in found().values()} == {day}


class TestExpected:
    def test_it_counts_no_more_against_the_usual(self) -> None:
        """A week of campaign is learnt from, unless somebody expected it."""
        days = [LAST - timedelta(days=ago) for ago in range(2, 8)]
        campaign = [
            row(user_id=ANN, cost="60", api_endpoint="/a", created_at=noon(day)) for day in days
        ]
        write(*usual(), *campaign)
        write(row(user_id=ANN, cost="9", api_endpoint="/a", created_at=noon(LAST)))
        ExaminedDays.objects.create(pk=1, since=LAST - timedelta(days=40), through=LAST)
        assert ("all", "", "cost") not in found()
        for day in days:
            keep_expected(day)
        found()
        assert UnusualDay.objects.filter(day=LAST, kind="all", measure="cost").exists()

    def test_who_said_so_stands_with_the_note_and_can_be_taken_back(self) -> None:
        one = keep_expected(LAST)
        assert (one.expected_by, one.note, one.expected_at) == ("ann", "campaign", NOW)
        assert not keeping.expect(one.pk, "bob", "mine", NOW)
        assert keeping.take_back(one.pk)
        assert not keeping.take_back(one.pk)
        one.refresh_from_db()
        assert (one.expected_by, one.note, one.expected_at) == ("", "", None)


def keep_expected(day: date) -> UnusualDay:
    one = UnusualDay.objects.create(
        day=day, kind="all", measure="cost", currency="USD", observed=67, usual=7, found_at=NOW
    )
    assert keeping.expect(one.pk, "ann", "campaign", NOW)
    one.refresh_from_db()
    return one


def test_the_job_runs_within_an_hour_of_the_day_s_end(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    late = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    end_of_day = datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert timedelta() < JOB.next_after(late) - end_of_day < timedelta(hours=1)


def test_the_job_says_what_it_found() -> None:
    write(*usual(), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    said = JOB.run(Run(lambda: NOW, Event()))
    assert " ".join(map(str, said)) == "Newly found unusual days: 3."


def test_two_processes_that_find_the_same_keep_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one keeps all of it just before the first does."""
    write(*usual(), row(user_id=ANN, cost="30", api_endpoint="/a", created_at=noon(LAST)))
    found = list(finding.find(LAST, {}))
    assert keeping.find_and_keep(NOW) == 3
    monkeypatch.setattr(keeping, "find", lambda day, _expected: found if day == LAST else [])
    assert keeping.find_and_keep(NOW) == 0
    assert UnusualDay.objects.count() == 3


def test_the_database_holds_no_day_twice() -> None:
    one = keep_expected(LAST)
    one.pk = None
    with pytest.raises(IntegrityError):
        one.save(force_insert=True)
