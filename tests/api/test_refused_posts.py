"""Refused posts are kept for whoever runs the ledger: bounded, and without keys."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from stats.accounts import keys
from stats.ingest import refusals
from stats.ingest.refusals import Refusal
from stats.models import APIUsageStats, RefusedPost
from tests.api.conftest import Service

NOBODY = 12_345


@pytest.fixture(autouse=True)
def new_minute() -> None:
    cache.clear()


def kept() -> list[RefusedPost]:
    return list(RefusedPost.objects.order_by("number"))


def refusal(service: str = "translator", **changes: Any) -> Refusal:
    given = {"status": 400, "errors": [("cost", "A decimal number is needed.")], "start": b"{}"}
    return Refusal(service, "abcdefgh", **{**given, **changes})


def test_a_post_for_an_unknown_user_is_kept(service: Service, minimal: dict[str, Any]) -> None:
    before = timezone.now().replace(microsecond=0)
    answer = service.post("calls/", {**minimal, "user_id": NOBODY})
    assert (answer.status_code, answer.json()) == (400, {"user_id": ["There is no user 12345."]})
    (post,) = kept()
    assert before <= post.created_at <= timezone.now()
    assert (post.service, post.key_prefix) == ("translator", service.key.partition(".")[0])
    assert (post.status, post.errors) == (400, [["user_id", "There is no user 12345."]])
    assert post.body == '{"user_id":12345,"api_endpoint":"/chat-messages"}'
    assert not APIUsageStats.objects.exists()


def test_of_an_array_each_sentence_once(service: Service, minimal: dict[str, Any]) -> None:
    calls = [minimal, {**minimal, "cost": -1}, {**minimal, "cost": -2, "user_id": None}]
    assert service.post("calls/batch/", calls).status_code == 400
    (post,) = kept()
    assert post.errors == [
        ["cost", "A number from 0 is needed, not a negative one."],
        ["user_id", "This field is required."],
    ]


@pytest.mark.parametrize(
    ("body", "headers", "status", "start"),
    [
        (b'{"user_id": 7,', {}, 400, '{"user_id": 7,'),
        (b"user_id=7", {"content_type": "application/x-www-form-urlencoded"}, 415, "user_id=7"),
        (b"[" + b" " * 11_000_000, {}, 413, "[" + " " * 2047),
        (b"[" + b" " * 13_000_000, {}, 413, "[" + " " * 2047),
        (b"\xff\xfe", {}, 400, "\ufffd\ufffd"),
    ],
)
def test_what_is_no_call_at_all(
    service: Service, body: bytes, headers: dict[str, str], status: int, start: str
) -> None:
    assert service.post("calls/", body, **headers).status_code == status
    (post,) = kept()
    assert (post.status, post.body) == (status, start)
    ((field, sentence),) = post.errors
    assert field == ""
    assert sentence.endswith(".")


def test_a_key_that_may_not_record(new_service: Any, minimal: dict[str, Any]) -> None:
    assert new_service(may_record=False).post("calls/", minimal).status_code == 403
    (post,) = kept()
    assert (post.status, post.errors) == (403, [["", "This API key lacks the scope record."]])
    assert post.body.startswith('{"user_id":7')


def test_an_idempotency_key_of_another_body(service: Service, minimal: dict[str, Any]) -> None:
    service.post("calls/", minimal, **{"Idempotency-Key": "one"})
    service.post("calls/", [minimal], **{"Idempotency-Key": "one"})
    assert [post.status for post in kept()] == [422]


def test_what_is_not_refused_is_not_kept(service: Service, minimal: dict[str, Any]) -> None:
    """Nor what comes from nobody, wants another method, or only reads."""
    service.post("calls/", minimal)
    service.get("calls/", {"success": "banana"})
    service.put("users/0/", {"name": ""})
    service.post("statistics/daily/", {})
    Service(service.client, "abcdefgh.unknown").post("calls/", {})
    assert kept() == []


def test_no_key_is_in_what_is_kept(service: Service, minimal: dict[str, Any]) -> None:
    secrets = [
        service.key,
        "sk-proj-0123456789abcdefABCDEF",
        "app-0123456789abcdefABCDEF",
        "AIza0123456789abcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
    ]
    body = {
        **minimal,
        "user_id": NOBODY,
        "error_message": " ".join(["401 for", *secrets, "Bearer short"]),
        "metadata": {"Authorization": "plain", "api_key": 'a"b', "prompt_tokens": 5},
        service.key: 1,
    }
    assert service.post("calls/", body).status_code == 400
    (post,) = kept()
    told = f"{post.errors} {post.body}"
    for secret in [*secrets, "short", "plain", 'a\\"b']:
        assert secret not in told
    assert '"error_message":"401 for [removed] [removed]' in post.body
    assert '"Authorization":"[removed]","api_key":"[removed]","prompt_tokens":5' in post.body


@pytest.mark.parametrize(
    "text",
    [
        # What Python says of the headers of a request, and JSON within a text.
        "{'api-key': 'plain', 'n': 5}",
        str({"x-api-key": "it's plain", "n": 5}),
        json.dumps({"password": 'plain "quoted" plain', "n": 5}),
        json.dumps({"text": json.dumps({"client_secret": "plain", "n": 5})}),
    ],
)
def test_no_secret_is_in_a_text_that_is_kept(
    service: Service, minimal: dict[str, Any], text: str
) -> None:
    service.post("calls/", {**minimal, "user_id": NOBODY, "error_message": f"401 for {text}"})
    (post,) = kept()
    assert "plain" not in post.body
    assert '"error_message":"401 for ' in post.body


def test_a_key_at_the_cut_is_removed_whole(service: Service) -> None:
    start = b" " * (refusals.BODY_BYTES - 20) + service.key.encode()
    assert service.post("calls/", start).status_code == 400
    (post,) = kept()
    assert post.body.strip() == refusals.REMOVED


def test_any_text_can_be_kept(service: Service) -> None:
    service.post("calls/", '{"\\u0000": "陳美玲 🙂'.encode() + "語".encode() * 900 + b'"}')
    (post,) = kept()
    assert ["\0", "There is no such field."] in post.errors
    assert post.body.startswith('{"\\u0000": "陳美玲 🙂語')
    assert refusals.BODY_BYTES - 4 < len(post.body.encode()) <= refusals.BODY_BYTES


def test_a_key_has_so_many_a_minute(
    service: Service, new_service: Any, django_assert_max_num_queries: Any
) -> None:
    """Beyond that a refused post asks for the key alone, as it did before."""
    for _post in range(13):
        service.post("calls/", {})
    assert len(kept()) == 10
    with django_assert_max_num_queries(1):
        assert service.post("calls/", {}).status_code == 400
    new_service().post("calls/", {})
    assert len(kept()) == 11


def test_it_is_one_write(service: Service, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4) as queries:
        refusals.keep(refusal(), timezone.now())
    written = [query["sql"].split()[0] for query in queries.captured_queries]
    assert written == ["SAVEPOINT", "SELECT", "INSERT", "RELEASE"]


def test_a_thousand_are_kept_and_a_service_has_half(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_KEPT", 10)
    monkeypatch.setattr(refusals, "MOST_OF_SERVICE", 6)
    for number in range(4):
        refusals.keep(refusal("quiet", start=b"%d" % number), timezone.now())
    for number in range(20):
        refusals.keep(refusal("noisy", start=b"%d" % number), timezone.now())
    found = [(post.service, post.body) for post in kept()]
    assert found == [
        *(("quiet", str(number)) for number in range(4)),
        *(("noisy", str(number)) for number in range(14, 20)),
    ]
    refusals.keep(refusal("third"), timezone.now())
    assert [post.body for post in kept()[:2]] == ["1", "2"]
    assert len(kept()) == 10


def test_a_purge_removes_those_of_a_month_ago(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    now = timezone.now()
    for days in (31, 30, 1):
        refusals.keep(refusal(start=b"%d" % days), now - timedelta(days=days) + timedelta(hours=1))
    call_command("purge_refused_posts")
    assert [post.body for post in kept()] == ["30", "1"]
    assert capsys.readouterr().out == "1 refused posts removed.\n"


def test_the_answer_is_the_same_where_none_can_be_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise DatabaseError("(1406, \"Data too long: 'a secret text'\")")

    monkeypatch.setattr(refusals, "_write", fail)
    with caplog.at_level(logging.DEBUG):
        assert service.post("calls/", {"user_id": 7}).status_code == 400
    assert "A refused post is not kept: DatabaseError" in caplog.text
    assert "secret text" not in caplog.text


def test_nothing_of_it_is_in_the_log(
    service: Service, minimal: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        service.post("calls/", {**minimal, "error_message": "a text of somebody", "cost": "much"})
    assert len(kept()) == 1
    lines = [
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    ]
    assert "a text of somebody" not in "\n".join(lines)


def test_a_service_that_lost_its_key_is_still_named(
    service: Service, minimal: dict[str, Any]
) -> None:
    service.post("calls/", {})
    keys.revoke(type(keys.usable(service.key)).objects.all())  # type: ignore[union-attr]
    assert [post.service for post in kept()] == ["translator"]
