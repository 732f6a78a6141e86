import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import ProgrammingError, close_old_connections
from django.utils import timezone
from tqdm import tqdm

from stats.management.command import DATABASE_ERRORS, DatabaseCommand, permanent_reason
from stats.ops import ledger
from stats.rollups import filling, folding, state

logger = logging.getLogger(__name__)


class Command(DatabaseCommand):
    help = (
        "Folds new calls into the rollups, and fills rollups that a new version added. Exit "
        "status 1 if the rollups cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=float, metavar="SECONDS", help="fold again after this many seconds"
        )

    def handle(self, *, loop: float | None, **_options: Any) -> None:
        with _stop_on_sigterm() as stop:
            if loop is None:
                self._fold_all(stop)
                return
            self._fold_if_available(stop, loop)
            while not stop.wait(loop):
                self._fold_if_available(stop, loop)

    def _fold_if_available(self, stop: Event, loop: float) -> None:
        """Fold; skip this round if the database does not answer."""
        close_old_connections()
        try:
            self._fold_all(stop)
        except DATABASE_ERRORS as error:
            if reason := permanent_reason(error):
                raise CommandError(reason) from error
            if isinstance(error, ProgrammingError):
                raise
            logger.warning("The database does not answer (%s); again in %g s", error, loop)

    def _fold_all(self, stop: Event) -> None:
        now = timezone.now()
        rollups = state.read_rollup_state()
        if rollups.problem:
            raise CommandError(rollups.problem)
        if ahead := rollups.clock_ahead(now):
            self.stdout.write(
                f"The rollups were last updated {ahead} ahead of this machine's clock: a clock is "
                "or was wrong. That time is used as now."
            )
        # The newest ids are folded once the margin has passed.
        folding.note_newest_id(now)
        stop.wait(state.margin().total_seconds())
        # The server may have closed an idle connection.
        close_old_connections()
        begin = time.perf_counter()
        with tqdm(total=rollups.tail, unit=" calls", disable=None) as bar:
            while not stop.is_set():
                folded = self._fold()
                bar.update(folded.calls)
                if not folded.has_more:
                    break
        ledger.note_fold(time.perf_counter() - begin)
        self._fill_all(stop)
        rollups = state.read_rollup_state()
        reached = (
            f"Folded up to call {rollups.folded_to}" if rollups.have_begun else "Nothing folded"
        )
        self.stdout.write(f"{reached}; {rollups.tail} newer ids left.")

    def _fold(self) -> folding.Fold:
        try:
            return folding.fold(timezone.now())
        except folding.LastingDifferenceError as error:
            raise CommandError(f"{error} Report this; the calls before are in the sums.") from error

    def _fill_all(self, stop: Event) -> None:
        """Fill rollups that were added to a ledger in use."""
        filled = set()
        while not stop.is_set() and (grain := filling.fill_month()):
            filled.add(grain.table)
        behind = {grain.table for grain in state.read_rollup_state().behind}
        for table in sorted(filled - behind):
            self.stdout.write(f"Filled {table}.")
        for table in sorted(behind):
            self.stdout.write(f"{table} is not filled yet: run fold_usage again.")


@contextmanager
def _stop_on_sigterm() -> Iterator[Event]:
    """An event that SIGTERM sets. The current chunk is still folded, the next one is not."""
    stop = Event()
    previous = signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, previous)
