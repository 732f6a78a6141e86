from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.management.command import DatabaseCommand
from stats.rollups import purging
from stats.rollups.rebuilding import RollupsBusyError


class Command(DatabaseCommand):
    help = "Removes calls of local days before DATE that are folded and verified. Their sums stay."
    refusals = (purging.NotPurgedError, RollupsBusyError)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=date.fromisoformat, metavar="DATE", required=True)

    def handle(self, *, before: date, **_options: Any) -> None:
        with tqdm(unit=" calls", disable=None) as bar:
            purged = purging.purge(before, timezone.now(), bar.update)
        report = f"{purged:,} calls removed; their sums are kept."
        if left := purging.remaining_before(before):
            report += (
                f" {left:,} of these days stay until they have been in the rollups for an hour: "
                "run this again."
            )
        self.stdout.write(report)
