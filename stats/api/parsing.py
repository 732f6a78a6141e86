"""Reads the body of a request, with a limit, and its Idempotency-Key."""

import re
from typing import Protocol

from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.request import Request

from stats.api.errors import TooLargeError
from stats.ingest import refusals

JSON = "application/json"
MAX_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
# A body that exceeds the limit by less is still read: a proxy that has passed it on
# (docs/deploy/nginx.conf) would lose the answer if the connection were closed.
A_LITTLE_MORE = 1024 * 1024
# The key in `request.META` of the start of the body, which is stored if the POST is refused.
START = "usage_ledger.start_of_body"
IDEMPOTENCY_KEY = "Idempotency-Key"
# Printable ASCII, stripped.
IDEMPOTENCY_KEY_PATTERN = "^[!-~]([ -~]{0,198}[!-~])?$"


class SupportsRead(Protocol):
    def read(self, size: int) -> bytes: ...


class _ChunkedStream:
    """A chunked body. It may be malformed, or end too early."""

    def __init__(self, stream: SupportsRead) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        try:
            return self.stream.read(size)
        except Exception as error:
            # Each server has its own exceptions. Django raises this one for other bodies.
            raise UnreadablePostError(str(error)) from error


def body_of(request: Request) -> bytes:
    """The bytes of a JSON body.

    Raises `UnsupportedMediaType` for another type or any Content-Encoding, `TooLargeError` beyond
    10 MiB, whatever Content-Length says, and `UnreadablePostError` if the transfer breaks.
    """
    if request.content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaType(request.content_type)
    if (encoding := request.headers.get("Content-Encoding", "identity")).lower() != "identity":
        raise UnsupportedMediaType(encoding, "A Content-Encoding is not supported.")
    stream, announced = _stream_of(request), _announced_bytes(request)
    if announced > MAX_BYTES:
        if announced <= MAX_BYTES + A_LITTLE_MORE:
            request.META[START] = stream.read(announced)[: refusals.READ_BYTES]
        raise TooLargeError
    # If the transfer breaks, `start_of` does not read again.
    request.META[START] = b""
    body = stream.read(MAX_BYTES + 1)
    request.META[START] = body[: refusals.READ_BYTES]
    if len(body) > MAX_BYTES:
        raise TooLargeError
    if len(body) < announced:
        raise UnreadablePostError("The body is shorter than announced.")
    return body


def start_of(request: Request) -> bytes:
    """The start of the body of a refused post; read now if it was not read."""
    start: bytes | None = request.META.get(START)
    if start is not None:
        return start
    try:
        return _stream_of(request).read(refusals.READ_BYTES)
    except (UnreadablePostError, OSError):
        return b""


def idempotency_key_of(request: Request) -> str | None:
    """The Idempotency-Key; None without one. Raises `ValidationError` unless it has 1 to 200
    printable ASCII characters."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None or re.match(IDEMPOTENCY_KEY_PATTERN, key.strip(" \t")):
        return key and key.strip(" \t")
    raise ValidationError({IDEMPOTENCY_KEY: ["1 to 200 printable ASCII characters are needed."]})


def _announced_bytes(request: Request) -> int:
    """Content-Length as Django reads it: 0 if it is no number."""
    try:
        return int(request.META["CONTENT_LENGTH"])
    except (KeyError, ValueError):
        return 0


def _stream_of(request: Request) -> SupportsRead:
    """The stream of the body. `request.body` would keep 10 MiB until the next garbage collection,
    since requests of REST framework have reference cycles.

    Django reads up to Content-Length, so nothing without one. A chunked body is read only if the
    server ends the stream itself.
    """
    if "CONTENT_LENGTH" not in request.META and request.META.get("wsgi.input_terminated"):
        return _ChunkedStream(request.META["wsgi.input"])
    return request._request
