"""What a scheduled job is: a name, when it is due, and a function."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Event
from typing import Any

from django.utils.functional import Promise

from stats.core.periods import Clock
from stats.core.sentences import Sentence, SentenceError
from stats.core.zones import reading_zone

# From the start of a run to the next.
Schedule = Callable[[datetime], datetime]


class JobFailedError(SentenceError):
    """A job did not do its work, and would not if it were run again at once. The sentence is for
    whoever runs the ledger."""


class StoppedError(Exception):
    """The process is to end; the job goes on at its next run."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a running job is given: the clock, and whether it is to stop."""

    clock: Clock
    stop: Event

    def go_on(self, *_progress: Any) -> None:
        """Called between two steps of a job. Raises `StoppedError` if the process is to end."""
        if self.stop.is_set():
            raise StoppedError


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its file declares it.

    `name` stands in its row and in /metrics. `run` gives its outcome in sentences; it
    may raise `JobFailedError` and `StoppedError`. It may be run twice at once: a process that
    stands still for longer than `claims.CLAIM` loses its claim.
    """

    name: str
    title: Promise
    next_after: Schedule
    run: Callable[[Run], Iterable[Sentence]]


def every(interval: timedelta) -> Schedule:
    """A run begins this long after the one before began."""
    return lambda start: start + interval


def daily(at: time) -> Schedule:
    """A run begins at this time of each local day (TIME_ZONE)."""

    def next_after(start: datetime) -> datetime:
        zone = reading_zone()
        day = start.astimezone(zone).date()
        today = datetime.combine(day, at, zone)
        return today if today > start else datetime.combine(day + timedelta(days=1), at, zone)

    return next_after
