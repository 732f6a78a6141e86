"""Compares the rollups with the calls, every night."""

from datetime import date, time

from django.utils.translation import gettext_lazy as _

from stats.rollups import verifying
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.state import RollupsUnusableError
from stats.scheduled.job import Job, JobFailedError, Run, daily

# A fold that writes meanwhile is waited for.
ATTEMPTS = 20
SECONDS_BETWEEN = 2.0


def _verify(run: Run) -> str:
    if differing := _differing(run):
        raise JobFailedError(
            f"{len(differing)} days differ. Run manage.py verify_usage --repair to rebuild them."
        )
    return "Rollups and calls agree."


def _differing(run: Run) -> list[date]:
    """Raises `RollupsBusyError` if a fold wrote at each attempt."""
    for _attempt in range(ATTEMPTS - 1):
        run.go_on()
        try:
            return verifying.verify(run.clock(), run.go_on)
        except RollupsUnusableError as error:
            raise JobFailedError(str(error)) from error
        except RollupsBusyError:
            run.stop.wait(SECONDS_BETWEEN)
    return verifying.verify(run.clock(), run.go_on)


JOB = Job("verify", _("Compare rollups with calls"), daily(time(2, 30)), _verify)
