"""An import: checks rows as a POST is checked, and writes each once, portion by portion."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from django.db import IntegrityError

from stats.db.transactions import repeated
from stats.ingest import recording
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.importers.files import Line, SourceFile
from stats.ingest.importers.formats import Format, SourceCall
from stats.ingest.importers.totals import Totals
from stats.ingest.importers.users import Users
from stats.ingest.importers.writing import NewRow, RowOutcome, write
from stats.ingest.recording import InvalidBatchError

PORTION_ROWS = 5_000
# Bytes of the file, in which some texts are long.
PORTION_BYTES = 32 * 1024 * 1024
# How often another import may be first with a row of a portion.
ATTEMPTS = 20
ID_LENGTH = 500
CHANGED = "A row with this id was imported before and said something else: the first one counts."
# The line, and its errors by field.
Rejection = tuple[int, dict[str, str]]
# Takes the line, the field and the sentence.
Reject = Callable[[int, str, str], None]


@dataclass(frozen=True, slots=True)
class Import:
    """Imports files of one format."""

    format: Format
    users: Users
    totals: Totals
    now: datetime
    is_dry_run: bool

    def run(self, file: SourceFile, reject: Reject, progress: Callable[[int], object]) -> None:
        """Import a file; `progress` gets the bytes of each portion."""
        for lines in _portions(file.rows()):
            rejected: list[Rejection] = []
            read = [row for line in lines if (row := self._row(line, rejected))]
            for row in self._written(read):
                self.totals.add(row.outcome, row.posted, row.call)
                if row.outcome is RowOutcome.REJECTED:
                    rejected.append((row.line, row.errors or {"id": CHANGED}))
            for number, errors in sorted(rejected, key=itemgetter(0)):
                for name, sentence in errors.items():
                    reject(number, self.format.names.get(name, name), sentence)
            progress(sum(line.size for line in lines))

    def _row(self, line: Line, rejected: list[Rejection]) -> NewRow | None:
        """None if the line is no call or cannot be read."""
        try:
            if line.error:
                raise InvalidFieldsError({"": line.error})
            call = self.format.read(line.row)
        except InvalidFieldsError as error:
            self.totals.unread += 1
            rejected.append((line.number, error.errors))
            return None
        if call is None:
            self.totals.no_calls += 1
            return None
        return self._read(line.number, call)

    def _read(self, line: int, call: SourceCall) -> NewRow:
        row = NewRow(line, "", call.posted, {})
        try:
            row.id = _checked_id(call.id)
        except ValueError as error:
            row.errors["id"] = str(error)
        try:
            row.posted["user_id"] = self.users.number(call.user)
        except ValueError as error:
            row.errors["user_id"] = str(error)
        if call.posted.get("created_at") is None:
            row.errors["created_at"] = "A call that is imported needs its time."
        return row

    def _written(self, read: Sequence[NewRow]) -> list[NewRow]:
        """Starts again if another import was first with a row, or a user is gone meanwhile."""
        for _attempt in range(ATTEMPTS):
            with suppress(IntegrityError):
                return self._once(read)
        return self._once(read)

    def _once(self, read: Sequence[NewRow]) -> list[NewRow]:
        rows = [replace(row) for row in read]
        _check(rows, self.now)
        repeated(lambda: write(self.format.source, rows, is_dry_run=self.is_dry_run))
        return rows


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


def _checked_id(value: object) -> str:
    """The id of a row in its source, given as a text or a number. Raises `ValueError`."""
    if type(value) is int:
        return str(value)
    if type(value) is not str or not value.strip():
        raise ValueError("An id is needed, by which the row is known when it comes again.")
    if len(value) > ID_LENGTH:
        raise ValueError(f"At most {ID_LENGTH} characters are an id; these are {len(value)}.")
    return value.strip()


def _check(rows: Iterable[NewRow], now: datetime) -> None:
    """Set the call or the errors of each row that has no errors yet."""
    while good := [row for row in rows if not row.errors]:
        try:
            calls = recording.check_calls([row.posted for row in good], now)
        except InvalidBatchError as error:
            for place, errors in error.errors.items():
                good[place].errors = errors
        else:
            for row, call in zip(good, calls, strict=True):
                row.call = call
            return
