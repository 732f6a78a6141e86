"""Reads the rows of a CSV or JSONL file, one at a time; a bad row is an error, not an exception."""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from stats.core import exact_json
from stats.ingest.importers.formats import FileKind, Format

# As long as the body of a POST may be: 10 MiB. The csv module has a limit of its own.
MOST_BYTES = 10 * 1024 * 1024
csv.field_size_limit(MOST_BYTES)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# The first bytes of other kinds of files.
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
    """No row of the file can be read. The message is the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row, or the reason why it cannot be read; its first line, and its size in bytes."""

    number: int
    size: int
    row: Mapping[str, Any]
    error: str = ""


class _BadRowError(ValueError):
    """The row cannot be read. The message is a sentence."""


class _Lines:
    """The physical lines of a file as text. Unlike a generator it goes on after an error."""

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
        """The next line. Raises `_BadRowError`, having skipped the line, and `StopIteration`."""
        raw = self.file.readline(MOST_BYTES + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        self.size += len(raw)
        if self.size > MOST_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = self.file.readline(MOST_BYTES)
                self.size += len(raw)
            raise _BadRowError(TOO_LONG)
        return raw


class SourceFile:
    """An open file of a format. Raises `UnusableFileError` if its rows cannot be read."""

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.format = format
        self.may_be_cut = False
        try:
            self.file = path.open("rb")
        except OSError as error:
            raise UnusableFileError(f"{path}: {error.strerror}.") from None
        try:
            self._begin()
        except (ValueError, OSError) as error:
            self.close()
            raise UnusableFileError(f"{path}: {error}") from None

    def close(self) -> None:
        self.file.close()

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self.file.fileno()).st_size

    def rows(self) -> Iterator[Line]:
        """All rows but empty ones."""
        lines, read = self.lines, self._cells if self.kind is FileKind.CSV else self._object
        while True:
            lines.begin_row()
            try:
                row = read()
            except StopIteration:
                break
            except (csv.Error, _BadRowError) as error:
                is_bad = isinstance(error, _BadRowError)
                sentence = str(error) if is_bad else f"The row is no CSV: {error}."
                yield Line(lines.first, lines.size, {}, sentence)
            else:
                if row is not None:
                    yield Line(lines.first, lines.size, row)
        self.may_be_cut = self.kind is FileKind.CSV and not self._ends_with_a_line()

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
        except (csv.Error, _BadRowError) as error:
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

    def _cells(self) -> Mapping[str, Any] | None:
        """The next row of a CSV, None if it is empty. Raises as `_Lines`, and `csv.Error`."""
        cells, header = next(self.reader), self.header
        if not cells:
            return None
        if len(cells) != len(header):
            raise _BadRowError(f"The row has {len(cells)} cells; there are {len(header)} headings.")
        if not self.lines.is_utf8:
            raise _BadRowError(NOT_UTF8)
        return {name: cell or None for name, cell in zip(header, cells, strict=True)}

    def _object(self) -> Mapping[str, Any] | None:
        """The next row of JSONL, None if it is empty. Raises as `_Lines`."""
        raw = self.lines.next_bytes()
        if raw.isspace():
            return None
        try:
            row = exact_json.decode(raw)
        except exact_json.NotJSONError as error:
            raise _BadRowError(f"The row is no JSON: {error}.") from None
        if not isinstance(row, Mapping):
            raise _BadRowError("The row is no JSON object.")
        if missing := self.format.missing(row):
            raise _BadRowError(f"Fields are missing: {_listed(missing)}.")
        return row

    def _ends_with_a_line(self) -> bool:
        self.file.seek(-1, os.SEEK_END)
        return self.file.read(1) in (b"\n", b"\r")


def _listed(names: Any) -> str:
    """At most ten names, each shortened."""
    shown = sorted(name[:60] for name in names)
    return ", ".join(shown[:10]) + (" …" if len(shown) > 10 else "")
