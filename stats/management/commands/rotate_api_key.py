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
        old = APIKey.objects.filter(prefix=prefix).first()
        if old is None:
            raise CommandError(f"There is no key that begins with {prefix}.")
        try:
            new, secret = keys.rotate(old, _overlap(overlap), timezone.now())
        except ValueError as error:
            raise CommandError(str(error)) from error
        history.write_for_command(new, ADDITION, history.replaces(old))
        history.write_for_command(old, CHANGE, history.replaced_by(new))
        self.stdout.write(secret)


def _overlap(hours: float) -> timedelta:
    try:
        return timedelta(hours=hours)
    except (OverflowError, ValueError) as error:
        raise CommandError(keys.TOO_LONG) from error
