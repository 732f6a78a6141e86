"""Looks at the day that has ended: what was out of the ordinary."""

from datetime import time

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.rollups import state
from stats.scheduled.job import Job, JobFailedError, Run, daily
from stats.unusual import keeping


def _find(run: Run) -> list[Sentence]:
    # Without sums, each question would read a year of calls.
    if problem := state.read_rollup_state().problem:
        raise JobFailedError(problem)
    found = keeping.find_and_keep(run.clock(), run.go_on)
    return [Sentence(gettext_noop("Newly found unusual days: %(count)s."), {"count": found})]


JOB = Job("unusual_days", _("Look for unusual days"), daily(time(0, 20)), _find)
