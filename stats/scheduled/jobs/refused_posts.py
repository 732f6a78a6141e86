"""Forgets refused posts whose term is over."""

from datetime import time

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.ingest import refusals
from stats.scheduled.job import Job, Run, daily


def _purge(run: Run) -> list[Sentence]:
    found = refusals.purge(run.clock())
    return [Sentence(gettext_noop("Refused posts removed: %(count)s."), {"count": found})]


JOB = Job("refused_posts", _("Forget refused posts"), daily(time(2)), _purge)
