"""Looks for what recipients of notices chose to hear of."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.notices.finding import find
from stats.scheduled.job import Job, Run, every


def _find(run: Run) -> list[Sentence]:
    found = find(run.clock())
    return [Sentence(gettext_noop("New notices: %(count)s."), {"count": found})]


JOB = Job("occasions", _("Look for what is to be noticed"), every(timedelta(minutes=10)), _find)
