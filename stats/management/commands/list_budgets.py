from typing import Any

from django.utils import timezone

from stats.budgets import spending
from stats.budgets.spending import Spending
from stats.management.command import DatabaseCommand
from stats.management.listing import in_columns
from stats.models import Budget

HEADINGS = ("NAME", "OF", "PERIOD", "CURRENCY", "AMOUNT", "SPENT", "LEFT", "PERCENT", "THRESHOLDS")


class Command(DatabaseCommand):
    help = "Lists the budgets and what is left of each in its running period."

    def handle(self, **_options: Any) -> None:
        found = spending.current(spending.in_force(), timezone.now())
        for line in in_columns([HEADINGS, *map(_row, found)]):
            self.stdout.write(line)


def _row(one: Spending) -> tuple[str, ...]:
    return (
        one.budget.name,
        _whose(one.budget),
        f"{one.period.first} to {one.period.last}" + (" UTC" if one.budget.is_billed else ""),
        one.budget.currency,
        str(one.terms.amount),
        str(one.spent),
        str(one.left),
        f"{one.percent:.1f}",
        ",".join(map(str, one.terms.thresholds)),
    )


def _whose(budget: Budget) -> str:
    if budget.user_id is not None:
        return f"user {budget.user_id}"
    if budget.group is not None:
        return f"group {budget.group}"
    return budget.api_endpoint or "everybody"
