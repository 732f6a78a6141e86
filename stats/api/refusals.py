"""Stores refused posts, whose repetition would be refused again (spec §8)."""

import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import parsing
from stats.api.throttling import count_in_minute
from stats.ingest import refusals
from stats.ingest.refusals import Refusal
from stats.models import APIKey

logger = logging.getLogger(__name__)
# 409, 429 and 503 are worth a repetition; a 401 has no service.
STATUSES = {400, 403, 413, 415, 422}
MOST_A_MINUTE = 10
# How many bad items of an array are looked at.
MOST_ITEMS = 1_000


def keep(request: Request, answer: Response) -> None:
    """Store the POST with this answer, if it is to be stored. Raises nothing."""
    if request.method != "POST" or answer.status_code not in STATUSES:
        return
    key = request.auth
    # Counted first, so that a key beyond its limit costs no database time.
    if not isinstance(key, APIKey):
        return
    if not 0 < count_in_minute(f"refused:{key.prefix}") <= MOST_A_MINUTE:
        return
    errors = list(dict.fromkeys(_errors(answer.data)))
    start = parsing.start_of(request)
    refusal = Refusal(key.name, key.prefix, answer.status_code, errors, start)
    try:
        refusals.keep(refusal, timezone.now())
    except DatabaseError as error:
        # The message may hold parts of the body.
        logger.warning("A refused post is not kept: %s", type(error).__name__)


def _errors(data: Any) -> Iterator[tuple[str, str]]:
    """Pairs of field and sentence; of an array, those of its items."""
    by_index = data.get("errors")
    items = by_index.values() if isinstance(by_index, dict) else [data]
    for item in islice(items, MOST_ITEMS):
        for field, sentences in item.items():
            name = "" if field == "detail" else field
            for sentence in sentences if isinstance(sentences, list) else [sentences]:
                yield name, str(sentence)
