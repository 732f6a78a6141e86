"""manage.py rebuild_usage: rebuilds the sums of some days, or clears all of them."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from stats.management.command import DatabaseCommand
from stats.query import sql_views
from stats.rollups import rebuilding
from stats.rollups.rebuilding import DetailsPurgedError, RollupsBusyError
from stats.rollups.state import read_rollup_state


class Command(DatabaseCommand):
    help = (
        "Rebuilds the rollups of local days. Without days it empties all rollups, after a change "
        "of TIME_ZONE or a restore; fold_usage then starts at the first call."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DATE")

    def handle(self, *, first: date | None, last: date | None, **_options: Any) -> None:
        if (first is None) != (last is None):
            raise CommandError("--from and --to belong together.")
        problem = read_rollup_state().problem
        try:
            if first is None or last is None:
                rebuilding.rebuild_everything()
                # Their days are those of the sums.
                sql_views.renew(self.stdout.write)
                self.stdout.write("All rollups are empty; run manage.py fold_usage.")
            elif problem:
                raise CommandError(f"Some days are not enough. {problem}")
            else:
                self._rebuild(first, last)
        except DetailsPurgedError as error:
            raise CommandError(problem or str(error)) from error
        except RollupsBusyError as error:
            raise CommandError(str(error)) from error

    def _rebuild(self, first: date, last: date) -> None:
        if last < first:
            raise CommandError("--to lies before --from.")
        days = (last - first).days + 1
        with tqdm(total=days, unit=" days", disable=None) as bar:
            rebuilding.rebuild(first, last, bar.update)
        self.stdout.write(f"Rebuilt {days} days.")
