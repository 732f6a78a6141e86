"""The files beside an import: rejected rows, and names of users."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, _TemporaryFileWrapper

from django.core.management.base import CommandError

from stats.ingest import columns
from stats.ingest.importers.users import Users
from stats.tables.csvfile import harmless

REJECTED_SUFFIX = ".rejected.csv"
NAMES_SUFFIX = ".users.csv"
NAME, USER_ID = "name", "user_id"


class RejectedRows:
    """Writes a CSV of rejected rows: line, field, sentence. Without rows it writes no file.

    Raises `CommandError` if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: _TemporaryFileWrapper[str] | None = None

    def add(self, line: int, name: str, sentence: str) -> None:
        """Add a row."""
        try:
            if self.file is None:
                self._open()
            self.writer.writerow([line, harmless(name), harmless(sentence)])
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def _open(self) -> None:
        # A temporary name, so that a second run of the same import writes its own file.
        self.file = NamedTemporaryFile(  # noqa: SIM115
            "w",
            newline="",
            encoding="utf-8",
            dir=self.path.parent,
            prefix=f".{self.path.name}.",
            delete=False,
        )
        self.writer = csv.writer(self.file)
        self.writer.writerow(["line", "field", "sentence"])


@contextmanager
def rejected_rows(path: Path) -> Iterator[RejectedRows]:
    """The rejected rows of a file. At the end their CSV replaces that of an earlier run."""
    rows = RejectedRows(path.with_name(path.name + REJECTED_SUFFIX))
    try:
        yield rows
    finally:
        if rows.file is not None:
            rows.file.close()
            Path(rows.file.name).replace(rows.path)
    if rows.file is None:
        rows.path.unlink(missing_ok=True)


def read_users(path: Path | None) -> Users:
    """User ids by name, from a CSV with the columns name and user_id. Raises `CommandError`."""
    if path is None:
        return Users({}, _as_written)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if not {NAME, USER_ID} <= set(rows.fieldnames or ()):
                raise ValueError(f"the columns {NAME} and {USER_ID} are needed")
            numbers: dict[str, int] = {}
            for row in rows:
                _add(numbers, row, rows.line_num)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from None
    except (ValueError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None
    return Users(numbers, _as_written)


def _add(numbers: dict[str, int], row: dict[str, str], line: int) -> None:
    name, number = (row[NAME] or "").strip(), (row[USER_ID] or "").strip()
    if not number:
        return
    if not number.isascii() or not number.isdecimal():
        raise ValueError(f"line {line}: {USER_ID} is to be a number")
    if numbers.setdefault(name, columns.identifier(int(number))) != int(number):
        raise ValueError(f"line {line}: an earlier line gives the name another number")


def write_names(path: Path, users: Users) -> Path:
    """Writes a CSV of the names without a user id beside `path`, to be filled in.

    Raises `CommandError` if the file exists: somebody may have filled it in.
    """
    names = path.with_name(path.name + NAMES_SUFFIX)
    try:
        with names.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([NAME, USER_ID])
            writer.writerows([_as_written(name), ""] for name in users.unknown)
    except FileExistsError:
        raise CommandError(
            f"{names} is there already: fill it in and give it by --users, or remove it."
        ) from None
    except OSError as error:
        raise _unwritable(names, error) from None
    return names


def _as_written(name: str) -> str:
    return harmless(name) or ""


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(f"{path} cannot be written: {error.strerror}.")
