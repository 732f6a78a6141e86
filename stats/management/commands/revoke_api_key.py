from typing import Any

from django.contrib.admin.models import CHANGE
from django.core.management.base import CommandError, CommandParser

from stats.accounts import history, keys
from stats.management.command import DatabaseCommand
from stats.models import APIKey


class Command(DatabaseCommand):
    help = "Revokes an API key, at once and permanently."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="what the key begins with, as list_api_keys shows it")

    def handle(self, *, prefix: str, **_options: Any) -> None:
        key = APIKey.objects.filter(prefix=prefix).first()
        if key is None or not keys.revoke(APIKey.objects.filter(pk=key.pk)):
            raise CommandError(f"There is no valid key that begins with {prefix}.")
        history.write_for_command(key, CHANGE, [history.changed(history.REVOKED)])
        self.stdout.write(f"{prefix} is revoked.")
