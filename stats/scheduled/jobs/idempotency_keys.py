"""Forgets expired idempotency records."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from stats.ingest import idempotency
from stats.scheduled.job import Job, Run, daily


def _purge(run: Run) -> str:
    return f"{idempotency.purge(run.clock()):,} idempotency keys removed."


JOB = Job("idempotency_keys", _("Forget idempotency keys"), daily(time(2)), _purge)
