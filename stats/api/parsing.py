"""The body of a request, as bounded bytes, and its Idempotency-Key."""

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
# A proxy that has let a body through (docs/deploy/nginx.conf) does not hear the answer where the
# connection is closed upon it unread.
A_LITTLE_MORE = 1024 * 1024
# Of a refused body, which is kept.
MOST_OF_START = refusals.READ_BYTES
# Where a request has that.
START = "usage_ledger.start_of_body"
IDEMPOTENCY_KEY = "Idempotency-Key"
# Printable ASCII; blanks around a header's value are no part of it.
IDEMPOTENCY_KEY_PATTERN = "^[!-~]([ -~]{0,198}[!-~])?$"


class SupportsRead(Protocol):
    def read(self, size: int) -> bytes: ...


class _ChunkedStream:
    """A body that the server reads by chunks, and that may be malformed or end in their midst."""

    def __init__(self, stream: SupportsRead) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        try:
            return self.stream.read(size)
        except Exception as error:
            # Each server has exceptions of its own for it. Django tells those of other bodies so.
            raise UnreadablePostError(str(error)) from error


def body_of(request: Request) -> bytes:
    """The bytes of a JSON body.

    Raises `UnsupportedMediaType` for another type or any Content-Encoding, `TooLargeError` beyond
    10 MiB, whatever Content-Length says, `UnreadablePostError` for what is broken in transport.
    """
    if request.content_type.partition(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaType(request.content_type)
    if (encoding := request.headers.get("Content-Encoding", "identity")).lower() != "identity":
        raise UnsupportedMediaType(encoding, "A Content-Encoding is not supported.")
    stream, announced = _stream_of(request), _announced_bytes(request)
    if announced > MAX_BYTES:
        if announced <= MAX_BYTES + A_LITTLE_MORE:
            request.META[START] = stream.read(announced)[:MOST_OF_START]
        raise TooLargeError
    # What breaks off is not asked again.
    request.META[START] = b""
    body = stream.read(MAX_BYTES + 1)
    request.META[START] = body[:MOST_OF_START]
    if len(body) > MAX_BYTES:
        raise TooLargeError
    return body


def start_of(request: Request) -> bytes:
    """What the body of a refused post begins with; read now where it was not."""
    start: bytes | None = request.META.get(START)
    if start is not None:
        return start
    try:
        return _stream_of(request).read(MOST_OF_START)
    except (UnreadablePostError, OSError):
        return b""


def idempotency_key_of(request: Request) -> str | None:
    """The key that makes a POST safe to repeat, None without one.

    Raises `ValidationError` for anything but 1 to 200 printable ASCII characters.
    """
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None or re.match(IDEMPOTENCY_KEY_PATTERN, key.strip(" \t")):
        return key and key.strip(" \t")
    raise ValidationError({IDEMPOTENCY_KEY: ["1 to 200 printable ASCII characters are needed."]})


def _announced_bytes(request: Request) -> int:
    """As Django reads it: what is no number announces nothing."""
    try:
        return int(request.META["CONTENT_LENGTH"])
    except (KeyError, ValueError):
        return 0


def _stream_of(request: Request) -> SupportsRead:
    """What to read, instead of `body`, which a request would keep: ten megabytes until the garbage
    collector comes, since requests of REST framework end in circles of references.

    Django reads as far as Content-Length, so not at all without one; a chunked body, only where
    the server ends the stream itself.
    """
    if "CONTENT_LENGTH" not in request.META and request.META.get("wsgi.input_terminated"):
        return _ChunkedStream(request.META["wsgi.input"])
    return request._request
