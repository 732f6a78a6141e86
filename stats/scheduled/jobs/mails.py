"""Sends the notices that are due by mail."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from stats.core.sentences import Sentence
from stats.notices import mailing
from stats.scheduled.job import Job, Run, every


def _send(run: Run) -> list[Sentence]:
    return [mailing.send_due(run.clock, run.go_on).sentence]


# In each round of run_jobs.
JOB = Job("mails", _("Send mails"), every(timedelta()), _send)
