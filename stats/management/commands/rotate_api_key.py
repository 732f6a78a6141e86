from datetime import timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history, keys
from stats.management.command import DatabaseCommand
from stats.models import APIKey


class Command(DatabaseCommand):
    help = "Replaces an API key: prints the new key alone. The old key works for the overlap."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="what the key begins with, as list_api_keys shows it")
        parser.add_argument(
            "--overlap",
            type=float,
            metavar="HOURS",
            default=keys.OVERLAP / timedelta(hours=1),
            help="how long both keys work (default: %(default)s)",
        )

    def handle(self, *, prefix: str, overlap: float, **_options: Any) -> None:
        try:
            old = APIKey.objects.get(prefix=prefix)
            new, secret = keys.rotate(old, timedelta(hours=overlap), timezone.now())
        except (APIKey.DoesNotExist, OverflowError, ValueError) as error:
            raise CommandError(str(error)) from error
        history.write_for_command(new, ADDITION, history.replaces(old))
        history.write_for_command(old, CHANGE, history.replaced_by(new))
        self.stdout.write(secret)
