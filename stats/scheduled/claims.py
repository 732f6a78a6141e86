"""The only writer of `ScheduledJob`: who may run a job, and how it ended.

A claim is an UPDATE that finds the row free, so that of several processes one gets it. It ends by
itself if its process dies.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from stats.core.sentences import Sentence, stored
from stats.models import ScheduledJob
from stats.rollups.state import CLOCKS_DIFFER
from stats.scheduled.job import Job

# For so long a job stays claimed by a process that no longer renews the claim.
CLAIM = timedelta(seconds=30)
# After an error that may pass, such as a database that does not answer.
RETRY = timedelta(minutes=5)


def make_rows(jobs: Iterable[Job]) -> None:
    """A row for each job that has none."""
    rows = [ScheduledJob(name=job.name) for job in jobs]
    ScheduledJob.objects.bulk_create(rows, ignore_conflicts=True)


def claim(job: Job, process: str, now: datetime) -> bool:
    """Whether the job is due and nobody else runs it: then it is this process's."""
    is_due = (
        Q(next_run_at__isnull=True)
        | Q(next_run_at__lte=now)
        | Q(started_at__gt=now + CLOCKS_DIFFER)
    )
    is_free = (
        Q(claimed_until__isnull=True)
        | Q(claimed_until__lte=now)
        | Q(claimed_until__gt=now + CLAIM + CLOCKS_DIFFER)
    )
    row = ScheduledJob.objects.filter(is_due & is_free, name=job.name)
    return bool(row.update(claimed_by=process, claimed_until=now + CLAIM, started_at=now))


def renew(names: Collection[str], process: str, now: datetime) -> None:
    """Keep the claims of running jobs."""
    rows = ScheduledJob.objects.filter(name__in=names, claimed_by=process)
    rows.update(claimed_until=now + CLAIM)


def release(job: Job, process: str) -> None:
    """Give up the claim of a run that was stopped; the job stays due."""
    _row(job, process).update(claimed_by="", claimed_until=None)


def finish(
    job: Job,
    process: str,
    started: datetime,
    now: datetime,
    outcome: Iterable[Sentence],
    *,
    has_failed: bool,
    may_pass: bool = False,
) -> bool:
    """Note the end of a run. False if the claim was lost meanwhile: then nothing is noted.

    After an error that `may_pass` the job runs again soon.
    """
    next_run = job.next_after(started)
    if may_pass:
        next_run = min(next_run, now + RETRY)
    return bool(
        _row(job, process).update(
            claimed_by="",
            claimed_until=None,
            ended_at=now,
            duration_ms=max(0, round((now - started).total_seconds() * 1000)),
            has_failed=has_failed,
            outcome=stored(outcome),
            next_run_at=next_run,
        )
    )


def _row(job: Job, process: str) -> QuerySet[ScheduledJob]:
    return ScheduledJob.objects.filter(name=job.name, claimed_by=process)
