"""Forgets refused posts whose term is over."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from stats.ingest import refusals
from stats.scheduled.job import Job, Run, daily


def _purge(run: Run) -> str:
    return f"{refusals.purge(run.clock()):,} refused posts removed."


JOB = Job("refused_posts", _("Forget refused posts"), daily(time(2)), _purge)
