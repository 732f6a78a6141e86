"""Middleware: an id, a log line, metrics, a time limit and a header for each request."""

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import perf_counter
from typing import cast

from django.conf import settings
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from stats.db.errors import TooSlowError, is_read_only, is_too_slow
from stats.db.limits import answering_within
from stats.models import APIKey
from stats.ops import metrics
from stats.ops.failing import only_reads
from stats.ops.logs import current_request_id

HEADER = "X-Request-ID"
READING = {"GET", "HEAD"}
# Seconds, in which the database may become less busy.
RETRY_AFTER = "30"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,100}")
# Pages use none of these features.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip

logger = logging.getLogger(__name__)


class _Middleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response


class PermissionsPolicyMiddleware(_Middleware):
    """Adds `Permissions-Policy`, for which neither Django nor our libraries have a setting."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


class RequestIdMiddleware(_Middleware):
    """Gives each request an id: the proxy's if it is well-formed, else a new one."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response[HEADER] = request_id
        return response


class ObserveMiddleware(_Middleware):
    """Logs and counts each request when its answer is ready; a streamed one when it is sent.

    The query, headers and body of a request are never logged.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        note = partial(_note, request, current_request_id.get(), perf_counter())
        response = self.get_response(request)
        if "Content-Length" in response:
            note(response, int(response["Content-Length"]))
        elif isinstance(response, HttpResponse):
            note(response, len(response.content))
        elif isinstance(response, StreamingHttpResponse):
            parts = cast(Iterable[bytes], response.streaming_content)
            response.streaming_content = _counted(parts, partial(note, response))
        return response


class LimitMiddleware(_Middleware):
    """Limits the database time of requests that read, so that readers cannot block a worker that
    has calls to record. Streamed files are not limited."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in READING:
            return self.get_response(request)
        with answering_within(settings.REQUEST_SECONDS):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A 503 with a sentence, for views that do not handle the error themselves."""
        is_operational = isinstance(error, OperationalError) and is_too_slow(error)
        if not (is_operational or isinstance(error, TooSlowError)):
            return None
        sentence = _("This takes too long: choose a shorter period or fewer filters.")
        headers = {"Retry-After": RETRY_AFTER}
        return HttpResponse(sentence, "text/plain; charset=utf-8", 503, headers=headers)


class ReadOnlyMiddleware(_Middleware):
    """Answers a request that has to write with a page, while the database only reads."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A 503 for a login, a logout or a form; reading needs no write."""
        if not (isinstance(error, DatabaseError) and is_read_only(error)):
            return None
        logger.warning("The database only reads", exc_info=error)
        answer = only_reads(request)
        answer["Retry-After"] = RETRY_AFTER
        return answer


def _counted(parts: Iterable[bytes], note: Callable[[int], None]) -> Iterator[bytes]:
    """The parts; after the last one `note` gets their size."""
    size = 0
    try:
        for part in parts:
            size += len(part)
            yield part
    finally:
        note(size)


def _note(
    request: HttpRequest, request_id: str, begin: float, response: HttpResponseBase, size: int
) -> None:
    """Count and log a request. `size` is in bytes."""
    seconds = perf_counter() - begin
    match, method = request.resolver_match, request.method or ""
    route = str(match.route) if match else metrics.NO_ROUTE
    metrics.count_request(method, route, response.status_code, seconds)
    line = {
        "request_id": request_id,
        "method": method,
        "path": escape_uri_path(request.path),
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "bytes": size,
        "who": _who(request),
    }
    logger.info(
        "%(method)s %(path)s %(status)s, %(bytes)s bytes in %(ms)s ms for %(who)s", line, extra=line
    )


def _who(request: HttpRequest) -> str:
    """The key or user of the request, without a query."""
    if isinstance(key := getattr(request, "auth", None), APIKey):
        return f"key {key.prefix}"
    user = getattr(request, "_cached_user", None)
    return f"user {user.pk}" if user and user.pk else "nobody"
