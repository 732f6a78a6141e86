import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib.admin.models import ADDITION
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils import timezone

from stats.accounts import history, keys
from stats.ingest.validation import EXAMPLE_CALL
from stats.management.command import DatabaseCommand
from stats.models import APIKey, APIUsageStats, EndUser

ADMINISTRATOR = "admin"


class Command(DatabaseCommand):
    help = "Gives an empty ledger demo data, an administrator and an API key; else does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the server will listen")

    def handle(self, *, port: int, **_options: Any) -> None:
        accounts = get_user_model().objects
        if settings.ADOPTED or accounts.exists() or APIKey.objects.exists():
            return
        if not APIUsageStats.objects.exists():
            call_command("demo_data")
        password = secrets.token_urlsafe(12)
        account = accounts.create_superuser(ADMINISTRATOR, password=password)
        key, secret = keys.create("first service", keys.SCOPES, None, timezone.now())
        for made in (account, key):
            history.write_for_command(made, ADDITION, [history.made()])
        self.stdout.write(_welcome(port, password, secret))


def _welcome(port: int, password: str, secret: str) -> str:
    address = f"http://127.0.0.1:{port}"
    first_user = EndUser.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    call = {**EXAMPLE_CALL, "user_id": first_user}
    return f"""
Usage Ledger on {address}/ with demo data (manage.py demo_data --clear removes it).

  Administrator   {ADMINISTRATOR}
  Password        {password}
  API key         {secret}

Neither is shown again. Post a call as Dify answers it:

  curl -X POST {address}/api/v1/calls/ \\
    -H "Authorization: Api-Key {secret}" \\
    -H "Content-Type: application/json" \\
    -d '{json.dumps(call)}'
"""
