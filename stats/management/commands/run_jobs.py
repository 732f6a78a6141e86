from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.management.command import DatabaseCommand, run_round
from stats.management.stopping import seconds, stop_on_signals
from stats.scheduled.runner import Runner


class Command(DatabaseCommand):
    help = (
        "Runs the scheduled jobs that are due: fold, verification, unusual days, budgets, notices, "
        "mails, webhooks, letters, and the removal of what has a term. Several processes may run "
        "it. Without --loop exit status 1 if a job failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=seconds, metavar="SECONDS", help="look again and again, this far apart"
        )

    def handle(self, *, loop: float | None, **_options: Any) -> None:
        with stop_on_signals() as stop:
            runner = Runner(timezone.now, stop)
            if loop is None:
                runner.run_due()
            else:
                while not stop.is_set():
                    run_round(runner.run_due, loop)
                    runner.wait(loop)
            runner.finish()
        if loop is None and runner.failed:
            raise CommandError(f"Failed: {', '.join(sorted(runner.failed))}; see the log.")
