"""Posts the notices that are due to webhooks. Beside the mails: neither waits for the other."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from stats.core.sentences import Sentence
from stats.notices import posting
from stats.scheduled.job import Job, Run, every


def _send(run: Run) -> list[Sentence]:
    return [posting.send_due(run.clock, run.go_on).sentence]


# In each round of run_jobs.
JOB = Job("webhooks", _("Post webhooks"), every(timedelta()), _send)
