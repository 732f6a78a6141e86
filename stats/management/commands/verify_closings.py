from typing import Any

from django.core.management.base import CommandError, CommandParser

from stats.closings import bundling
from stats.management.command import DatabaseCommand
from stats.models import ClosingEntry


class Command(DatabaseCommand):
    help = "Checks that nothing of closed months was changed. Exit status 1 if something was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            metavar="HASH",
            help="the head of the chain as a letter or a bundle has it: it must be in the chain",
        )

    def handle(self, *, head: str | None, **_options: Any) -> None:
        # A variable of the shell that is not set is no hash, and nothing fits it.
        if head is not None and not head.strip():
            raise CommandError("--head is empty: give the hash of an entry.")
        if faults := list(bundling.table_faults(head)):
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{ClosingEntry.objects.count()} entries: all fits.")
