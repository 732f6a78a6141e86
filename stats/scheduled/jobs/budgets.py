"""Finds the thresholds of budgets that were crossed."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from stats.budgets import crossings
from stats.scheduled.job import Job, Run, every


def _find(run: Run) -> str:
    return f"Newly crossed thresholds: {crossings.find(run.clock())}."


JOB = Job("budgets", _("Compare budgets with costs"), every(timedelta(seconds=30)), _find)
