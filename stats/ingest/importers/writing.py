"""The only writer of imported calls. A row becomes a call once, even if two imports run at once or
a process dies."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from django.db import transaction

from stats.db.rows import insert_rows
from stats.ingest import recording
from stats.ingest.importers.formats import Source
from stats.ingest.validation import COLUMN_NAMES, NewCall
from stats.models import ImportedCall

COLUMNS = ("source", "id_hash", "id_hash_low", "content_hash")
# With 1,000 values MariaDB would read all rows of the source (in_predicate_conversion_threshold).
SOUGHT_AT_ONCE = 900
# Two halves of a hash of 128 bits.
Key = tuple[int, int]
_content_but_time = attrgetter(*(name for name in COLUMN_NAMES[:-1] if name != "user_id"))


class RowOutcome(Enum):
    """The outcome of a row. The value is its name for people."""

    IMPORTED = "imported"
    KNOWN = "there before"
    REJECTED = "rejected"


@dataclass(slots=True)
class NewRow:
    """A row of a source: its line, its id, its call as posted, and its errors by field; then its
    checked call and its outcome."""

    line: int
    id: str
    posted: dict[str, object]
    errors: dict[str, str]
    call: NewCall | None = None
    outcome: RowOutcome = RowOutcome.REJECTED


def write(source: Source, rows: Sequence[NewRow], *, is_dry_run: bool) -> None:
    """Write the new ones of the rows with a call, in one transaction, and set all outcomes.

    A row is rejected if another one with its id has another content. Raises `IntegrityError` if
    another import was first with a row, or a user or job is gone; then nothing is written. A second
    try finds out which row it was.
    """
    checked = [(_key(row.id), _content(row.call), row) for row in rows if row.call]
    with transaction.atomic():
        contents = _contents(source, [key for key, _content, _row in checked])
        new = []
        for key, content, row in checked:
            if key not in contents:
                contents[key] = content
                new.append((int(source), *key, content))
                row.outcome = RowOutcome.IMPORTED
            else:
                is_known = contents[key] == content
                row.outcome = RowOutcome.KNOWN if is_known else RowOutcome.REJECTED
        if new and not is_dry_run:
            # Sorted, so that two imports of the same rows cannot deadlock.
            insert_rows(ImportedCall._meta.db_table, COLUMNS, sorted(new))
            imported = (row for row in rows if row.outcome is RowOutcome.IMPORTED)
            recording.insert_calls(row.call for row in imported if row.call)


def _contents(source: Source, keys: Sequence[Key]) -> dict[Key, int]:
    """The content hashes of the keys that were imported before."""
    contents: dict[Key, int] = {}
    for begin in range(0, len(keys), SOUGHT_AT_ONCE):
        # The first half of the hash alone, which the primary key begins with.
        hashes = [high for high, _low in keys[begin : begin + SOUGHT_AT_ONCE]]
        found = ImportedCall.objects.filter(source=source, id_hash__in=hashes)
        for high, low, content in found.values_list("id_hash", "id_hash_low", "content_hash"):
            contents[high, low] = content
    return contents


def _key(id: str) -> Key:
    digest = hashlib.blake2b(id.encode(errors="surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], signed=True), int.from_bytes(digest[8:], signed=True)


def _content(call: NewCall) -> int:
    """A hash of all columns but the user, whom the CSV of --users decides, in signed 32 bits."""
    values = [*_content_but_time(call), call.created_at and call.created_at.timestamp()]
    return zlib.crc32(repr(values).encode(errors="surrogatepass")) - 2**31
