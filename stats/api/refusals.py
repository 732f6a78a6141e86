"""Which refused posts are kept: those that come no better when they come again (spec §8)."""

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
# Others are put off, not refused (409, 429, 503), or of nobody knows whom (401).
STATUSES = {400, 403, 413, 415, 422}
MOST_A_MINUTE = 10
# Of an array, so many bad items are looked at.
MOST_ITEMS = 1_000


def keep(request: Request, answer: Response) -> None:
    """Keep the POST that was answered so, if it is one to keep; the answer is the same anyway."""
    if request.method != "POST" or answer.status_code not in STATUSES:
        return
    key = request.auth
    # Counted first: beyond its bound a key costs the database nothing, nor while nobody counts.
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
        # Its words may have what was posted in them.
        logger.warning("A refused post is not kept: %s", type(error).__name__)


def _errors(data: Any) -> Iterator[tuple[str, str]]:
    """Each field with each of its sentences; of an array those of its items."""
    by_index = data.get("errors")
    items = by_index.values() if isinstance(by_index, dict) else [data]
    for item in islice(items, MOST_ITEMS):
        for field, sentences in item.items():
            name = "" if field == "detail" else field
            for sentence in sentences if isinstance(sentences, list) else [sentences]:
                yield name, str(sentence)
