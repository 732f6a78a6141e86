from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.core.periods import MAX_DAYS
from stats.demo import rows
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Writes plausible calls of an invented company; refused if there are real calls."
    refusals = (rows.DemoRefusedError,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--calls", type=int, default=40_000, help="how many (default 40,000)")
        parser.add_argument("--days", type=int, default=400, help="over how many days (400)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same data (1)")
        parser.add_argument("--clear", action="store_true", help="remove the demo data instead")

    def handle(self, *, calls: int, days: int, seed: int, clear: bool, **_options: Any) -> None:
        if calls < 1 or not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--calls must be at least 1, --days from 1 to {MAX_DAYS:,}.")
        with tqdm(total=None if clear else calls, unit=" calls", disable=None) as bar:
            if clear:
                rows.clear(bar.update)
            else:
                zone = timezone.get_default_timezone()
                rows.fill(calls, days, seed, timezone.now(), zone, bar.update)
        self.stdout.write("The demo data is gone." if clear else f"{calls:,} demo calls written.")
