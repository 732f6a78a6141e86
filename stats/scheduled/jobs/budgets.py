"""Finds the thresholds of budgets that were crossed."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.budgets import crossings
from stats.core.sentences import Sentence
from stats.scheduled.job import Job, Run, every


def _find(run: Run) -> list[Sentence]:
    found = crossings.find(run.clock())
    return [Sentence(gettext_noop("Newly crossed thresholds: %(count)s."), {"count": found})]


JOB = Job("budgets", _("Compare budgets with costs"), every(timedelta(seconds=20)), _find)
