"""Sends the letters of the week and the month."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.letters import sending
from stats.scheduled.job import Job, Run, every


def _send(run: Run) -> list[Sentence]:
    new = Sentence(gettext_noop("New: %(count)s."), {"count": sending.write_due(run.clock())})
    return [new, sending.send_due(run.clock, run.go_on).sentence]


# One that somebody sends again goes out within a minute.
JOB = Job("letters", _("Send letters"), every(timedelta(seconds=30)), _send)
