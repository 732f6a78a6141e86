"""Folds new calls into the rollups, and fills rollups that a new version added."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import close_old_connections
from django.utils.translation import gettext_lazy as _

from stats.ops import ledger
from stats.rollups import filling, folding, state
from stats.rollups.rebuilding import no_progress
from stats.scheduled.job import Job, JobFailedError, Run, every


def fold_all(run: Run, progress: Callable[[int], object] = no_progress) -> Iterator[str]:
    """Fold all calls that have been there for the margin; what was done, in sentences.

    `progress` hears of calls folded. Raises `JobFailedError` if the rollups cannot be used, or if
    calls never add up.
    """
    now = run.clock()
    rollups = state.read_rollup_state()
    if rollups.problem:
        raise JobFailedError(rollups.problem)
    if ahead := rollups.clock_ahead(now):
        yield (
            f"The rollups were last updated {ahead} ahead of this machine's clock: a clock is "
            "or was wrong. That time is used as now."
        )
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
    reached = f"Folded up to call {rollups.folded_to}" if rollups.have_begun else "Nothing folded"
    yield f"{reached}; {rollups.tail} newer ids left."


def _fold(run: Run) -> folding.Fold:
    try:
        return folding.fold(run.clock())
    except folding.LastingDifferenceError as error:
        raise JobFailedError(f"{error} Report this; the calls before are in the sums.") from error


def _fill_all(run: Run) -> Iterator[str]:
    """Fill rollups that were added to a ledger in use."""
    filled = set()
    while not run.stop.is_set() and (grain := filling.fill_month()):
        filled.add(grain.table)
    behind = {grain.table for grain in state.read_rollup_state().behind}
    yield from (f"Filled {table}." for table in sorted(filled - behind))
    yield from (f"{table} is not filled yet: run fold_usage again." for table in sorted(behind))


JOB = Job(
    name="fold",
    title=_("Fold new calls"),
    # In each round of run_jobs.
    next_after=every(timedelta()),
    run=lambda run: " ".join(fold_all(run)),
)
