"""Who may run a job and when it runs again, on a clock of the tests' own."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils.translation import gettext_lazy

from stats.core.sentences import Sentence, text_of
from stats.models import ScheduledJob
from stats.scheduled import claims
from stats.scheduled.job import Job, Schedule, daily, every

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
HOURLY = every(HOUR)


def new_job(next_after: Schedule = HOURLY) -> Job:
    job = Job("tidy", gettext_lazy("Tidy up"), next_after, lambda _run: [Sentence("Tidy.")])
    claims.make_rows([job])
    return job


def ended(job: Job, started: datetime, **outcome: Any) -> ScheduledJob:
    assert claims.claim(job, "a", started)
    assert claims.finish(job, "a", started, started + 7 * SECOND, [Sentence("Tidy.")], **outcome)
    return ScheduledJob.objects.get()


def test_one_process_gets_a_new_job() -> None:
    job = new_job()
    assert [claims.claim(job, process, NOW) for process in "ab"] == [True, False]


def test_rows_are_made_once() -> None:
    job = new_job()
    assert claims.claim(job, "a", NOW)
    claims.make_rows([job])
    assert ScheduledJob.objects.get().claimed_by == "a"


def test_a_run_that_ended_is_noted_and_the_next_is_an_interval_after_its_start() -> None:
    job = new_job()
    row = ended(job, NOW, has_failed=False)
    assert (row.started_at, row.ended_at, row.duration_ms) == (NOW, NOW + 7 * SECOND, 7_000)
    assert (row.has_failed, row.next_run_at) == (False, NOW + HOUR)
    assert text_of(row.outcome) == "Tidy."
    assert not claims.claim(job, "b", NOW + HOUR - SECOND)
    assert claims.claim(job, "b", NOW + HOUR)


def test_a_dead_process_loses_its_claim() -> None:
    job = new_job()
    claims.claim(job, "dead", NOW)
    assert not claims.claim(job, "b", NOW + claims.CLAIM - SECOND)
    assert claims.claim(job, "b", NOW + claims.CLAIM)
    assert not claims.finish(job, "dead", NOW, NOW + MINUTE, [Sentence("Late.")], has_failed=False)
    assert ScheduledJob.objects.get().outcome == ""


def test_a_process_that_lives_keeps_it() -> None:
    job = new_job()
    claims.claim(job, "a", NOW)
    claims.renew([job.name], "a", NOW + claims.CLAIM - SECOND)
    claims.renew([job.name], "b", NOW + HOUR)
    assert not claims.claim(job, "b", NOW + claims.CLAIM)
    assert claims.claim(job, "b", NOW + 2 * claims.CLAIM)


def test_a_stopped_run_is_due_at_once() -> None:
    job = new_job()
    claims.claim(job, "a", NOW)
    claims.release(job, "b")
    assert not claims.claim(job, "b", NOW)
    claims.release(job, "a")
    assert claims.claim(job, "b", NOW)


def test_an_error_that_may_pass_is_tried_again_soon() -> None:
    row = ended(new_job(), NOW, has_failed=True, may_pass=True)
    assert row.next_run_at == NOW + 7 * SECOND + claims.RETRY


def test_an_error_that_lasts_waits_for_the_next_run() -> None:
    row = ended(new_job(), NOW, has_failed=True)
    assert row.next_run_at == NOW + HOUR


def test_soon_is_never_later_than_the_next_run() -> None:
    row = ended(new_job(every(MINUTE)), NOW, has_failed=True, may_pass=True)
    assert row.next_run_at == NOW + MINUTE


@pytest.mark.parametrize("is_running", [True, False])
def test_a_clock_that_was_a_year_ahead_holds_up_nothing(is_running: bool) -> None:
    job = new_job()
    ahead = NOW + timedelta(days=365)
    if is_running:
        claims.claim(job, "a", ahead)
    else:
        ended(job, ahead, has_failed=False)
    assert claims.claim(job, "b", NOW)


class TestDaily:
    @pytest.fixture(autouse=True)
    def berlin(self, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"

    @pytest.mark.parametrize(
        ("start", "next_run"),
        [
            ("2026-11-24 00:10", "2026-11-24 02:30"),
            ("2026-11-24 02:30", "2026-11-25 02:30"),
            ("2026-11-24 23:59", "2026-11-25 02:30"),
            # 02:30 comes twice, then not at all.
            ("2026-10-24 12:00", "2026-10-25 02:30"),
            ("2026-03-28 12:00", "2026-03-29 03:30"),
        ],
    )
    def test_it_is_a_time_of_the_local_day(self, start: str, next_run: str) -> None:
        from stats.core.zones import reading_zone

        begun = datetime.fromisoformat(start).replace(tzinfo=reading_zone())
        found = daily(time(2, 30))(begun).astimezone(UTC).astimezone(reading_zone())
        assert found.strftime("%Y-%m-%d %H:%M") == next_run
        assert found > begun
