from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from stats.closings import zone
from stats.management.command import DatabaseCommand, add_days, days_between
from stats.query import sql_views
from stats.rollups import rebuilding
from stats.rollups.rebuilding import DetailsPurgedError, RollupsBusyError
from stats.rollups.state import read_rollup_state


class Command(DatabaseCommand):
    help = (
        "Rebuilds the rollups of local days. Without days it empties all rollups, after a change "
        "of TIME_ZONE or a restore; fold_usage then starts at the first call."
    )
    refusals = (RollupsBusyError,)

    def add_arguments(self, parser: CommandParser) -> None:
        add_days(parser)

    def handle(self, *, first: date | None, last: date | None, **_options: Any) -> None:
        period = days_between(first, last)
        problem = read_rollup_state().problem
        try:
            if period is None:
                if sentence := zone.change():
                    raise CommandError(sentence)
                rebuilding.rebuild_everything()
                # Their days are those of the sums.
                sql_views.renew(self.stdout.write)
                self.stdout.write("All rollups are empty; run manage.py fold_usage.")
            elif problem:
                raise CommandError(f"Some days are not enough. {problem}")
            else:
                self._rebuild(*period)
        except DetailsPurgedError as error:
            raise CommandError(problem or str(error)) from error

    def _rebuild(self, first: date, last: date) -> None:
        days = (last - first).days + 1
        with tqdm(total=days, unit=" days", disable=None) as bar:
            rebuilding.rebuild(first, last, bar.update)
        self.stdout.write(f"Rebuilt {days} days.")
