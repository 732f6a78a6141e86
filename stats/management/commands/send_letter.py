from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.core.periods import OutOfBoundsError, check_bounds, local_day
from stats.core.zones import reading_zone
from stats.letters import sending
from stats.letters.composing import composed
from stats.letters.scope import Scope, scope_at
from stats.management.closing import month
from stats.management.command import DatabaseCommand, day
from stats.models import HAS_GROUPS, Recipient
from stats.notices.attempts import Tally
from stats.notices.failure import NotSentError
from stats.notices.outbox import LETTER_MONTH, LETTER_WEEK
from stats.notices.recipients import is_mail
from stats.query.group_names import names_taken_for


class Command(DatabaseCommand):
    help = (
        "Sends the letter of a month or a week to a mail address, now, in the language of its "
        "recipient; with --group that of one group. --print sends nothing."
    )
    refusals = (NotSentError, OutOfBoundsError)

    def add_arguments(self, parser: CommandParser) -> None:
        days = parser.add_mutually_exclusive_group(required=True)
        days.add_argument("--month", type=month, metavar="MONTH", help="as 2026-10")
        days.add_argument(
            "--week",
            type=day,
            metavar="DATE",
            help="that of this day, or as 2026-W47; weeks begin on Monday",
        )
        parser.add_argument("--to", required=True, metavar="ADDRESS")
        parser.add_argument("--group", help="what the users of this group did, and nothing else")
        parser.add_argument(
            "--print", dest="is_printed", action="store_true", help="print its text instead"
        )

    def handle(
        self,
        *,
        month: date | None,
        week: date | None,
        to: str,
        group: str | None,
        is_printed: bool,
        **_options: Any,
    ) -> None:
        now = timezone.now()
        if not is_mail(to):
            raise CommandError(f"--to: {to} is no mail address.")
        _check_group(group)
        occasion = LETTER_MONTH if month else LETTER_WEEK
        scope = scope_at(occasion, month or week or local_day(now, reading_zone()), now, group)
        today = local_day(now, reading_zone())
        if scope.period.first > today:
            option = "--month" if month else "--week"
            raise CommandError(f"{option}: {scope.period.first} lies ahead.")
        check_bounds(scope.period.first, scope.period.last, today)
        if is_printed:
            self._print(scope, to)
        else:
            self._send(scope, to)

    def _print(self, scope: Scope, to: str) -> None:
        known = Recipient.objects.filter(address=to).first() or Recipient(address=to)
        sending.check_hears_of(known, scope)
        letter = composed(scope, known.language)
        self.stdout.write(f"{letter.subject}\n\n{letter.text}")

    def _send(self, scope: Scope, to: str) -> None:
        tally = Tally()
        notice = sending.ask_for(scope, to, timezone.now())
        if error := sending.send(notice, tally, timezone.now):
            raise error
        self.stdout.write(f"Sent to {to}." if tally.sent else "run_jobs sends it already.")


def _check_group(group: str | None) -> None:
    if group is None:
        return
    if not HAS_GROUPS:
        raise CommandError("--group: there are no groups, since USER_GROUP_COLUMN is not set.")
    # Letter by letter, as recipients have it.
    if group not in names_taken_for(group):
        raise CommandError("--group: no user is in this group.")
