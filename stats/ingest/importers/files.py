"""The rows of a file, one at a time, whatever is in it."""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from stats.core import exact_json
from stats.ingest.importers.formats import FileKind, Format

# A row may be as long as the body of a POST: 10 MiB. The reader of CSV has a limit of its own.
MOST_BYTES = 10 * 1024 * 1024
csv.field_size_limit(MOST_BYTES)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What begins a file that is neither CSV nor JSONL.
OTHERS = {
    b"\xff\xfe": "This is UTF-16. Write it as UTF-8.",
    b"\xfe\xff": "This is UTF-16. Write it as UTF-8.",
    b"\x1f\x8b": "This is compressed. Unpack it first: gunzip.",
    b"PK\x03\x04": "This is a ZIP file or a workbook. Write CSV or JSONL.",
    b"PAR1": "This is Parquet. Write CSV or JSONL.",
}
NOT_UTF8 = "The row is not UTF-8."
TOO_LONG = "The row is longer than 10 MiB, or a quotation mark is not closed."


class UnusableFileError(ValueError):
    """A file of which no row can be read, and why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row, or in a sentence why it is none; where it begins, and its bytes."""

    number: int
    size: int
    row: Mapping[str, Any]
    error: str = ""


class _TooLongError(ValueError):
    """More bytes than a row may have."""


class _Lines:
    """The physical lines of a file as text; an iterator that lives on after an error."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.number = 0
        self.begin_row()

    def begin_row(self) -> None:
        self.first = self.number + 1
        self.size = 0
        self.is_utf8 = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self.next_bytes()
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.is_utf8 = False
            return raw.decode(errors="replace")

    def next_bytes(self) -> bytes:
        """The next line. Raises `_TooLongError` behind it, and `StopIteration`."""
        raw = self.file.readline(MOST_BYTES + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        self.size += len(raw)
        if self.size > MOST_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = self.file.readline(MOST_BYTES)
                self.size += len(raw)
            raise _TooLongError(TOO_LONG)
        return raw


class SourceFile:
    """A file of a format. Entering it raises `UnusableFileError` where its rows cannot be read."""

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.format = format
        self.may_be_cut = False

    def __enter__(self) -> "SourceFile":
        try:
            self.file = self.path.open("rb")
        except OSError as error:
            raise UnusableFileError(f"{self.path}: {error.strerror}.") from None
        try:
            self._begin()
        except (ValueError, OSError) as error:
            self.file.close()
            raise UnusableFileError(f"{self.path}: {error}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.file.close()

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self.file.fileno()).st_size

    def rows(self) -> Iterator[Line]:
        """The rows that are not empty."""
        return self._objects() if self.kind is FileKind.JSONL else self._cells()

    def _begin(self) -> None:
        start = self.file.read(4096)
        for magic, sentence in OTHERS.items():
            if start.startswith(magic):
                raise ValueError(sentence)
        mark = len(BYTE_ORDER_MARK) if start.startswith(BYTE_ORDER_MARK) else 0
        text = start[mark:].lstrip()
        if not text:
            raise ValueError("The file is empty.")
        if text.startswith(b"["):
            raise ValueError("This is one JSON array. Write an object a line: jq -c '.[]'.")
        self.kind = self._kind(text)
        self.file.seek(mark)
        self.lines = _Lines(self.file)
        if self.kind is FileKind.CSV:
            self.reader = csv.reader(self.lines, strict=True)
            self.header = self._header()

    def _kind(self, text: bytes) -> FileKind:
        found = FileKind.JSONL if text.startswith(b"{") else FileKind.CSV
        if found not in self.format.kinds:
            (wanted,) = self.format.kinds
            raise ValueError(f"{wanted.value} is needed for the format {self.format.name}.")
        return found

    def _header(self) -> list[str]:
        try:
            names = [name.strip() for name in self._first_row()]
        except (csv.Error, _TooLongError) as error:
            raise ValueError(f"The row of headings cannot be read: {error}.") from None
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"There are two columns {_listed(doubled)}.")
        if missing := self.format.missing(names):
            raise ValueError(f"Columns are missing: {_listed(missing)}.")
        if self.format.known is not None and (others := set(names) - self.format.known):
            raise ValueError(f"There are no such columns in a call: {_listed(others)}.")
        return names

    def _first_row(self) -> list[str]:
        for names in self.reader:
            if names:
                break
        if not self.lines.is_utf8:
            raise ValueError("The row of headings is not UTF-8.")
        return names

    def _cells(self) -> Iterator[Line]:
        lines, header = self.lines, self.header
        while True:
            lines.begin_row()
            try:
                cells = next(self.reader)
            except StopIteration:
                break
            except (csv.Error, _TooLongError) as error:
                yield Line(lines.first, lines.size, {}, _sentence(error))
                continue
            if cells:
                yield self._row(cells, header)
        self.may_be_cut = not self._ends_with_a_line()

    def _row(self, cells: list[str], header: list[str]) -> Line:
        lines = self.lines
        error = ""
        if len(cells) != len(header):
            error = f"The row has {len(cells)} cells; there are {len(header)} headings."
        elif not lines.is_utf8:
            error = NOT_UTF8
        if error:
            return Line(lines.first, lines.size, {}, error)
        row = {name: cell or None for name, cell in zip(header, cells, strict=True)}
        return Line(lines.first, lines.size, row)

    def _objects(self) -> Iterator[Line]:
        lines = self.lines
        while True:
            lines.begin_row()
            try:
                raw = lines.next_bytes()
            except StopIteration:
                return
            except _TooLongError as error:
                yield Line(lines.first, lines.size, {}, str(error))
                continue
            if not raw.isspace():
                yield self._object(raw)

    def _object(self, raw: bytes) -> Line:
        lines = self.lines
        try:
            row = exact_json.decode(raw)
        except exact_json.NotJSONError as error:
            return Line(lines.first, lines.size, {}, f"The row is no JSON: {error}.")
        if not isinstance(row, Mapping):
            return Line(lines.first, lines.size, {}, "The row is no JSON object.")
        if missing := self.format.missing(row):
            return Line(lines.first, lines.size, {}, f"Fields are missing: {_listed(missing)}.")
        return Line(lines.first, lines.size, row)

    def _ends_with_a_line(self) -> bool:
        self.file.seek(-1, os.SEEK_END)
        return self.file.read(1) in (b"\n", b"\r")


def _listed(names: Any) -> str:
    """At most ten names, each cut."""
    shown = sorted(name[:60] for name in names)
    return ", ".join(shown[:10]) + (" …" if len(shown) > 10 else "")


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, _TooLongError) else f"The row is no CSV: {error}."
