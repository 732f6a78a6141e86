"""What is not well-formed, too large or of another kind: a clear answer, and nothing written."""

import contextlib
import gc
import io
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stats.core import exact_json
from stats.ingest import refusals
from stats.ingest.validation import ARGUMENT_KEYS, COLUMN_KEYS
from stats.models import APIUsageStats
from tests.api.conftest import Service

pytestmark = pytest.mark.once

MEBIBYTE = 1024 * 1024
VALID = b'{"user_id": 7, "api_endpoint": "/x"}'


@pytest.fixture(autouse=True)
def nothing_written(db: None) -> Iterator[None]:
    """Holds for every test here that does not say otherwise by deleting what it wrote."""
    yield
    assert not APIUsageStats.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"   ",
        b"user_id=7",
        b"{",
        VALID[:-1],
        VALID + b"}",
        VALID + VALID,
        b"{'user_id': 7}",
        b'{"user_id": 7,}',
        b'{"user_id": NaN}',
        b'{"user_id": Infinity}',
        b'{"user_id": 07}',
        b'{"user_id": 0x7}',
        b"// no comment\n" + VALID,
        b"\xef\xbb\xbf" + VALID,
        VALID.decode().encode("utf-16"),
        '{"api_endpoint": "é"}'.encode("latin-1"),
        b'{"api_endpoint": "\xed\xa0\x80"}',
        b'{"\\ud800": 7}',
        b'{"user_id": ' + b"7" * 5_000 + b', "\\ud800": 1}',
        b'{"api_endpoint": "a\0b"}',
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"metadata":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * (10 * MEBIBYTE),
    ],
    ids=range(24),
)
def test_what_is_no_json(service: Service, body: bytes) -> None:
    answer = service.post("calls/", body)
    assert (answer.status_code, answer.json().keys()) == (400, {"detail"})


@pytest.mark.parametrize("text", [b"\\ud800", b"\\udc00\\ud800 and more", b"cut \\ud83d"])
@pytest.mark.parametrize("name", ["api_endpoint", "error_message", "prompt_price_unit"])
def test_half_a_character_is_refused_by_the_name_of_its_field(
    service: Service, minimal: dict[str, Any], name: str, text: bytes
) -> None:
    given = json.dumps({**minimal, name: "HERE"}).encode()
    answer = service.post("calls/", b"[%s, %s]" % (VALID, given.replace(b"HERE", text)))
    sentence = "This is no valid Unicode text (a lone surrogate)."
    assert answer.status_code == 400
    assert answer.json() == {"errors": {"1": {name: [sentence]}}}


def test_half_a_character_where_anything_may_stand(service: Service) -> None:
    """JavaScript makes it of an emoji that it cuts; the call is a real one."""
    answer_of_a_model = b'{"usage": {"total_tokens": 5}, "text": "cut \\ud83d"}'
    body = VALID[:-1] + b', "metadata": ' + answer_of_a_model + b"}"
    answer = service.post("calls/", body)
    assert (answer.status_code, answer.json()["total_tokens"]) == (201, 5)
    APIUsageStats.objects.all().delete()


def test_a_body_shorter_than_announced_is_cut_even_if_it_is_json(service: Service) -> None:
    length = str(len(VALID) + 9)
    answer = post_stream(service.client, service.key, io.BytesIO(VALID), CONTENT_LENGTH=length)
    assert (answer.status_code, answer.json()) == (400, {"detail": "The request cannot be read."})


@pytest.mark.parametrize("digits", [101, 5_000, 100_000, 9_000_000])
@pytest.mark.parametrize("name", ["user_id", "prompt_tokens", "cost", "created_at", "surprise"])
def test_an_integer_longer_than_python_reads_is_refused_by_its_name(
    service: Service, minimal: dict[str, Any], name: str, digits: int
) -> None:
    others = "".join(f'"{key}": "{value}", ' for key, value in minimal.items() if key != name)
    answer = service.post("calls/", f'{{{others} "{name}": {"9" * digits}}}'.encode())
    assert answer.status_code == 400
    assert name in answer.json()
    assert len(answer.content) < 500


def test_long_integers_change_nothing_else_about_what_is_json(service: Service) -> None:
    for rest in (b"NaN", b"-Infinity", b"07", b"1,}", b'"\xed\xa0\x80"'):
        answer = service.post(
            "calls/", b'{"cost": ' + b"9" * 5_000 + b', "user_id": ' + rest + b"}"
        )
        assert (answer.status_code, answer.json().keys()) == (400, {"detail"})


def test_no_body(service: Service) -> None:
    answer = post_stream(service.client, service.key, io.BytesIO(), CONTENT_LENGTH="0")
    assert (answer.status_code, answer.json().keys()) == (400, {"detail"})


@pytest.mark.parametrize("depth", [100, 700])
def test_deep_where_anything_may_stand(service: Service, depth: int) -> None:
    usage = b'{"usage": {"x": ' + b"[" * depth + b"]" * depth + b"}}"
    body = VALID[:-1] + b', "metadata": ' + usage + b"}"
    assert service.post("calls/", body).status_code == 201
    APIUsageStats.objects.all().delete()


def test_of_equal_keys_the_last_one_counts(service: Service) -> None:
    answer = service.post("calls/", VALID[:-1] + b', "cost": "x", "cost": 2}')
    assert answer.json()["cost"] == 2.0
    APIUsageStats.objects.all().delete()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-seq",
        "application/jsonx",
        "application/vnd.api+json",
    ],
)
def test_another_content_type(service: Service, content_type: str) -> None:
    answer = service.post("calls/", VALID, content_type=content_type)
    assert (answer.status_code, answer.json().keys()) == (415, {"detail"})


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;"]
)
def test_the_content_type_in_other_words(service: Service, content_type: str) -> None:
    assert service.post("calls/", VALID, content_type=content_type).status_code == 201
    APIUsageStats.objects.all().delete()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_a_content_encoding(service: Service, encoding: str) -> None:
    answer = service.post("calls/", zlib.compress(VALID), **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json().keys()) == (415, {"detail"})


def test_identity_is_no_encoding(service: Service) -> None:
    answer = service.post("calls/", VALID, **{"Content-Encoding": "identity"})
    assert answer.status_code == 201
    APIUsageStats.objects.all().delete()


def padded(size: int) -> bytes:
    return VALID.ljust(size)


def test_10_mebibytes_are_read(service: Service) -> None:
    assert service.post("calls/", padded(10 * MEBIBYTE)).status_code == 201
    APIUsageStats.objects.all().delete()


@pytest.mark.parametrize("path", ["calls/", "users/7/", "jobs/7/"])
def test_one_byte_more_is_not(service: Service, path: str) -> None:
    send = service.post if path == "calls/" else service.put
    answer = send(path, padded(10 * MEBIBYTE + 1))
    assert (answer.status_code, answer.json().keys()) == (413, {"detail"})


class Upload(io.RawIOBase):
    """Makes up a body as it is asked for, so that only the server can keep it."""

    def __init__(self, begin: bytes) -> None:
        self.begin = begin

    def read(self, size: int = -1) -> bytes:
        return self.begin.ljust(min(size, 10 * MEBIBYTE))


@pytest.mark.parametrize(("begin", "status"), [(VALID, 201), (b"[]{", 400), (b'[{"x": 1}]', 400)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_is_gone_with_its_answer(
    service: Service, begin: bytes, status: int, is_chunked: bool
) -> None:
    """Not when the garbage collector comes: by then a worker held many."""
    length = {} if is_chunked else {"CONTENT_LENGTH": str(10 * MEBIBYTE)}
    gc.disable()
    tracemalloc.start()
    try:
        answer = post_stream(service.client, service.key, Upload(begin), **length, **CHUNKED)
        assert answer.status_code == status
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert peak > 10 * MEBIBYTE
    assert held < 5 * MEBIBYTE
    APIUsageStats.objects.all().delete()


class EndlessStream(io.RawIOBase):
    """A body that never ends, and counts what is taken of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "Everything was asked for, and there is no end of it."
        self.taken += size
        return b" " * size


def post_stream(client: Client, key: str, stream: Any, **environ: Any) -> Any:
    return client.generic(
        "POST",
        "/api/v1/calls/",
        CONTENT_TYPE="application/json",
        headers={"Authorization": f"Api-Key {key}"},
        **{"wsgi.input": stream, **environ},
    )


# What gunicorn says of a chunked body: no length, and that it ends the stream itself.
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


def test_a_chunked_body_is_read(service: Service) -> None:
    answer = post_stream(service.client, service.key, io.BytesIO(VALID), **CHUNKED)
    assert answer.status_code == 201
    APIUsageStats.objects.all().delete()


def test_a_chunked_body_that_never_ends(service: Service) -> None:
    stream = EndlessStream()
    answer = post_stream(service.client, service.key, stream, **CHUNKED)
    assert answer.status_code == 413
    assert stream.taken <= 10 * MEBIBYTE + 1


def test_a_chunked_body_without_a_server_that_ends_it(service: Service) -> None:
    stream = EndlessStream()
    answer = post_stream(service.client, service.key, stream, HTTP_TRANSFER_ENCODING="chunked")
    assert (answer.status_code, stream.taken) == (400, 0)


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("99999999999", 413),
        (str(11 * MEBIBYTE + 1), 413),
        ("-1", 400),
        ("ten", 400),
        ("9" * 5_000, 400),
    ],
)
def test_a_content_length_is_taken_at_its_word_and_no_further(
    service: Service, length: str, status: int
) -> None:
    stream = EndlessStream()
    answer = post_stream(service.client, service.key, stream, CONTENT_LENGTH=length)
    # What is kept of a refused post.
    assert answer.status_code == status
    assert stream.taken <= refusals.READ_BYTES


def test_a_body_a_little_too_large_is_read_so_that_a_proxy_hears_of_it(service: Service) -> None:
    stream = EndlessStream()
    length = 10 * MEBIBYTE + 1
    answer = post_stream(service.client, service.key, stream, CONTENT_LENGTH=str(length))
    assert (answer.status_code, stream.taken) == (413, length)


def test_a_content_length_that_is_too_short(service: Service) -> None:
    length = str(len(VALID) - 1)
    answer = post_stream(service.client, service.key, io.BytesIO(VALID), CONTENT_LENGTH=length)
    assert answer.status_code == 400


def test_a_client_that_leaves(service: Service) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    answer = post_stream(service.client, service.key, Broken(), CONTENT_LENGTH="10")
    assert (answer.status_code, answer.json().keys()) == (400, {"detail"})


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_parse_error(body: bytes) -> None:
    with contextlib.suppress(exact_json.NotJSONError):
        exact_json.decode(body)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**25), max_value=10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
KEYS = st.sampled_from([*sorted(ARGUMENT_KEYS | COLUMN_KEYS), "usage", "total_price", "currency"])
CALLS = st.dictionaries(KEYS, JSON_VALUES | st.dictionaries(KEYS, JSON_VALUES))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=CALLS | st.lists(CALLS, max_size=3) | JSON_VALUES)
def test_any_json_is_answered(service: Service, content: Any) -> None:
    answer = service.post("calls/", msgspec.json.encode(content))
    assert answer.status_code in (201, 400)
    APIUsageStats.objects.all().delete()
