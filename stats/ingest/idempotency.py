"""The only writer of idempotency records: a request that may come again is written once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from stats.db import transactions
from stats.db.errors import is_lock_timeout
from stats.models import IdempotencyRecord

PURGED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose request this is, under which key, with which body (SHA-256 of its bytes, in hex)."""

    service: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered, besides its status, which is 201."""

    content: dict[str, Any]
    headers: dict[str, str]


class OtherBodyError(Exception):
    """The key was used before, with another body."""


class StillWritingError(Exception):
    """Another request under the same key is not through yet."""


class _KeyTakenError(Exception):
    """Another request under the same key was quicker."""


def claim(service: str, key: str, body: bytes) -> Claim:
    """The claim of a request with this body."""
    return Claim(service, key, hashlib.sha256(body).hexdigest())


def first_answer(wanted: Claim) -> Answer | None:
    """The answer to the first request under this key, None if this is the first.

    Raises `OtherBodyError`.
    """
    record = IdempotencyRecord.objects.filter(service=wanted.service, key=wanted.key).first()
    if record is None:
        return None
    if record.body_hash != wanted.body_hash:
        raise OtherBodyError
    return Answer(**json.loads(record.answer))


def write_once(wanted: Claim, write: Callable[[], Answer]) -> tuple[Answer, bool]:
    """Write and remember the answer in one transaction; also whether it was written just now.

    `write` has checked everything before: what it raises undoes the claim too. Raises
    `OtherBodyError`, and `StillWritingError` when another request holds the key for too long.
    """
    try:
        return transactions.repeated(lambda: _written(wanted, write)), True
    except _KeyTakenError:
        answer = first_answer(wanted)
    if answer is None:
        raise StillWritingError
    return answer, False


def _written(wanted: Claim, write: Callable[[], Answer]) -> Answer:
    with transaction.atomic():
        record = _claimed(wanted)
        answer = write()
        record.answer = json.dumps({"content": answer.content, "headers": answer.headers})
        record.save(update_fields=["answer"])
    return answer


def _claimed(wanted: Claim) -> IdempotencyRecord:
    """The key's row, inserted first: a second request waits here, before it writes anything."""
    record = IdempotencyRecord(
        service=wanted.service,
        key=wanted.key,
        body_hash=wanted.body_hash,
        created_at=timezone.now(),
    )
    try:
        record.save(force_insert=True)
    except IntegrityError:
        raise _KeyTakenError from None
    except OperationalError as error:
        if is_lock_timeout(error):
            raise StillWritingError from None
        raise
    return record


def purge(now: datetime) -> int:
    """Forget what was answered more than IDEMPOTENCY_KEEP_HOURS before `now`; how many."""
    over = IdempotencyRecord.objects.filter(
        created_at__lt=now - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)
    )
    purged = 0
    # Few at a time: whoever posts meanwhile waits for none of it.
    while ids := list(over.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        purged += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
    return purged
