"""Runs the jobs that are due, each in a thread, so that a long one holds up no other."""

import logging
import os
import socket
from collections.abc import Iterable
from datetime import datetime
from threading import Event, Thread
from uuid import uuid4

from django.db import Error, close_old_connections, connections

from stats.core.periods import Clock
from stats.core.sentences import of_unexpected
from stats.scheduled import claims
from stats.scheduled.job import Job, JobFailedError, Run, StoppedError
from stats.scheduled.registry import JOBS

logger = logging.getLogger(__name__)
# Claims are renewed at least so often, several times within `claims.CLAIM`.
SECONDS_TO_RENEW = 5.0


class Runner:
    """The jobs of this process, until `stop` is set."""

    def __init__(self, clock: Clock, stop: Event, jobs: Iterable[Job] = JOBS) -> None:
        self.clock, self.stop, self.jobs = clock, stop, tuple(jobs)
        self.process = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self.running: dict[str, Thread] = {}
        self.failed: set[str] = set()

    def run_due(self) -> None:
        """Start the jobs that are due. Raises the database's error if it does not answer."""
        close_old_connections()
        claims.make_rows(self.jobs)
        for job in self.jobs:
            now = self.clock()
            if job.name not in self.running and claims.claim(job, self.process, now):
                thread = Thread(target=self._run, args=(job, now), name=job.name)
                self.running[job.name] = thread
                thread.start()

    def wait(self, seconds: float) -> None:
        """Keep the claims for a while, or until `stop` is set."""
        while seconds > 0 and not self.stop.wait(min(seconds, SECONDS_TO_RENEW)):
            self._renew()
            seconds -= SECONDS_TO_RENEW

    def finish(self) -> None:
        """Wait for all jobs to end, and keep their claims until then."""
        while threads := list(self.running.values()):
            threads[0].join(SECONDS_TO_RENEW)
            self._renew()

    def _renew(self) -> None:
        self.running = {name: job for name, job in self.running.items() if job.is_alive()}
        if not self.running:
            return
        close_old_connections()
        try:
            claims.renew(list(self.running), self.process, self.clock())
        except Error as error:
            logger.warning("Claims of jobs are not renewed: %s", error)

    def _run(self, job: Job, started: datetime) -> None:
        try:
            self._run_and_note(job, started)
        except BaseException:
            logger.exception("The end of job %s is not noted", job.name)
            self.failed.add(job.name)
        finally:
            connections.close_all()

    def _run_and_note(self, job: Job, started: datetime) -> None:
        has_failed, may_pass = True, False
        try:
            outcome = list(job.run(Run(self.clock, self.stop)))
            has_failed = False
        except StoppedError:
            claims.release(job, self.process)
            return
        except JobFailedError as error:
            outcome = [error.sentence]
            logger.error("Job %s failed: %s", job.name, error)
        except Exception as error:
            outcome = [of_unexpected(error)]
            may_pass = True
            logger.exception("Job %s failed", job.name)
        close_old_connections()
        noted = claims.finish(
            job,
            self.process,
            started,
            self.clock(),
            outcome,
            has_failed=has_failed,
            may_pass=may_pass,
        )
        if has_failed:
            self.failed.add(job.name)
        if not noted:
            logger.warning("Job %s lost its claim: another process may have run it too", job.name)
