from typing import Any

from django.contrib.admin.models import CHANGE
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from stats.accounts import history
from stats.budgets.setting import remove_budget
from stats.management.command import DatabaseCommand
from stats.models import Budget


class Command(DatabaseCommand):
    help = "Lets a budget hold no more. Its history stays, and set_budget brings it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *, name: str, **_options: Any) -> None:
        if not remove_budget(name, timezone.now()):
            raise CommandError(f"There is no budget {name}.")
        removed = Budget.objects.get(name=name)
        history.write_for_command(removed, CHANGE, [history.changed(history.REMOVED)])
        self.stdout.write(f"Budget {name} was removed.")
