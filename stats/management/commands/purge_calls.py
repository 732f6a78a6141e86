"""manage.py purge_calls --before DATE: removes old calls and keeps their sums."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.management.command import DatabaseCommand
from stats.rollups import purging
from stats.rollups.rebuilding import RollupsBusyError


class Command(DatabaseCommand):
    help = "Removes the calls of local days before DATE that are folded and verified."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=date.fromisoformat, metavar="DATE", required=True)

    def handle(self, *, before: date, **_options: Any) -> None:
        try:
            with tqdm(unit=" calls", disable=None) as bar:
                purged = purging.purge(before, timezone.now(), bar.update)
        except (purging.NotPurgedError, RollupsBusyError) as error:
            raise CommandError(str(error)) from error
        report = f"{purged:,} calls removed; their sums are kept."
        if left := purging.remaining_before(before):
            report += (
                f" {left:,} of these days stay until they have been in the rollups for an hour: "
                "run this again."
            )
        self.stdout.write(report)
