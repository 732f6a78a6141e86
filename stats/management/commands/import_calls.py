import gc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from stats.ingest.columns import EXACT
from stats.ingest.importers.files import SourceFile, UnusableFileError
from stats.ingest.importers.registry import FORMATS
from stats.ingest.importers.running import Import
from stats.ingest.importers.totals import InCurrency, Sums, Totals
from stats.ingest.importers.writing import RowOutcome
from stats.ingest.usage import MOST_KEYS
from stats.ingest.validation import USAGE_NOT_UNDERSTOOD
from stats.management.command import DatabaseCommand
from stats.management.importing import read_users, rejected_rows, write_names


class Command(DatabaseCommand):
    help = (
        "Imports the calls of files. A row that was imported before adds nothing, so an import "
        "that was interrupted can be run again. Rejected rows go to FILE.rejected.csv."
    )
    refusals = (UnusableFileError,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--users", type=Path, metavar="MAP.csv", help="name,user_id for users given by name"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="write no calls, only a MAP.csv to fill in"
        )

    def handle(self, *, files: list[Path], users: Path | None, **options: Any) -> None:
        task = Import(
            FORMATS[options["format"]],
            read_users(users),
            Totals(),
            timezone.now(),
            options["dry_run"],
        )
        rejected = self._import(task, files)
        for line in summary(task.totals, task.is_dry_run):
            self.stdout.write(line)
        if task.is_dry_run and users is None and task.users.unknown:
            names = write_names(files[0], task.users)
            self.stdout.write(f"Names of users to be filled in for --users: {names}.")
        if rejected:
            count = counted(task.totals.rows(RowOutcome.REJECTED))
            raise CommandError(f"{count} rejected: {', '.join(map(str, rejected))}.")

    def _import(self, task: Import, files: Sequence[Path]) -> list[Path]:
        """The CSVs of rejected rows. Opens all files before it writes a row."""
        rejected = []
        with ExitStack() as stack:
            # A tenth of the time goes into collecting garbage where there is none.
            gc.freeze()
            stack.callback(gc.unfreeze)
            opened = [stack.enter_context(closing(SourceFile(path, task.format))) for path in files]
            size = sum(file.size for file in opened)
            bar = stack.enter_context(tqdm(total=size, unit="B", unit_scale=True, disable=None))
            for file in opened:
                with rejected_rows(file.path) as rows:
                    task.run(file, rows.add, bar.update)
                if rows.file is not None:
                    rejected.append(rows.path)
                if file.may_be_cut:
                    self.stderr.write(f"{file.path} may be cut: its last line does not end.")
        return rejected


def summary(totals: Totals, is_dry_run: bool) -> Iterator[str]:
    """The lines that an import prints at its end."""
    if is_dry_run:
        yield "A dry run: nothing is written. Without --dry-run it would be:"
    counts = [f"{counted(totals.rows(outcome))} {outcome.value}" for outcome in RowOutcome]
    yield f"{', '.join(counts)}."
    if totals.no_calls:
        yield f"Left out, since they are no calls: {counted(totals.no_calls)}."
    for currency, sums in sorted(totals.by_currency.items()):
        yield from _of_currency(currency, sums)
    if totals.unread:
        yield f"Not in these sums, since they cannot be read: {counted(totals.unread)}."
    for warning, count in sorted(totals.warnings.items()):
        keys = ""
        if warning == USAGE_NOT_UNDERSTOOD:
            keys = f", with the keys {', '.join([*totals.unknown_keys][:MOST_KEYS])}"
        yield f"Warning {warning}: {counted(count)}{keys}."


def _of_currency(currency: str, sums: InCurrency) -> Iterator[str]:
    yield f"{currency}, the files: {_figures(sums.all_in_files)}"
    for outcome in (outcome for outcome in RowOutcome if sums.in_files[outcome].rows):
        yield f"  of these {outcome.value}: {_figures(sums.in_files[outcome])}"
    yield f"  the ledger holds of the imported: {_figures(sums.in_ledger)}"
    rounded = EXACT.subtract(sums.in_ledger.cost, sums.in_files[RowOutcome.IMPORTED].cost)
    if rounded or sums.rounded_away:
        yield (
            f"  rounded to the 4 decimals of the column: {EXACT.normalize(rounded):+f} in all; "
            f"costs above 0 that are 0 now: {sums.rounded_away:,}"
        )


def _figures(sums: Sums) -> str:
    cost = EXACT.normalize(sums.cost)
    return f"{counted(sums.rows)}, {sums.tokens:,} tokens, cost {cost:f}"


def counted(rows: int) -> str:
    """1 row, 2 rows."""
    return "1 row" if rows == 1 else f"{rows:,} rows"
