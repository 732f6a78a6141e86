from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from stats.closings import bundling
from stats.management.closing import REFUSALS, add_month
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Writes the bundle of a closed month, which verifies itself without this application."
    refusals = REFUSALS

    def add_arguments(self, parser: CommandParser) -> None:
        add_month(parser)
        parser.add_argument("--out", type=Path, metavar="FILE", required=True)

    def handle(self, *, month: date, out: Path, **_options: Any) -> None:
        content = bundling.bundle(month)
        try:
            out.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{out}: {len(content):,} bytes.")
