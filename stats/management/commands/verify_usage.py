from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.closings import comparing
from stats.closings.chain import ClosingError
from stats.management.command import DatabaseCommand
from stats.models import UNDATED
from stats.query.extent import future_calls
from stats.rollups import verifying
from stats.rollups.rebuilding import DetailsPurgedError, RollupsBusyError
from stats.rollups.state import RollupsUnusableError, read_rollup_state


class Command(DatabaseCommand):
    help = "Compares the rollups with the calls. Exit status 1 if days differ and are not repaired."
    refusals = (RollupsUnusableError, RollupsBusyError, DetailsPurgedError, ClosingError)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="rebuild the days that differ")

    def handle(self, *, repair: bool, **_options: Any) -> None:
        now = timezone.now()
        days = sum((last - first).days + 1 for first, last in verifying.spans())
        with tqdm(total=days, unit=" days", disable=None) as bar:
            differing = verifying.verify(now, bar.update)
        settled = comparing.settle(differing, now)
        differing = [day for day in differing if day not in settled.rebuilt]
        if differing and repair:
            verifying.repair(differing, now)
        if future := future_calls(now):
            self.stdout.write(
                f"Dated in the future: {future:,} calls. Check the clocks of the services that "
                "wrote them, and DATABASE_TIME_ZONE."
            )
        for grain in read_rollup_state().behind:
            self.stdout.write(f"Not compared: {grain.table} is not filled yet (fold_usage).")
        for day in settled.rebuilt:
            self.stdout.write(f"Rebuilt, since its month is closed: {day}")
        for entry in settled.adjustments:
            self.stdout.write(f"Adjusted: {entry.month:%Y-%m}, {entry.line_count:,} lines")
        for day in differing:
            name = "calls without a time" if day == UNDATED else day.isoformat()
            self.stdout.write(f"{'Rebuilt' if repair else 'Differs'}: {name}")
        if differing and not repair:
            raise CommandError(f"{len(differing)} days differ; --repair rebuilds them.")
        self.stdout.write(f"Verified {days} days: rollups and calls agree.")
