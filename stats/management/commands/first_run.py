"""manage.py first_run: the one-time setup of `make run`: demo data, an administrator, a key."""

import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils import timezone

from stats.accounts import keys
from stats.management.command import DatabaseCommand
from stats.models import APIKey, APIUsageStats, EndUser

ADMINISTRATOR = "admin"
DIFY_METADATA = {
    "usage": {
        "prompt_tokens": 1033,
        "prompt_unit_price": "0.001",
        "prompt_price_unit": "0.001",
        "prompt_price": "0.0010330",
        "completion_tokens": 128,
        "completion_unit_price": "0.002",
        "completion_price_unit": "0.001",
        "completion_price": "0.0002560",
        "total_tokens": 1161,
        "total_price": "0.0012890",
        "currency": "USD",
        "latency": 0.768,
    }
}


class Command(DatabaseCommand):
    help = "Demo data, an administrator and an API key for an empty ledger; else does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the server will listen")

    def handle(self, *, port: int, **_options: Any) -> None:
        accounts = get_user_model().objects
        if settings.ADOPTED or accounts.exists() or APIKey.objects.exists():
            return
        if not APIUsageStats.objects.exists():
            call_command("demo_data")
        password = secrets.token_urlsafe(12)
        accounts.create_superuser(ADMINISTRATOR, password=password)
        _key, secret = keys.create("first service", keys.SCOPES, None, timezone.now())
        self.stdout.write(_welcome(port, password, secret))


def _welcome(port: int, password: str, secret: str) -> str:
    address = f"http://127.0.0.1:{port}"
    first_user = EndUser.objects.order_by("pk").values_list("pk", flat=True).first() or 1
    call = {
        "user_id": first_user,
        "api_endpoint": "/chat-messages",
        "response_time_ms": 768,
        "metadata": DIFY_METADATA,
    }
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
