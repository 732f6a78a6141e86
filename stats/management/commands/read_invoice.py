from pathlib import Path
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history
from stats.closings.chain import ClosingError
from stats.closings.closing import month_of
from stats.core import formatting
from stats.invoices import keeping
from stats.invoices.formats import FORMATS
from stats.invoices.keeping import Attached, Entry
from stats.invoices.ledger import explanation_of
from stats.invoices.reading import InvoiceError
from stats.management.command import DatabaseCommand
from stats.query.engine import TooManyCallsError


class Command(DatabaseCommand):
    help = "Keeps the invoice of a provider from a file, and prints why it differs from the ledger."
    refusals = (InvoiceError, ClosingError, TooManyCallsError)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=FORMATS, required=True, help=", ".join(FORMATS))
        parser.add_argument("--month", required=True, metavar="MONTH", help="such as 2026-10")
        parser.add_argument("--provider", required=True, metavar="NAME")
        parser.add_argument("--currency", default="", help="where the file names none")
        parser.add_argument(
            "--amount", default="", help="of the whole invoice, with what is of no day"
        )
        parser.add_argument("--note", default="")
        parser.add_argument(
            "--local", action="store_true", help="its days are those of TIME_ZONE, not of UTC"
        )

    def handle(self, *, file: Path, month: str, local: bool, **given: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        entry = Entry(
            month=month_of(month),
            is_utc=not local,
            file=Attached(file.name, content),
            **{name: given[name] for name in ("provider", "format", "currency", "amount", "note")},
        )
        now = timezone.now()
        invoice = keeping.add(entry, history.COMMANDS, now)
        history.write_for_command(invoice, ADDITION, history.billed(invoice))
        found = explanation_of(invoice, now)
        self.stdout.write(
            f"{invoice}: {invoice.currency} {formatting.decimal(found.billed, 4)} billed, "
            f"{formatting.decimal(found.known, 4)} known, difference {found.difference:+,.4f}."
        )
        for part in found.parts:
            self.stdout.write(f"  {part.cause.replace('_', ' ')}: {part.amount:+,.4f}")
