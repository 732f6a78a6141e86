"""Months are closed, adjusted and reopened."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import translation

from stats.closings import comparing, purging, reopening, zone
from stats.closings.bundling import table_faults
from stats.closings.chain import ClosingError, Signer
from stats.core.sentences import text_of
from stats.models import APIUsageStats, ClosedLine, ClosingEntry, EndUser, ScheduledJob
from stats.models.closings import EntryKind
from stats.rollups.purging import purge
from tests.closings.ledgers import (
    ANN,
    BOB,
    NOW,
    OCTOBER,
    SEPTEMBER,
    administrator,
    call,
    close,
    execute,
    known,
    signed_and_adjusted,
    verified,
)
from tests.ledger import write
from tests.rollups.folded import fold_all

# No chunk is recounted any more.
LATER = NOW.replace(hour=20)
pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.fixture
def calls() -> None:
    """Figures of which no two are alike."""
    write(
        call("8.0000", user_id=2, month=9, day=30),
        call("1.0001", user_id=1, api_endpoint="/a", prompt_tokens=3, total_tokens=8),
        call("2.0000", user_id=1, api_endpoint="/a", success=False),
        call("4.0000", user_id=1, api_endpoint="/b", prompt_price_unit="EUR"),
        call("0", user_id=2, prompt_unit_price=None, completion_tokens=40),
        call("0", user_id=2, prompt_tokens=0, completion_tokens=0, total_tokens=0),
    )
    verified()


@pytest.mark.usefixtures("calls")
class TestClosing:
    def test_lines_are_what_is_known(self) -> None:
        entry = close()
        assert (entry.place, entry.kind, entry.line_count) == (1, EntryKind.CLOSING, 3)
        assert (entry.made_by, entry.account_id) == ("ann", 1)
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)
        (line,) = ClosedLine.objects.filter(user_id=1, endpoint="/a")
        assert (line.calls, line.failures, line.cost_units) == (2, 1, 30_001)
        totals = {total.currency: total for total in entry.totals.all()}
        assert totals["EUR"].cost_units == 40_000
        assert (totals["USD"].unpriced_calls, totals["USD"].no_usage_calls) == (1, 1)

    def test_names_are_those_of_the_day(self) -> None:
        close()
        EndUser.objects.filter(pk=1).update(name="married")
        write(call("0.5", user_id=1, api_endpoint="/late"), call("0.25", user_id=9))
        verified()
        names = ClosedLine.objects.filter(entry_id=2).values_list("user_id", "user_name")
        assert sorted(names) == [(1, "number 1"), (9, "number 9")]

    def test_unknown_costs_are_accepted_by_their_number(self) -> None:
        administrator("ann")
        with pytest.raises(
            CommandError, match=r"2 calls is not known: 1 unpriced, 0 r.* --accept-unknown 2"
        ):
            call_command("close_month", "2026-10", "--by", "ann")
        assert "2026-10 is closed" in said(
            "close_month", "2026-10", "--by", "ann", "--accept-unknown", "2"
        )

    @pytest.mark.parametrize(
        ("month", "sentence"),
        [("2026-12", "is not over")]
        + [(text, "like 2026-10") for text in ("2026-1", "0001-01", "1999-12", "9999-12")],
    )
    def test_what_is_no_month_that_is_over(self, month: str, sentence: str) -> None:
        administrator("ann")
        with pytest.raises(CommandError, match=sentence):
            call_command("close_month", month, "--by", "ann")

    def test_not_twice(self) -> None:
        close()
        with pytest.raises(ClosingError, match="closed already"):
            close()

    def test_calls_that_are_not_folded(self) -> None:
        write(call())
        with pytest.raises(ClosingError, match="fold_usage"):
            close()

    def test_not_verified_since_it_ended(self) -> None:
        verified(datetime(2026, 10, 31, 23, tzinfo=UTC))
        with pytest.raises(ClosingError, match="not verified since it ended"):
            close()

    def test_differences(self) -> None:
        execute("DELETE FROM dt_api_usage_stats WHERE api_endpoint = '/b'")
        verified(LATER)
        with pytest.raises(ClosingError, match="--repair"):
            close(now=LATER)
        close(SEPTEMBER, now=LATER)

    def test_who_has_no_right(self) -> None:
        User.objects.create_user("eve", is_staff=True)
        for name, sentence in (("eve", "no right"), ("nobody", "no account nobody")):
            with pytest.raises(CommandError, match=sentence):
                call_command("close_month", "2026-10", "--by", name)

    def test_a_month_without_calls(self) -> None:
        assert close(date(2026, 7, 1)).line_count == 0


@pytest.mark.usefixtures("calls")
class TestAdjustments:
    def test_a_late_call_and_a_deleted_one(self) -> None:
        close()
        write(call("0.7500", user_id=2, api_endpoint="/a"))
        execute("DELETE FROM dt_api_usage_stats WHERE api_endpoint = '/b'")
        told = said("verify_usage")
        assert "Rebuilt, since its month is closed: 2026-10-05" in told
        assert "Adjusted: 2026-10, 2 lines" in told
        found = ClosedLine.objects.filter(entry_id=2).order_by("number")
        columns = ("user_id", "endpoint", "currency", "calls", "cost_units")
        assert list(found.values_list(*columns)) == [
            (1, "/b", "EUR", -1, -40_000),
            (2, "/a", "USD", 1, 7_500),
        ]
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)
        # What is adjusted is not found again.
        assert "Adjusted" not in said("verify_usage")

    def test_days_of_open_months_still_want_a_repair(self) -> None:
        close()
        execute("DELETE FROM dt_api_usage_stats WHERE cost = 8")
        with pytest.raises(CommandError, match="1 days differ"):
            call_command("verify_usage")

    def test_a_purge_is_no_difference(self) -> None:
        close()
        fold_all(now=LATER)
        with pytest.raises(ClosingError, match="Not closed: 2026-09"):
            purging.refuse_open_months(date(2026, 11, 1))
        with pytest.raises(CommandError, match="--open-months-too"):
            call_command("purge_calls", "--before", "2026-11-01")
        close(SEPTEMBER)
        purging.refuse_open_months(date(2026, 11, 1))
        before = signed_and_adjusted(OCTOBER)
        assert purge(date(2026, 11, 1), LATER) == 6
        assert comparing.settle((), LATER) == comparing.Settled([], [])
        assert signed_and_adjusted(OCTOBER) == before

    def test_a_purge_wants_a_reopened_month_closed_again(self) -> None:
        close()
        close(SEPTEMBER)
        fold_all(now=LATER)
        assert purge(date(2026, 10, 1), LATER)
        reopening.request(SEPTEMBER, ANN, "a wrong price", NOW)
        reopening.agree(SEPTEMBER, BOB, NOW)
        with pytest.raises(ClosingError, match="Not closed: 2026-09"):
            purging.refuse_open_months(date(2026, 10, 1))
        purging.refuse_open_months(date(2026, 9, 1))

    def test_a_late_post_is_taken_with_a_warning(self) -> None:
        late = {"user_id": 1, "api_endpoint": "/a", "cost": "1", "prompt_tokens": 1}
        of_october = {**late, "created_at": "2026-10-31T23:59:59Z"}
        assert _warnings(of_october) == ()
        close()
        assert _warnings(of_october) == ("closed-month",)
        assert _warnings({**late, "created_at": "2026-11-01T00:00:00Z"}) == ()
        reopening.request(OCTOBER, ANN, "a wrong price", NOW)
        reopening.agree(OCTOBER, BOB, NOW)
        assert _warnings(of_october) == ()

    def test_an_import_says_how_many_calls_come_late(self, tmp_path: Path) -> None:
        close()
        file = tmp_path / "calls.csv"
        file.write_text(
            "id,user_id,api_endpoint,created_at,total_tokens,cost\n"
            "a,1,/a,2026-10-01T00:00:00Z,7,0.5\n"
            "b,1,/a,2026-10-31T23:59:59Z,7,0.25\n"
            "c,1,/a,2026-11-01T00:00:00Z,7,0.125\n"
        )
        told = said("import_calls", "csv", str(file))
        assert "Warning closed-month: 2 rows." in told
        assert "Adjusted: 2026-10, 1 lines" in said("verify_usage")
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)

    def test_the_nightly_job_adjusts_and_says_so(self) -> None:
        close()
        execute("UPDATE dt_api_usage_stats SET user_id = 2 WHERE api_endpoint = '/b'")
        call_command("run_jobs")
        job = ScheduledJob.objects.get(name="verify")
        assert (job.has_failed, text_of(job.outcome)) == (
            False,
            "Rollups and calls agree. Closed months were adjusted: 2026-10.",
        )
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)


def _warnings(given: dict[str, Any]) -> tuple[str, ...]:
    from stats.ingest.recording import record_call

    call = record_call(given, NOW)
    APIUsageStats.objects.filter(pk=call.pk).delete()
    return tuple(call.usage_warnings)


@pytest.mark.usefixtures("calls")
class TestReopening:
    def test_two_people(self) -> None:
        close()
        ann, bob = administrator("ann"), administrator("bob")
        for sentence, arguments in (
            ("Nobody has asked", ("bob", "--agree")),
            ("A reason", ("ann", "--reason", " ")),
            ("", ("ann", "--reason", "a wrong price")),
            ("ann has asked already", ("bob", "--reason", "another")),
            ("another account has to agree", ("ann", "--agree")),
            ("", ("bob", "--agree")),
            ("not closed", ("bob", "--agree")),
        ):
            name, *rest = arguments
            if not sentence:
                assert said("reopen_month", "2026-10", "--by", name, *rest)
                continue
            with pytest.raises(CommandError, match=sentence):
                call_command("reopen_month", "2026-10", "--by", name, *rest)
        entries = ClosingEntry.objects.order_by("place").values_list("kind", "account_id")
        assert list(entries) == [("closing", 1), ("request", ann.pk), ("reopening", bob.pk)]

    @pytest.mark.parametrize("reason", ["", " ", "\x00", "\u200b\n\u202e", "x" * 501])
    def test_a_reason_can_be_read(self, reason: str) -> None:
        close()
        with pytest.raises(ClosingError, match="A reason of 1 to 500 characters"):
            reopening.request(OCTOBER, ANN, reason, NOW)
        assert ClosingEntry.objects.count() == 1

    def test_a_new_name_makes_no_second_person(self) -> None:
        close()
        reopening.request(OCTOBER, ANN, "a wrong price", NOW)
        for same in (Signer("anna", ANN.account_id), Signer(ANN.name, 7)):
            with pytest.raises(ClosingError, match="another account"):
                reopening.agree(OCTOBER, same, NOW)

    @pytest.mark.parametrize(
        ("language", "sentence"),
        [
            ("en", "The account bob was made after the request: one that was"),
            ("zh-hant", "帳號 bob 是在申請之後才建立的"),
        ],
    )
    def test_an_account_made_after_the_request_makes_no_second_person(
        self, language: str, sentence: str
    ) -> None:
        close()
        reopening.request(OCTOBER, Signer("ann", 77), "a wrong price", NOW)
        bob = User.objects.create_superuser("bob", date_joined=NOW + timedelta(seconds=1))
        eve = User.objects.create_superuser("eve", date_joined=NOW + timedelta(microseconds=1))
        with translation.override(language), pytest.raises(ClosingError) as refused:
            reopening.agree(OCTOBER, Signer.of(bob), NOW + timedelta(days=9))
        assert str(refused.value).startswith(sentence)
        assert reopening.agree(OCTOBER, Signer.of(eve), NOW + timedelta(days=9))

    def test_a_request_that_nobody_can_agree_to_is_no_dead_end(self) -> None:
        """Its account was the only one, say. An account made since may agree to the next one."""
        close()
        ann = Signer("ann", 77)
        reopening.request(OCTOBER, ann, "a wrong price", NOW)
        bob = Signer.of(User.objects.create_superuser("bob", date_joined=NOW + timedelta(days=1)))
        for days in (1, 6.9):
            with pytest.raises(ClosingError, match="After 7 days anybody may ask again"):
                reopening.request(OCTOBER, ann, "again", NOW + timedelta(days=days))
        later = NOW + timedelta(days=7)
        with pytest.raises(ClosingError, match="was made after"):
            reopening.agree(OCTOBER, bob, later)
        again = reopening.request(OCTOBER, ann, "again", later)
        with pytest.raises(ClosingError, match="ann has asked: another"):
            reopening.agree(OCTOBER, ann, later)
        assert reopening.agree(OCTOBER, bob, later).refers_to == again.place
        assert not list(table_faults())

    def test_a_reopened_month_is_closed_anew_with_what_is_known_then(self) -> None:
        close()
        reopening.request(OCTOBER, ANN, "a wrong price", NOW)
        reopening.agree(OCTOBER, BOB, NOW)
        write(call("0.5", user_id=3))
        verified()
        assert ClosingEntry.objects.count() == 3
        assert close().place == 4
        assert signed_and_adjusted(OCTOBER) == known(OCTOBER)


@pytest.mark.usefixtures("calls")
def test_the_zone_stays_while_months_are_closed() -> None:
    close()
    with override_settings(TIME_ZONE="Asia/Taipei"):
        assert "set TIME_ZONE=UTC again" in zone.change()
        with pytest.raises(ClosingError, match="TIME_ZONE"):
            comparing.settle((), NOW)
        with pytest.raises(CommandError, match="closed in the zone UTC"):
            call_command("rebuild_usage")
        (error,) = zone.check_zone(["default"])
        assert error.id == "stats.E004"
        reopening.request(OCTOBER, ANN, "we moved", NOW)
        reopening.agree(OCTOBER, BOB, NOW)
        assert zone.change() == ""
