"""Folds new calls into the rollups, and fills rollups that a new version added."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import close_old_connections
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.models.scheduled import Upkeep
from stats.ops import ledger
from stats.rollups import filling, folding, state
from stats.rollups.rebuilding import no_progress
from stats.scheduled.job import Job, JobFailedError, Run, every


def fold_all(run: Run, progress: Callable[[int], object] = no_progress) -> Iterator[Sentence]:
    """Fold all calls that have been there for the margin; what was done.

    `progress` hears of calls folded. Raises `JobFailedError` if the rollups cannot be used, or if
    calls never add up.
    """
    now = run.clock()
    rollups = state.read_rollup_state()
    if rollups.problem:
        raise JobFailedError(rollups.problem)
    if ahead := rollups.clock_ahead(now):
        text = gettext_noop(
            "The rollups were last updated %(ahead)s ahead of this machine's clock: a clock is or "
            "was wrong. That time is used as now."
        )
        yield Sentence(text, {"ahead": str(ahead)})
    # The newest ids are folded once the margin has passed.
    folding.note_newest_id(now)
    run.stop.wait(state.margin().total_seconds())
    # The server may have closed an idle connection.
    close_old_connections()
    begin = time.perf_counter()
    while not run.stop.is_set():
        folded = _fold(run)
        progress(folded.calls)
        if not folded.has_more:
            break
    ledger.note_fold(time.perf_counter() - begin)
    yield from _fill_all(run)
    rollups = state.read_rollup_state()
    if rollups.have_begun:
        words = {"call": str(rollups.folded_to)}
        yield Sentence(gettext_noop("Folded up to call %(call)s."), words)
    else:
        yield Sentence(gettext_noop("Nothing is folded."))
    yield Sentence(gettext_noop("Newer ids left: %(count)s."), {"count": rollups.tail})


def _fold(run: Run) -> folding.Fold:
    try:
        return folding.fold(run.clock())
    except folding.LastingDifferenceError as error:
        text = gettext_noop("%(error)s Report this; the calls before are in the sums.")
        raise JobFailedError(Sentence(text, {"error": str(error)})) from error


def _fill_all(run: Run) -> Iterator[Sentence]:
    """Fill rollups that were added to a ledger in use."""
    filled = set()
    while not run.stop.is_set() and (grain := filling.fill_month()):
        filled.add(grain.table)
    behind = {grain.table for grain in state.read_rollup_state().behind}
    for table in sorted(filled - behind):
        yield Sentence(gettext_noop("Filled %(table)s."), {"table": table})
    for table in sorted(behind):
        text = gettext_noop("%(table)s is not filled yet: run fold_usage again.")
        yield Sentence(text, {"table": table})


JOB = Job(
    name=Upkeep.FOLD,
    title=Upkeep.FOLD.label,
    # In each round of run_jobs.
    next_after=every(timedelta()),
    run=fold_all,
)
