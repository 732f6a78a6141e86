"""Removes expired sessions, as Django's clearsessions does."""

from datetime import time

from django.core.management import call_command
from django.utils.translation import gettext_lazy as _

from stats.scheduled.job import Job, Run, daily


def _clear(_run: Run) -> str:
    call_command("clearsessions")
    return "Expired sessions removed."


JOB = Job("sessions", _("Remove expired sessions"), daily(time(2)), _clear)
