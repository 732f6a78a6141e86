"""Forgets expired idempotency records."""

from datetime import time

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.ingest import idempotency
from stats.scheduled.job import Job, Run, daily


def _purge(run: Run) -> list[Sentence]:
    found = idempotency.purge(run.clock())
    return [Sentence(gettext_noop("Idempotency keys removed: %(count)s."), {"count": found})]


JOB = Job("idempotency_keys", _("Forget idempotency keys"), daily(time(2)), _purge)
