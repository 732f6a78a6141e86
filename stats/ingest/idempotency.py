"""The only writer of idempotency records: a repeated request is written once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction

from stats.db import transactions
from stats.db.errors import is_lock_timeout
from stats.models import IdempotencyRecord

PURGED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """The service, key and body (SHA-256, in hex) of a request."""

    service: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, whose status is 201. `is_repeat`: an earlier request got it, too."""

    content: dict[str, Any]
    headers: dict[str, str]
    is_repeat: bool = False


class OtherBodyError(Exception):
    """The key was used before, with another body."""


class StillWritingError(Exception):
    """Another request with the same key is still being written."""


class _KeyTakenError(Exception):
    """Another request with the same key was first."""


def claim(service: str, key: str, body: bytes) -> Claim:
    """The claim of a request with this body."""
    return Claim(service, key, hashlib.sha256(body).hexdigest())


def first_answer(wanted: Claim) -> Answer | None:
    """The answer to the first request with this key; None if this is the first. Raises
    `OtherBodyError`."""
    record = IdempotencyRecord.objects.filter(service=wanted.service, key=wanted.key).first()
    if record is None:
        return None
    if record.body_hash != wanted.body_hash:
        raise OtherBodyError
    return Answer(**json.loads(record.answer), is_repeat=True)


def write_once(wanted: Claim, write: Callable[[], Answer], now: datetime) -> Answer:
    """Write, and store the answer, in one transaction; or the answer to an earlier request.

    If `write` raises, the claim is undone too. Raises `OtherBodyError`, and `StillWritingError` if
    another request holds the key for too long.
    """
    try:
        return transactions.repeated(lambda: _written(wanted, write, now))
    except _KeyTakenError:
        answer = first_answer(wanted)
    if answer is None:
        raise StillWritingError
    return answer


def _written(wanted: Claim, write: Callable[[], Answer], now: datetime) -> Answer:
    with transaction.atomic():
        record = _claimed(wanted, now)
        answer = write()
        record.answer = json.dumps({"content": answer.content, "headers": answer.headers})
        record.save(update_fields=["answer"])
    return answer


def _claimed(wanted: Claim, now: datetime) -> IdempotencyRecord:
    """The key's row, inserted first: a second request waits here, before it writes anything."""
    record = IdempotencyRecord(**asdict(wanted), created_at=now)
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
    """Remove records that are older than IDEMPOTENCY_KEEP_HOURS; how many."""
    over = IdempotencyRecord.objects.filter(
        created_at__lt=now - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)
    )
    purged = 0
    # In small batches, for which no POST has to wait long.
    while ids := list(over.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        purged += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
    return purged
