"""manage.py fold_usage: new calls into the sums, once or in a loop."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.rollups import folding, state


class Command(BaseCommand):
    help = "Folds new calls into the sums. Exit status 1 where the sums must be rebuilt first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=float, metavar="SECONDS", help="fold again and again, so far apart"
        )

    def handle(self, *, loop: float | None, **_options: Any) -> None:
        self._fold_all()
        while loop is not None:
            time.sleep(loop)
            self._fold_all()

    def _fold_all(self) -> None:
        books = state.read_books()
        if not books.are_usable:
            raise CommandError(
                "The sums stand for other time zones or for a table that was restored since: "
                "run manage.py rebuild_usage."
            )
        # What is newest now is folded once it has been there for the margin.
        folding.look(timezone.now())
        time.sleep(state.margin().total_seconds())
        with tqdm(total=books.tail, unit=" calls", disable=None) as bar:
            while (folded := folding.fold(timezone.now())).has_more or folded.calls:
                bar.update(folded.calls)
        books = state.read_books()
        self.stdout.write(f"Folded to call {books.folded_to}; {books.tail} newer ids wait.")
