"""manage.py run_jobs: what it runs, what it says, and what is noted."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from stats.core.sentences import Sentence, text_of
from stats.models import DayTotal, FoldState, ScheduledJob
from stats.scheduled import claims, runner
from stats.scheduled.job import Job, JobFailedError, Run, every
from stats.scheduled.jobs import fold
from stats.scheduled.registry import JOBS
from stats.scheduled.runner import Runner
from tests.ledger import row, write
from tests.processes import PROJECT

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
Outcome = Iterable[Sentence]
# Each is called like its file.
NAMES = sorted(file.stem for file in (PROJECT / "stats/scheduled/jobs").glob("[a-z]*.py"))


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0


def run_jobs() -> str:
    out = StringIO()
    call_command("run_jobs", stdout=out)
    return out.getvalue()


def row_of(name: str) -> ScheduledJob:
    return ScheduledJob.objects.get(name=name)


def started(name: str) -> datetime:
    at = row_of(name).started_at
    assert at
    return at


def next_run(name: str) -> datetime:
    at = row_of(name).next_run_at
    assert at
    return at


def new_job(name: str, run: Any) -> Job:
    return Job(name, gettext_lazy("Tidy up"), every(timedelta(hours=1)), run)


def outcome_of(name: str) -> str:
    return text_of(row_of(name).outcome)


def run_all(*jobs: Job) -> Runner:
    one = Runner(timezone.now, threading.Event(), jobs)
    one.run_due()
    one.finish()
    return one


def test_all_jobs_are_found_and_run() -> None:
    assert sorted(job.name for job in JOBS) == NAMES
    run_jobs()
    assert (
        sorted(ScheduledJob.objects.filter(has_failed=False).values_list("name", flat=True))
        == NAMES
    )
    assert not ScheduledJob.objects.exclude(claimed_by="").exists()


def test_new_calls_are_folded_in_each_round() -> None:
    write(row())
    for number in (1, 2):
        run_all(fold.JOB)
        assert outcome_of("fold").endswith("Newer ids left: 0.")
        assert FoldState.objects.get().folded_to == number
        write(row())


def test_what_is_not_due_is_not_run() -> None:
    run_jobs()
    before = row_of("verify")
    run_jobs()
    assert row_of("verify").started_at == before.started_at
    assert started("fold") > started("verify")


def test_days_that_differ_fail_the_verification() -> None:
    write(row(), row())
    call_command("fold_usage")
    DayTotal.objects.update(calls=7)
    with pytest.raises(CommandError, match=r"Failed: verify; see the log\.") as caught:
        run_jobs()
    assert caught.value.returncode == 1
    assert row_of("verify").has_failed
    assert outcome_of("verify").startswith("1 days differ. ")


def test_a_failure_is_noted_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def break_down(_run: Run) -> Outcome:
        raise ZeroDivisionError("a secret of somebody")

    def refuse(_run: Run) -> Outcome:
        raise JobFailedError(Sentence("There is nothing to tidy."))

    with caplog.at_level(logging.ERROR):
        one = run_all(
            new_job("a", break_down),
            new_job("b", refuse),
            new_job("c", lambda _run: [Sentence("Tidy.")]),
        )
    assert one.failed == {"a", "b"}
    assert [outcome_of(name) for name in "abc"] == [
        "ZeroDivisionError: see the log.",
        "There is nothing to tidy.",
        "Tidy.",
    ]
    assert "a secret of somebody" in caplog.text
    assert next_run("a") < next_run("b")


def test_a_long_job_holds_up_no_other_and_keeps_its_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits for another, which could not run if jobs ran one after another."""
    monkeypatch.setattr(runner, "SECONDS_TO_RENEW", 0.01)
    other_ended = threading.Event()

    def wait(_run: Run) -> Outcome:
        assert other_ended.wait(60)
        return [Sentence("Waited.")]

    def end(_run: Run) -> Outcome:
        other_ended.set()
        return [Sentence("Ended.")]

    run_all(new_job("a", wait), new_job("b", end))
    assert [outcome_of(name) for name in "ab"] == ["Waited.", "Ended."]


def test_a_job_that_is_stopped_stays_due() -> None:
    stop = threading.Event()

    def work(run: Run) -> Outcome:
        stop.set()
        run.go_on()
        raise AssertionError

    one = Runner(timezone.now, stop, [new_job("a", work)])
    one.run_due()
    one.finish()
    assert (row_of("a").claimed_by, row_of("a").next_run_at) == ("", None)
    assert not one.failed


def test_a_database_that_does_not_answer_at_the_end_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> bool:
        raise OperationalError("gone away")

    monkeypatch.setattr(claims, "finish", fail)
    assert run_all(new_job("a", lambda _run: [Sentence("Tidy.")])).failed == {"a"}
    assert "The end of job a is not noted" in caplog.text


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e999"])
@pytest.mark.parametrize("command", ["run_jobs", "fold_usage"])
def test_a_loop_without_an_interval_is_refused(command: str, seconds: str) -> None:
    with pytest.raises(CommandError, match="--loop"):
        call_command(command, "--loop", seconds)
