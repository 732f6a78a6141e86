"""Limits the requests per minute of each API key, counted in the cache."""

import logging
import math
import time
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from stats.models import APIKey

logger = logging.getLogger(__name__)
# Seconds.
WINDOW = 60


class KeyThrottle(BaseThrottle):
    """Counts by minutes of the clock, one number per key, which is exact if all workers share the
    cache. Sessions are not counted."""

    def __init__(self) -> None:
        self.seconds_left = 0
        # Headers of the answer.
        self.headers: dict[str, str] = {}

    def allow_request(self, request: Request, view: APIView) -> bool:
        """True if the key has requests left."""
        key = request.auth
        if not isinstance(key, APIKey):
            return True
        self.seconds_left = math.ceil(WINDOW - time.time() % WINDOW)
        limit = key.rate or settings.API_RATE
        used = count_in_minute(f"requests:{key.prefix}")
        self.headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - used, 0)),
            "RateLimit-Reset": str(self.seconds_left),
        }
        return used <= limit

    def wait(self) -> float:
        """Seconds until the next minute, for Retry-After."""
        return self.seconds_left


def count_in_minute(what: str) -> int:
    """Count one more; the count of this minute, or 0 without a cache, which then limits nothing."""
    name = f"{what}:{time.time() // WINDOW:.0f}"
    try:
        with suppress(ValueError):
            return cache.incr(name)
        # The first request of this minute.
        cache.add(name, 0, WINDOW * 2)
        return cache.incr(name)
    # Each cache has its own errors; ValueError: the number was evicted in between.
    except Exception:
        logger.warning("The cache does not count requests", exc_info=True)
        return 0
