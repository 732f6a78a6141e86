from typing import Any

from django.utils import timezone

from stats.ingest import refusals
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Removes refused posts that are older than 30 days."

    def handle(self, **_options: Any) -> None:
        purged = refusals.purge(timezone.now())
        self.stdout.write(f"{purged:,} refused posts removed.")
