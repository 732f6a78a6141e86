from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from stats.management.command import DatabaseCommand
from stats.management.listing import in_columns
from stats.models import APIKey

HEADINGS = ("PREFIX", "SERVICE", "SCOPES", "PER MINUTE", "EXPIRES", "LAST USED", "STATE")


class Command(DatabaseCommand):
    help = "Lists the API keys without their secrets, the newest first, with times in TIME_ZONE."

    def handle(self, **_options: Any) -> None:
        rows = [HEADINGS, *(_row(key) for key in APIKey.objects.all())]
        for line in in_columns(rows):
            self.stdout.write(line)


def _row(key: APIKey) -> tuple[str, ...]:
    return (
        key.prefix,
        key.name,
        ",".join(key.scopes),
        str(key.rate or settings.API_RATE),
        _moment(key.expiry_date),
        _moment(key.last_used_at),
        key.state,
    )


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else "never"
