"""The only writer of refused posts: keeps the newest, for 30 days (spec §8)."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Min, Q

from stats.db.transactions import repeated
from stats.models import RefusedPost

MOST_KEPT = 1_000
# One service cannot push out the refused posts of the others.
MOST_OF_SERVICE = MOST_KEPT // 2
KEPT_FOR = timedelta(days=30)
BODY_BYTES = 2 * 1024
# A few more are read, to recognize an API key that crosses the end.
READ_BYTES = BODY_BYTES + 512
MOST_ERRORS = 20
SENTENCE_LENGTH = 300
# How often another post may take the number first.
ATTEMPTS = 5

REMOVED = "[removed]"
_KEY = re.compile(
    # Ours.
    r"\b[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}\b"
    # Other vendors': sk-…, app-…, AIza…, JSON web tokens.
    r"|\b(?:sk|pk|app|dataset|gsk|xai|hf|ghp|glpat)[-_][\w-]{16,}"
    r"|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
)
_SCHEME = re.compile(r"\b(Bearer|Basic|Api-Key)\s+[^\s\"'\\,]+", re.IGNORECASE)
# The value of "api_key", 'Authorization' and the like, in JSON, in JSON within a text, or as Python
# prints it.
_MEMBER = re.compile(
    r"""(\\{0,9}(["'])[^"'\\]{0,40}(?:api[_-]?key|authorization|cookie|password|secret|token)"""
    r"""\\{0,9}\2\s*:\s*\\{0,9}(["']))(?:(?!\3)[^\\]|\\.)*""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused post: pairs of field and sentence, and the first `READ_BYTES` of its body."""

    service: str
    key_prefix: str
    status: int
    errors: Sequence[tuple[str, str]]
    start: bytes


def keep(refusal: Refusal, now: datetime) -> None:
    """Store it in its own transaction; if all places are taken, in place of the oldest. Raises
    `DatabaseError` if it cannot be stored."""
    for _attempt in range(ATTEMPTS):
        with suppress(IntegrityError):
            return repeated(lambda: _write(_columns(refusal, now), refusal.service))
    return repeated(lambda: _write(_columns(refusal, now), refusal.service))


def purge(now: datetime) -> int:
    """Remove refused posts that are older than `KEPT_FOR`; how many."""
    return RefusedPost.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]


def _write(columns: dict[str, Any], service: str) -> None:
    own = Q(service=service)
    with transaction.atomic():
        kept = RefusedPost.objects.aggregate(
            newest=Max("pk"),
            oldest=Min("pk"),
            count=Count("pk"),
            oldest_of_service=Min("pk", filter=own),
            count_of_service=Count("pk", filter=own),
        )
        columns["number"] = (kept["newest"] or 0) + 1
        if kept["count_of_service"] >= MOST_OF_SERVICE:
            _replace(kept["oldest_of_service"], columns)
        elif kept["count"] >= MOST_KEPT:
            _replace(kept["oldest"], columns)
        else:
            RefusedPost.objects.create(**columns)


def _replace(number: int, columns: dict[str, Any]) -> None:
    if not RefusedPost.objects.filter(pk=number).update(**columns):
        raise IntegrityError("Another refused post took this place.")


def _columns(refusal: Refusal, now: datetime) -> dict[str, Any]:
    return {
        "created_at": now.replace(microsecond=0),
        "service": refusal.service,
        "key_prefix": refusal.key_prefix,
        "status": refusal.status,
        "errors": [
            [_without_keys(text)[:SENTENCE_LENGTH] for text in error]
            for error in refusal.errors[:MOST_ERRORS]
        ],
        "body": _start_of(refusal.start),
    }


def _start_of(body: bytes) -> str:
    """The first 2 KiB, without API keys."""
    text = _without_keys(body.decode(errors="replace"))
    return text.encode()[:BODY_BYTES].decode(errors="ignore")


def _without_keys(text: str) -> str:
    without_members = _MEMBER.sub(rf"\1{REMOVED}", text)
    return _KEY.sub(REMOVED, _SCHEME.sub(rf"\1 {REMOVED}", without_members))
