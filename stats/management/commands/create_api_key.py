from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history, keys
from stats.core import periods
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Creates an API key and prints it once, alone. Only its hash is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the service that will use it")
        parser.add_argument("--scopes", default="record", help="record, read or record,read")
        parser.add_argument("--expires", metavar="DATE", help="the last day on which it is valid")
        parser.add_argument("--rate", type=int, help="requests a minute, instead of API_RATE")

    def handle(
        self, *, name: str, scopes: str, expires: str | None, rate: int | None, **_options: Any
    ) -> None:
        try:
            key, secret = keys.create(
                name, scopes.split(","), _end_of(expires), timezone.now(), rate
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        history.write_for_command(key, ADDITION, [history.made()])
        self.stdout.write(secret)


def _end_of(expires: str | None) -> datetime | None:
    if expires is None:
        return None
    zone = timezone.get_default_timezone()
    return periods.range_between(None, periods.parse_moment(expires), zone, zone).end
