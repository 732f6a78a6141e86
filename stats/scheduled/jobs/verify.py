"""Compares the rollups with the calls, every night."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from stats.rollups import verifying
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.state import RollupsUnusableError
from stats.scheduled.job import Job, JobFailedError, Run, daily


def _verify(run: Run) -> str:
    try:
        differing = verifying.verify(run.clock(), run.go_on)
    except (RollupsUnusableError, RollupsBusyError) as error:
        raise JobFailedError(str(error)) from error
    if differing:
        raise JobFailedError(
            f"{len(differing)} days differ. Run manage.py verify_usage --repair to rebuild them."
        )
    return "Rollups and calls agree."


JOB = Job("verify", _("Compare rollups with calls"), daily(time(2, 30)), _verify)
