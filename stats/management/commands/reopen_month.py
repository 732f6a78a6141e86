from datetime import date
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandParser
from django.utils import timezone

from stats.accounts import history
from stats.closings import reopening
from stats.closings.chain import Signer
from stats.management.closing import REFUSALS, account_of, add_account, add_month
from stats.management.command import DatabaseCommand


class Command(DatabaseCommand):
    help = "Reopens a closed month: one account asks with a reason, another one agrees."
    refusals = REFUSALS

    def add_arguments(self, parser: CommandParser) -> None:
        add_month(parser)
        add_account(parser)
        way = parser.add_mutually_exclusive_group(required=True)
        way.add_argument("--reason", help="ask, for this reason")
        way.add_argument("--agree", action="store_true", help="agree with who asked")

    def handle(self, *, month: date, by: str, reason: str, agree: bool, **_options: Any) -> None:
        account, now = account_of(by), timezone.now()
        signer = Signer.of(account)
        if agree:
            entry = reopening.agree(month, signer, now)
            done = f"{month:%Y-%m} is open again; its closing stays in the chain."
        else:
            entry = reopening.request(month, signer, reason, now)
            done = f"Asked to reopen {month:%Y-%m}: another account has to agree."
        history.write(account, entry, ADDITION, history.entered(entry))
        self.stdout.write(done)
