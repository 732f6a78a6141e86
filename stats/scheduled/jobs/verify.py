"""Compares the rollups with the calls, and closed months with the rollups, every night."""

from collections.abc import Callable
from datetime import time
from typing import TypeVar

from django.utils.translation import gettext_noop

from stats.closings import comparing
from stats.closings.chain import ClosingError
from stats.core.sentences import Sentence
from stats.models.scheduled import Upkeep
from stats.rollups import verifying
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.state import RollupsUnusableError
from stats.scheduled.job import Job, JobFailedError, Run, daily

Result = TypeVar("Result")
# A fold that writes meanwhile is waited for.
ATTEMPTS = 20
SECONDS_BETWEEN = 2.0


def _verify(run: Run) -> list[Sentence]:
    try:
        differing = _waiting(run, lambda: verifying.verify(run.clock(), run.go_on))
        settled = _waiting(run, lambda: comparing.settle(differing, run.clock()))
    except RollupsUnusableError as error:
        raise JobFailedError(error.sentence) from error
    except ClosingError as error:
        raise JobFailedError(Sentence(str(error))) from error
    if left := len(differing) - len(settled.rebuilt):
        text = gettext_noop(
            "%(count)s days differ. Run manage.py verify_usage --repair to rebuild them."
        )
        raise JobFailedError(Sentence(text, {"count": left}))
    agree = Sentence(gettext_noop("Rollups and calls agree."))
    if not settled.adjustments:
        return [agree]
    months = [f"{entry.month:%Y-%m}" for entry in settled.adjustments]
    adjusted = gettext_noop("Closed months were adjusted: %(months)s.")
    return [agree, Sentence(adjusted, {"months": months})]


def _waiting(run: Run, work: Callable[[], Result]) -> Result:
    """Raises `RollupsBusyError` if a fold wrote at each attempt."""
    for _attempt in range(ATTEMPTS - 1):
        run.go_on()
        try:
            return work()
        except RollupsBusyError:
            run.stop.wait(SECONDS_BETWEEN)
    return work()


JOB = Job(Upkeep.VERIFY, Upkeep.VERIFY.label, daily(time(2, 30)), _verify)
