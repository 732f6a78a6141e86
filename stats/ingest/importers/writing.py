"""The only writer of imported calls: a row of a source becomes a call once, whoever else imports it
at the same time, and wherever a process dies."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import transaction

from stats.db.rows import insert_rows
from stats.ingest import recording
from stats.ingest.importers.formats import ID_LENGTH, Source
from stats.ingest.validation import NewCall
from stats.models import ImportedCall

COLUMNS = ("source", "id_hash", "id_hash_low", "content_hash")
CHANGED = "A row with this id was imported before and said something else: the first one counts."
# From 1,000 on MariaDB reads all rows of the source instead (in_predicate_conversion_threshold).
SOUGHT_AT_ONCE = 900
# Two halves of a hash of 128 bits.
Key = tuple[int, int]


class RowOutcome(Enum):
    """What became of a row."""

    IMPORTED = "imported"
    KNOWN = "there before"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that may be written: who it is, what it says, and its call."""

    key: Key
    content: int
    call: NewCall


def new_row(id: str, call: NewCall) -> NewRow:
    """A row with its id in the source, as `checked_id` has it."""
    return NewRow(_key(id), _content(call), call)


def checked_id(value: object) -> str:
    """A row's id in its source, a text or a number. Raises `ValueError`."""
    if type(value) is int:
        return str(value)
    if type(value) is not str or not value.strip():
        raise ValueError("An id is needed, by which the row is known when it comes again.")
    if len(value) > ID_LENGTH:
        raise ValueError(f"At most {ID_LENGTH} characters are an id; these are {len(value)}.")
    return value.strip()


def written(source: Source, rows: Sequence[NewRow]) -> list[tuple[RowOutcome, str]]:
    """Write those rows that are new, all in one transaction or none; of each what became of it, and
    a sentence where it is rejected.

    Raises `IntegrityError` where another import was first with one of them, or a user or a job has
    gone: then nothing is written, and who asks again learns which.
    """
    with transaction.atomic():
        outcomes, new = _sorted_out(rows, _remembered(source, rows))
        if new:
            # Always in this order: two imports of the same rows wait for one another.
            keys = sorted((int(source), *row.key, row.content) for row in new)
            insert_rows(ImportedCall._meta.db_table, COLUMNS, keys)
            recording.insert_calls([row.call for row in new])
    return outcomes


def expected_outcomes(source: Source, rows: Sequence[NewRow]) -> list[tuple[RowOutcome, str]]:
    """What would become of rows, without writing any."""
    return _sorted_out(rows, _remembered(source, rows))[0]


def _sorted_out(
    rows: Sequence[NewRow], remembered: Mapping[Key, int]
) -> tuple[list[tuple[RowOutcome, str]], list[NewRow]]:
    known = dict(remembered)
    outcomes: list[tuple[RowOutcome, str]] = []
    new = []
    for row in rows:
        content = known.get(row.key)
        if content is None:
            known[row.key] = row.content
            new.append(row)
            outcomes.append((RowOutcome.IMPORTED, ""))
        elif content == row.content:
            outcomes.append((RowOutcome.KNOWN, ""))
        else:
            outcomes.append((RowOutcome.REJECTED, CHANGED))
    return outcomes, new


def _remembered(source: Source, rows: Sequence[NewRow]) -> dict[Key, int]:
    """Of these rows those that are calls already, with what they said."""
    known: dict[Key, int] = {}
    for begin in range(0, len(rows), SOUGHT_AT_ONCE):
        # By the first half alone, along the primary key.
        hashes = [row.key[0] for row in rows[begin : begin + SOUGHT_AT_ONCE]]
        found = ImportedCall.objects.filter(source=source, id_hash__in=hashes)
        for high, low, content in found.values_list("id_hash", "id_hash_low", "content_hash"):
            known[high, low] = content
    return known


def _key(id: str) -> Key:
    digest = hashlib.blake2b(id.encode(errors="surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], signed=True), int.from_bytes(digest[8:], signed=True)


def _content(call: NewCall) -> int:
    """Of what a row says but for its user, whom a CSV of ours names."""
    values: list[Any] = [
        call.job_id,
        call.api_endpoint,
        call.prompt_tokens,
        call.completion_tokens,
        call.total_tokens,
        call.prompt_unit_price,
        call.prompt_price_unit,
        call.cost,
        call.response_time_ms,
        call.success,
        call.error_message,
        None if call.created_at is None else call.created_at.timestamp(),
    ]
    # As a signed number of 32 bits.
    return zlib.crc32(repr(values).encode(errors="surrogatepass")) - 2**31
