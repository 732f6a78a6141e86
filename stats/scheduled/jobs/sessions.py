"""Removes expired sessions, as Django's clearsessions does."""

from datetime import time

from django.core.management import call_command
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.scheduled.job import Job, Run, daily


def _clear(_run: Run) -> list[Sentence]:
    call_command("clearsessions")
    return [Sentence(gettext_noop("Expired sessions removed."))]


JOB = Job("sessions", _("Remove expired sessions"), daily(time(2)), _clear)
