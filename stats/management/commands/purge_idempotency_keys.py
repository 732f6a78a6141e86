from typing import Any

from django.utils import timezone

from stats.ingest import idempotency
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Removes idempotency keys that are older than IDEMPOTENCY_KEEP_HOURS."

    def handle(self, **_options: Any) -> None:
        purged = idempotency.purge(timezone.now())
        self.stdout.write(f"{purged:,} idempotency keys removed.")
