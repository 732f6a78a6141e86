from functools import partial
from threading import Event
from typing import Any

from django.core.management.base import CommandParser
from django.db import close_old_connections
from django.utils import timezone
from tqdm import tqdm

from stats.management.command import DatabaseCommand, run_round
from stats.management.stopping import seconds, stop_on_signals
from stats.scheduled.job import JobFailedError, Run
from stats.scheduled.jobs.fold import fold_all


class Command(DatabaseCommand):
    help = (
        "Folds new calls into the rollups, and fills rollups that a new version added. Exit "
        "status 1 if the rollups cannot be used."
    )

    refusals = (JobFailedError,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=seconds, metavar="SECONDS", help="fold again after this many seconds"
        )

    def handle(self, *, loop: float | None, **_options: Any) -> None:
        with stop_on_signals() as stop:
            if loop is None:
                self._fold_all(stop)
                return
            while True:
                close_old_connections()
                run_round(partial(self._fold_all, stop), loop)
                if stop.wait(loop):
                    return

    def _fold_all(self, stop: Event) -> None:
        with tqdm(unit=" calls", disable=None) as bar:
            for sentence in fold_all(Run(timezone.now, stop), bar.update):
                self.stdout.write(str(sentence))
