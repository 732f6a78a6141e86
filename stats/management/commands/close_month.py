from datetime import date
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history
from stats.closings import closing
from stats.closings.chain import Signer
from stats.closings.closing import UnknownCostError
from stats.management.closing import REFUSALS, account_of, add_account, add_month
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Closes a month: from then on its figures do not move, and what is learned later is kept."
    )
    refusals = REFUSALS

    def add_arguments(self, parser: CommandParser) -> None:
        add_month(parser)
        add_account(parser)
        parser.add_argument(
            "--accept-unknown",
            type=int,
            default=0,
            metavar="N",
            help="accept that the cost of N calls is not known",
        )

    def handle(self, *, month: date, by: str, accept_unknown: int, **_options: Any) -> None:
        account = account_of(by)
        try:
            entry = closing.close(month, Signer.of(account), accept_unknown, timezone.now())
        except UnknownCostError as error:
            raise CommandError(
                f"{error} To accept them, close with --accept-unknown {error.unknown.calls}."
            ) from error
        history.write(account, entry, ADDITION, history.entered(entry))
        self.stdout.write(
            f"{month:%Y-%m} is closed: entry {entry.place}, {entry.line_count:,} lines, hash "
            f"{entry.hash}."
        )
