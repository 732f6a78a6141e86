from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.closings.chain import ClosingError
from stats.closings.purging import refuse_open_months
from stats.management.command import DatabaseCommand, day
from stats.rollups import purging
from stats.rollups.rebuilding import RollupsBusyError


class Command(DatabaseCommand):
    help = "Removes calls of local days before DATE that are folded and verified. Their sums stay."
    refusals = (purging.NotPurgedError, RollupsBusyError, ClosingError)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=day, metavar="DATE", required=True)
        parser.add_argument(
            "--open-months-too", action="store_true", help="purge months that are not closed, too"
        )

    def handle(self, *, before: date, open_months_too: bool, **_options: Any) -> None:
        if not open_months_too:
            refuse_open_months(before)
        with tqdm(unit=" calls", disable=None) as bar:
            purged = purging.purge(before, timezone.now(), bar.update)
        report = f"{purged:,} calls removed; their sums are kept."
        if left := purging.remaining_before(before):
            report += (
                f" {left:,} of these days stay until they have been in the rollups for an hour: "
                "run this again."
            )
        self.stdout.write(report)
