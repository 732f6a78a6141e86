from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.adoption import releasing
from stats.db.online import NotDoneError


class Command(BaseCommand):
    help = (
        "Removes the tables and views of this application (accounts, keys, rollups) from an "
        "adopted database; with --drop-indexes its indexes on the table of calls, too. Calls stay. "
        "Without --yes it only lists what it would remove."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="remove them")
        parser.add_argument(
            "--drop-indexes", action="store_true", help="remove the indexes first; in a quiet hour"
        )

    def handle(self, *, yes: bool, drop_indexes: bool, **_options: Any) -> None:
        try:
            belongings = releasing.find_belongings()
            if yes and drop_indexes:
                releasing.drop_indexes(belongings, self._told)
            if yes:
                releasing.drop_tables_and_views(belongings, self._told)
        except (releasing.NotReleasedError, NotDoneError) as error:
            raise CommandError(str(error)) from error
        if not yes:
            names = (*belongings.indexes, *belongings.views, *belongings.tables)
            self.stdout.write(f"Would remove: {', '.join(names) or 'nothing'}.")
            self.stdout.write("Nothing was changed: --yes removes it.")
        elif belongings.indexes and not drop_indexes:
            self.stdout.write(
                "The indexes stay; in a quiet hour the owner of the table drops them:"
            )
            self.stdout.write("\n".join(f"{line};" for line in belongings.dropping_indexes))

    def _told(self, name: str) -> None:
        self.stdout.write(f"Removed {name}.")
