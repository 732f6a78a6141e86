"""manage.py fold_usage: new calls into the sums, once or in a loop."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.ops import ledger
from stats.rollups import folding, state


class Command(BaseCommand):
    help = "Folds new calls into the sums. Exit status 1 where the sums are not usable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", type=float, metavar="SECONDS", help="fold again and again, so far apart"
        )

    def handle(self, *, loop: float | None, **_options: Any) -> None:
        with _told_to_stop() as told:
            self._fold_all(told)
            while loop is not None and not told.wait(loop):
                self._fold_all(told)

    def _fold_all(self, told: Event) -> None:
        books = state.read_books()
        if books.trouble:
            raise CommandError(books.trouble)
        # What is newest now is folded once it has been there for the margin.
        folding.look(timezone.now())
        told.wait(state.margin().total_seconds())
        begin = time.perf_counter()
        with tqdm(total=books.tail, unit=" calls", disable=None) as bar:
            while not told.is_set():
                folded = folding.fold(timezone.now())
                bar.update(folded.calls)
                if not folded.has_more:
                    break
        ledger.note_fold(time.perf_counter() - begin)
        books = state.read_books()
        self.stdout.write(f"Folded to call {books.folded_to}; {books.tail} newer ids wait.")


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """SIGTERM sets the event: the chunk in hand is folded, no other is begun."""
    told = Event()
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: told.set())
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)
