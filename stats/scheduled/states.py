"""How the scheduled jobs are: what each did last, and whether any process runs them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stats.models import ScheduledJob
from stats.scheduled.job import Job
from stats.scheduled.registry import JOBS

# So late a job is that no process runs.
LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class JobState:
    """A job and its row, which says nothing before its first run."""

    job: Job
    row: ScheduledJob
    is_running: bool
    is_late: bool


def job_states(now: datetime) -> list[JobState]:
    """All jobs, as of `now`."""
    rows = ScheduledJob.objects.in_bulk()
    return [_state(job, rows.get(job.name, ScheduledJob(name=job.name)), now) for job in JOBS]


def _state(job: Job, row: ScheduledJob, now: datetime) -> JobState:
    is_running = row.claimed_until is not None and row.claimed_until > now
    is_due = row.next_run_at is None or row.next_run_at < now - LATE
    return JobState(job, row, is_running, is_due and not is_running)
