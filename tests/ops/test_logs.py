"""One line a request that says who, what and how long, and never a secret."""

import io
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from stats.ops.logs import AddRequestId, DropTracebackOfRefusals, JsonLines, TextLines
from tests.api.conftest import Service

pytestmark = pytest.mark.once

FORMATTERS = {"json": JsonLines, "text": TextLines}
REQUEST_ID = "given-by-the-proxy-1"


@pytest.fixture(params=["json", "text"])
def log(request: Any) -> Iterator[io.StringIO]:
    """What a process writes to standard error with this LOG_FORMAT."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(AddRequestId())
    handler.addFilter(DropTracebackOfRefusals())
    handler.setFormatter(FORMATTERS[request.param]())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


json_alone = pytest.mark.parametrize("log", ["json"], indirect=True)
text_alone = pytest.mark.parametrize("log", ["text"], indirect=True)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@json_alone
def test_the_line_of_a_post(log: io.StringIO, service: Service, minimal: dict[str, Any]) -> None:
    answer = service.post("calls/", minimal, **{"X-Request-ID": REQUEST_ID})
    [line] = lines(log)
    assert line.pop("time").endswith("+00:00")
    assert line.pop("ms") > 0
    prefix = service.key.partition(".")[0]
    message = line.pop("message")
    assert message.startswith(f"POST /api/v1/calls/ 201, {len(answer.content)} bytes in ")
    assert message.endswith(f" ms for key {prefix}")
    assert line == {
        "level": "INFO",
        "logger": "stats.ops.middleware",
        "request_id": REQUEST_ID,
        "method": "POST",
        "path": "/api/v1/calls/",
        "route": "api/v1/calls/",
        "status": 201,
        "bytes": len(answer.content),
        "who": f"key {prefix}",
    }


@text_alone
def test_the_same_as_text(log: io.StringIO, service: Service, minimal: dict[str, Any]) -> None:
    service.post("calls/", minimal, **{"X-Request-ID": REQUEST_ID})
    [line] = log.getvalue().splitlines()
    assert f" INFO stats.ops.middleware [{REQUEST_ID}] POST /api/v1/calls/ 201, " in line


@json_alone
def test_who_is_logged_in(log: io.StringIO, admin_client: Client) -> None:
    admin_client.get("/admin/password_change/")
    [line] = lines(log)
    assert line["who"] == f"user {User.objects.get().pk}"


@json_alone
@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/healthz", 200, "healthz"),
        ("/no/such/page", 404, "none"),
        ("/static/stats/usage.css", 200, "none"),
        ("/api/v1/calls/12/", 401, "api/v1/calls/<id:call_id>/"),
        ("/admin/", 302, "admin/"),
    ],
)
@pytest.mark.django_db
def test_one_line_whatever_comes_of_it(
    log: io.StringIO, client: Client, path: str, status: int, route: str
) -> None:
    answer = client.get(path)
    answer.close()
    [line] = lines(log)
    assert (line["status"], line["route"], line["who"]) == (status, route, "nobody")
    assert answer["X-Request-ID"] == line["request_id"]


@json_alone
def test_a_streamed_answer_is_noted_when_it_has_gone_out(
    log: io.StringIO, admin_client: Client
) -> None:
    answer = admin_client.get("/admin/stats/apiusagestats/export.csv")
    assert answer.status_code == 200
    assert answer.streaming
    assert lines(log) == []
    body = answer.getvalue()
    [line] = lines(log)
    assert (line["bytes"], line["request_id"]) == (len(body), answer["X-Request-ID"])


@json_alone
def test_every_record_of_a_request_has_its_id(
    log: io.StringIO,
    service: Service,
    minimal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError(2006, "gone away")

    monkeypatch.setattr("stats.ingest.recording.write_call", away)
    answer = service.post("calls/", minimal, **{"X-Request-ID": REQUEST_ID})
    assert answer.status_code == 503
    assert {line["request_id"] for line in lines(log)} == {REQUEST_ID}
    assert "gone away" in log.getvalue()
    logging.getLogger("stats").info("afterwards")
    assert "request_id" not in lines(log)[-1]


WRONG_HOST = {"Host": "elsewhere.example.com"}


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/calls/", "/healthz", "/readyz"])
def test_a_wrong_host_is_one_line(log: io.StringIO, client: Client, path: str) -> None:
    """And the request in its own: no traceback, since anybody can ask for it."""
    answer = client.get(path, headers=WRONG_HOST)
    kind = "application/json" if path.startswith("/api/") else "text/html; charset=utf-8"
    assert (answer.status_code, answer["Content-Type"]) == (400, kind)
    [refused, asked] = log.getvalue().splitlines()
    assert "Invalid HTTP_HOST header: 'elsewhere.example.com'. You may need to add" in refused
    assert f"GET {path} 400" in asked
    assert "Traceback" not in log.getvalue()


def test_other_refusals_are_one_line_too(log: io.StringIO, client: Client) -> None:
    form = {f"field {number}": "x" for number in range(2_000)}
    assert client.post("/i18n/setlang/", form).status_code == 400
    assert len(log.getvalue().splitlines()) == 2
    assert "The number of GET/POST parameters exceeded" in log.getvalue()


def test_that_is_how_the_server_logs() -> None:
    """What `log` has put together here."""
    [handler] = [each for each in logging.getLogger().handlers if each.get_name() == "stderr"]
    assert [type(each) for each in handler.filters] == [AddRequestId, DropTracebackOfRefusals]


def test_what_breaks_keeps_its_traceback(
    log: io.StringIO, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stats.ops.views.check_ready", lambda: 1 / 0)
    client.raise_request_exception = False
    assert client.get("/readyz").status_code == 500
    assert "ZeroDivisionError" in log.getvalue()


SECRET = secrets.token_urlsafe()


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/api/v1/calls/", "/api/v1/x/", "/no", "/healthz"]
)
@pytest.mark.parametrize("host", ["localhost", "elsewhere.example.com"])
@pytest.mark.django_db
def test_nothing_secret_is_in_it(log: io.StringIO, client: Client, path: str, host: str) -> None:
    """Django's own records of a refused request carry the request, query and all."""
    for authorization in (f"Api-Key {SECRET[:8]}.{SECRET}", f"Bearer {SECRET}", SECRET):
        client.cookies[settings.SESSION_COOKIE_NAME] = SECRET
        client.cookies[settings.CSRF_COOKIE_NAME] = SECRET
        client.post(
            f"{path}?token={SECRET}",
            {"username": "admin", "password": SECRET},
            headers={
                "Host": host,
                "Authorization": authorization,
                "X-Request-ID": f"{SECRET} {SECRET}",
                "Idempotency-Key": SECRET,
                "Referer": f"https://localhost/?{SECRET}",
            },
        )
    assert path in log.getvalue()
    assert SECRET not in log.getvalue()


def test_the_key_of_a_service_is_no_secret_but_its_prefix(
    log: io.StringIO, service: Service, minimal: dict[str, Any]
) -> None:
    service.post("calls/", minimal)
    prefix, _dot, secret = service.key.partition(".")
    assert prefix in log.getvalue()
    assert secret not in log.getvalue()


FORGED = "\n2026-01-01 00:00:00,000 INFO stats.ops.middleware [x] POST /forged 201"
SEPARATORS = ["\n", "\r", "\r\n", "\v", "\f", "\x1b[2K", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.django_db
def test_a_path_cannot_forge_a_line(log: io.StringIO, client: Client, separator: str) -> None:
    client.get(f"/admin/{FORGED.replace(chr(10), separator)}/")
    client.get("/api/v1/x", headers={"Host": f"a{FORGED.replace(chr(10), separator)}"})
    [*_others, last] = log.getvalue().splitlines()
    assert "/api/v1/x" in last
    check_no_line_is_forged(log)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_message_and_a_traceback_cannot_either(log: io.StringIO, separator: str) -> None:
    text = FORGED.replace("\n", separator)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("stats").exception("It says %s", text)
    check_no_line_is_forged(log)


def check_no_line_is_forged(log: io.StringIO) -> None:
    for line in log.getvalue().splitlines():
        assert not line.startswith("2026-01-01 00")
        assert "\x1b" not in line


@text_alone
def test_chinese_stays_readable(log: io.StringIO) -> None:
    logging.getLogger("stats").info("使用者 %s", "王")
    assert "使用者 王" in log.getvalue()


@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_logging_runs_no_statement(
    log: io.StringIO,
    client: Client,
    admin_client: Client,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_num_queries(0):
        client.get("/healthz")
        admin_client.get("/healthz")
    assert [line["who"] for line in lines(log)] == ["nobody", "nobody"]
