from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.budgets.setting import DEFAULT_THRESHOLDS, BudgetError, Terms, Whose, set_budget
from stats.management.command import DatabaseCommand
from stats.models.budgets import Per

# The errors of a budget name fields; these are their options.
OPTIONS = {
    "user_id": "--user",
    "api_endpoint": "--endpoint",
    "forecast_thresholds": "--forecast",
    "mails": "--mail",
    "webhooks": "--webhook",
    "is_billed": "--billed",
    "name": "NAME",
}


class Command(DatabaseCommand):
    help = (
        "Makes a budget, or gives one new terms from the running period on; earlier periods keep "
        "theirs. Without --user, --group and --endpoint it is of everybody."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        parser.add_argument("name")
        parser.add_argument("--amount", required=True)
        parser.add_argument("--currency", required=True)
        whose.add_argument("--user", type=int, metavar="ID")
        whose.add_argument("--group")
        whose.add_argument("--endpoint")
        parser.add_argument("--per", default=Per.MONTH.value, choices=Per.values)
        parser.add_argument(
            "--billed", action="store_true", help="periods of UTC days, as providers bill"
        )
        parser.add_argument(
            "--thresholds",
            default=",".join(map(str, DEFAULT_THRESHOLDS)),
            metavar="PERCENT,…",
            help="of what is spent (default: %(default)s)",
        )
        parser.add_argument(
            "--forecast", default="", metavar="PERCENT,…", help="of where the month may end"
        )
        parser.add_argument(
            "--mail",
            nargs="+",
            action="extend",
            default=[],
            metavar="ADDRESS",
            help="whom to tell; nothing is sent yet",
        )
        parser.add_argument("--webhook", action="append", default=[], metavar="URL")
        parser.add_argument(
            "--from",
            dest="since",
            type=date.fromisoformat,
            metavar="DATE",
            help="the terms hold from the period of this day on",
        )

    def handle(self, *, name: str, since: date | None, **options: Any) -> None:
        try:
            terms = Terms(
                amount=_amount(options["amount"]),
                thresholds=_percentages("thresholds", options["thresholds"]),
                forecast_thresholds=_percentages("forecast", options["forecast"]),
                mails=options["mail"],
                webhooks=options["webhook"],
            )
            whose = Whose(
                currency=options["currency"],
                user_id=options["user"],
                group=options["group"],
                api_endpoint=options["endpoint"],
                per=options["per"],
                is_billed=options["billed"],
            )
            budget = set_budget(name, whose, terms, timezone.now(), since)
        except BudgetError as error:
            wrong = (
                f"{OPTIONS.get(field, f'--{field}')}: {text}"
                for field, text in error.errors.items()
            )
            raise CommandError(" ".join(wrong)) from error
        self.stdout.write(f"Budget {budget}: {options['currency']} {terms.amount} a {whose.per}.")


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandError(f"--amount: {text} is no amount.") from None


def _percentages(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part)
    except ValueError:
        raise CommandError(f"--{option}: whole percentages with commas are needed.") from None
