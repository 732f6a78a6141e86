from argparse import ArgumentTypeError
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history
from stats.budgets import spending
from stats.budgets.periods import period_from
from stats.budgets.setting import (
    TERMS,
    WHOSE,
    BudgetError,
    Terms,
    Whose,
    doubts_about,
    kept_budget,
    percentages,
    set_budget,
)
from stats.management.command import DatabaseCommand, argument, day
from stats.models.budgets import Per

PERCENTAGES = argument(lambda text: tuple(percentages(text)))
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
        "Makes a budget, or gives one new terms from the running period on. What is not given "
        "stays; earlier periods keep their terms. A new one without --user, --group and "
        "--endpoint is of everybody."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group()
        parser.add_argument("name")
        parser.add_argument("--amount", required=True, type=_amount)
        parser.add_argument("--currency", required=True, type=str.upper)
        whose.add_argument("--user", dest="user_id", type=int, metavar="ID")
        whose.add_argument("--group")
        whose.add_argument("--endpoint", dest="api_endpoint")
        parser.add_argument("--per", choices=Per.values, help="default: month")
        parser.add_argument(
            "--billed",
            dest="is_billed",
            action="store_true",
            default=None,
            help="periods of UTC days, as providers bill",
        )
        parser.add_argument(
            "--thresholds",
            type=PERCENTAGES,
            metavar="PERCENT,…",
            help="of what is spent; default: 50,80,100",
        )
        parser.add_argument(
            "--forecast",
            dest="forecast_thresholds",
            type=PERCENTAGES,
            metavar="PERCENT,…",
            help="of where the month may end",
        )
        parser.add_argument(
            "--mail",
            dest="mails",
            nargs="+",
            action="extend",
            metavar="ADDRESS",
            help="whom to tell",
        )
        parser.add_argument("--webhook", dest="webhooks", action="append", metavar="URL")
        parser.add_argument(
            "--from",
            dest="since",
            type=day,
            metavar="DATE",
            help="the terms hold from the period of this day on, until those of a later one",
        )

    def handle(self, *, name: str, since: date | None, **options: Any) -> None:
        now = timezone.now()
        given = {field: value for field, value in options.items() if value is not None}
        kept = kept_budget(name)
        held = spending.terms_at(kept, now) if kept else None
        whose = {field: getattr(kept, field) for field in WHOSE} if kept else {}
        terms = {field: getattr(held, field) for field in TERMS} if held else {}
        try:
            new = Terms(**_together(terms, given, TERMS))
            budget = set_budget(name, Whose(**_together(whose, given, WHOSE)), new, now, since)
        except BudgetError as error:
            wrong = (
                f"{OPTIONS.get(field, f'--{field}')}: {text}"
                for field, text in error.errors.items()
            )
            raise CommandError(" ".join(wrong)) from error
        if kept is None or kept.removed_at:
            history.write_for_command(budget, ADDITION, [history.made()])
        else:
            history.write_for_command(budget, CHANGE, history.terms_changed(terms, asdict(new)))
        if doubts := doubts_about(budget):
            self.stderr.write(doubts)
        period = period_from(budget, since, now)
        self.stdout.write(
            f"Budget {budget}: {budget.currency} {given['amount']} a {budget.per} "
            f"from {period.first} on."
        )


def _together(
    kept: Mapping[str, Any], given: Mapping[str, Any], names: Collection[str]
) -> dict[str, Any]:
    """What is given, else what the budget has."""
    return {**kept, **{name: given[name] for name in names if name in given}}


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text} is no amount.") from None
