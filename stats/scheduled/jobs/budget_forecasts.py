"""Finds the thresholds of budgets that their month is expected to reach."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.budgets import crossings
from stats.core.sentences import Sentence
from stats.scheduled.job import Job, Run, every


def _find(run: Run) -> list[Sentence]:
    found = crossings.find_expected(run.clock())
    return [Sentence(gettext_noop("Newly expected thresholds: %(count)s."), {"count": found})]


# A forecast moves slowly, and reads a year of days for each budget.
JOB = Job(
    "budget_forecasts", _("Compare budgets with forecasts"), every(timedelta(minutes=10)), _find
)
