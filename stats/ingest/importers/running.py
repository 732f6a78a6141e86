"""An import: the rows of files, a portion at a time, checked as a POST is and written once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from django.db import IntegrityError

from stats.db.transactions import repeated
from stats.ingest import recording
from stats.ingest.importers.files import Line, SourceFile
from stats.ingest.importers.formats import Format, SourceCall
from stats.ingest.importers.totals import Totals
from stats.ingest.importers.users import Users
from stats.ingest.importers.writing import (
    NewRow,
    RowOutcome,
    checked_id,
    expected_outcomes,
    new_row,
    written,
)
from stats.ingest.recording import InvalidBatchError
from stats.ingest.validation import InvalidCallError, NewCall

PORTION_ROWS = 5_000
# Of the file: texts in it are long now and then.
PORTION_BYTES = 32 * 1024 * 1024
# How often another import may be first with a row of one portion.
ATTEMPTS = 20
# The line, and by field what is wrong.
Rejection = tuple[int, dict[str, str]]
# Takes the line, the field and the sentence.
Reject = Callable[[int, str, str], None]
# By index the calls, the errors of the others, and what became of the calls.
Settled = tuple[dict[int, NewCall], dict[int, dict[str, str]], dict[int, tuple[RowOutcome, str]]]


@dataclass(frozen=True, slots=True)
class Item:
    """A row: where it stands, its id, the call to be checked, and what is wrong with it so far."""

    line: int
    id: str
    posted: dict[str, object]
    errors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Import:
    """What to do with the rows of a file."""

    format: Format
    users: Users
    totals: Totals
    now: datetime
    is_dry_run: bool

    def run(self, file: SourceFile, reject: Reject, progress: Callable[[int], object]) -> None:
        """Import a file; `progress` is told the bytes that are through."""
        for lines in _portions(file.rows()):
            rejected: list[Rejection] = []
            self._write([item for line in lines if (item := self._item(line, rejected))], rejected)
            for line, errors in sorted(rejected, key=itemgetter(0)):
                for name, sentence in errors.items():
                    reject(line, self.format.names.get(name, name), sentence)
            progress(sum(line.size for line in lines))

    def _item(self, line: Line, rejected: list[Rejection]) -> Item | None:
        """None of a row that is no call, or of which nothing can be read."""
        try:
            if line.error:
                raise InvalidCallError({"": line.error})
            call = self.format.read(line.row)
        except InvalidCallError as error:
            self.totals.unread += 1
            rejected.append((line.number, error.errors))
            return None
        if call is None:
            self.totals.no_calls += 1
            return None
        return self._read(line.number, call)

    def _read(self, line: int, call: SourceCall) -> Item:
        errors: dict[str, str] = {}
        id, user_id = "", 0
        try:
            id = checked_id(call.id)
        except ValueError as error:
            errors["id"] = str(error)
        try:
            user_id = self.users.number(call.user)
        except ValueError as error:
            errors["user_id"] = str(error)
        if call.posted.get("created_at") is None:
            errors["created_at"] = "A call that is imported needs its time."
        call.posted["user_id"] = user_id
        return Item(line, id, call.posted, errors)

    def _write(self, items: Sequence[Item], rejected: list[Rejection]) -> None:
        calls, errors, outcomes = self._settled(items)
        for index, item in enumerate(items):
            call = calls.get(index)
            outcome, sentence = outcomes[index] if call else (RowOutcome.REJECTED, "")
            self.totals.add(outcome, item.posted, call)
            if outcome is RowOutcome.REJECTED:
                rejected.append((item.line, errors.get(index) or {"id": sentence}))

    def _settled(self, items: Sequence[Item]) -> Settled:
        """Begun anew where another import was first with a row, or a user has gone meanwhile."""
        for _attempt in range(ATTEMPTS):
            try:
                return self._once(items)
            except IntegrityError:
                continue
        return self._once(items)

    def _once(self, items: Sequence[Item]) -> Settled:
        calls, errors = _checked(items, self.now)
        rows = [new_row(items[index].id, call) for index, call in calls.items()]
        outcomes = self._outcomes(rows)
        return calls, errors, dict(zip(calls, outcomes, strict=True))

    def _outcomes(self, rows: Sequence[NewRow]) -> list[tuple[RowOutcome, str]]:
        write = expected_outcomes if self.is_dry_run else written
        return repeated(lambda: write(self.format.source, rows))


def _portions(lines: Iterable[Line]) -> Iterator[list[Line]]:
    portion: list[Line] = []
    size = 0
    for line in lines:
        portion.append(line)
        size += line.size
        if len(portion) >= PORTION_ROWS or size >= PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _checked(
    items: Sequence[Item], now: datetime
) -> tuple[dict[int, NewCall], dict[int, dict[str, str]]]:
    """By index the calls, and the errors of those that cannot be recorded."""
    errors = {index: item.errors for index, item in enumerate(items) if item.errors}
    while True:
        good = [index for index in range(len(items)) if index not in errors]
        try:
            calls = recording.check_calls([items[index].posted for index in good], now)
        except InvalidBatchError as error:
            errors |= {good[place]: each for place, each in error.errors.items()}
            continue
        return dict(zip(good, calls, strict=True)), errors
