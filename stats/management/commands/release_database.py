"""manage.py release_database --yes: removes our tables and indexes from an adopted database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.adoption import releasing
from stats.db.online import NotDoneError


class Command(BaseCommand):
    help = (
        "Removes all that this application added to an adopted database: its tables (accounts, "
        "keys, sums) and its indexes. Recorded calls stay. Without --yes it only says what."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="remove them")

    def handle(self, *, yes: bool, **_options: Any) -> None:
        try:
            belongings = releasing.find_belongings()
            if yes:
                releasing.release(belongings, lambda name: self.stdout.write(f"Removed {name}."))
        except (releasing.NotReleasedError, NotDoneError) as error:
            raise CommandError(str(error)) from error
        if not yes:
            names = (*belongings.indexes, *belongings.tables)
            self.stdout.write(f"Would remove: {', '.join(names) or 'nothing'}.")
            self.stdout.write("Nothing was changed: --yes removes it.")
