"""What happens around every request: it gets an id, a line in the log and a count."""

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path

from stats.models import APIKey
from stats.monitoring import metrics
from stats.monitoring.logs import current_request_id

HEADER = "X-Request-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,100}")

logger = logging.getLogger(__name__)
Answering = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Names each request: the id a proxy gave it where that is harmless, else one of ours."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

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


class ObserveMiddleware:
    """Logs and counts each request once its answer is made; a streamed one when it has gone out.

    What is sent with a request (query, headers, body) stays out of the log.
    """

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        observation = _Observation(request, current_request_id.get(), perf_counter())
        response = self.get_response(request)
        if "Content-Length" in response:
            observation.note(response, int(response["Content-Length"]))
        elif isinstance(response, HttpResponse):
            observation.note(response, len(response.content))
        elif isinstance(response, StreamingHttpResponse):
            parts = cast(Iterable[bytes], response.streaming_content)
            response.streaming_content = observation.through(response, parts)
        return response


@dataclass(frozen=True, slots=True)
class _Observation:
    request: HttpRequest
    request_id: str
    begin: float

    def through(self, response: HttpResponseBase, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The parts as they are, noted at the end, when the request is long out of the id's
        reach."""
        size = 0
        try:
            for part in parts:
                size += len(part)
                yield part
        finally:
            self.note(response, size)

    def note(self, response: HttpResponseBase, size: int) -> None:
        """`size` in bytes."""
        seconds = perf_counter() - self.begin
        match = self.request.resolver_match
        line = {
            "method": self.request.method,
            "path": escape_uri_path(self.request.path),
            "route": str(match.route) if match else metrics.NO_ROUTE,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "bytes": size,
            "who": _who(self.request),
        }
        logger.info(
            "%(method)s %(path)s %(status)s, %(bytes)s bytes in %(ms)s ms for %(who)s",
            line,
            extra={**line, "request_id": self.request_id},
        )
        metrics.count_request(
            str(line["method"]), str(line["route"]), response.status_code, seconds
        )


def _who(request: HttpRequest) -> str:
    """The key or the user the request turned out to be from; never asks the database for it."""
    if isinstance(key := getattr(request, "auth", None), APIKey):
        return f"key {key.prefix}"
    user = getattr(request, "_cached_user", None)
    return f"user {user.pk}" if user and user.pk else "nobody"
