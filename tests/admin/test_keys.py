"""API keys: made, shown once, revoked for good; never deleted."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from stats.accounts import keys
from stats.models import APIKey
from tests.admin.conftest import NOW, given

ADD = "/admin/stats/apikey/add/"
FORM = {"name": "translator", "may_record": "on", "expiry_date": ""}


def change(key: APIKey) -> str:
    return reverse("admin:stats_apikey_change", args=[key.pk])


def test_the_key_is_shown_once_and_nowhere_else(administrator: Client) -> None:
    answer = administrator.post(ADD, FORM)
    secret: str = given(answer)["secret"]
    key = APIKey.objects.get()
    assert key.is_valid(secret)
    assert key.scopes == ["record"]
    assert secret in answer.content.decode()
    assert answer.headers["Cache-Control"].find("no-store") >= 0
    assert not any(secret in str(cookie) for cookie in answer.cookies.values())
    for url in (
        "/admin/stats/apikey/",
        change(key),
        reverse("admin:stats_apikey_history", args=[key.pk]),
    ):
        page = administrator.get(url).content.decode()
        assert secret not in page


def test_scopes_are_words(administrator: Client) -> None:
    administrator.post(ADD, {**FORM, "may_read": "on"})
    key = APIKey.objects.get()
    administrator.post("/i18n/setlang/", {"language": "zh-hant"})
    asked = {"action": "revoke", "_selected_action": key.pk}
    for answer in (
        administrator.get("/admin/stats/apikey/"),
        administrator.post("/admin/stats/apikey/", asked),
    ):
        assert "記錄、讀取" in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"may_record": ""}, "to record, to read, or both"),
        ({"name": ""}, "required"),
        ({"expiry_date": "2026-11-01T00:00"}, "lies in the past"),
    ],
)
def test_what_a_key_wants(administrator: Client, values: dict[str, str], message: str) -> None:
    answer = administrator.post(ADD, {**FORM, **values})
    assert message in answer.content.decode()
    assert not APIKey.objects.exists()


@pytest.fixture
def key(db: None) -> APIKey:
    return keys.create("translator", ["record"], NOW + timedelta(days=1), NOW)[0]


LIST = "/admin/stats/apikey/"


def chosen(action: str, *selected: APIKey, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [key.pk for key in selected], **more}


def test_revoking_asks_first(administrator: Client, key: APIKey) -> None:
    other, _secret = keys.create("reader", ["read"], None, NOW)
    APIKey.objects.filter(pk=key.pk).update(last_used_at=datetime(2026, 11, 20, 8, 5, tzinfo=UTC))
    asked = administrator.post(LIST, chosen("revoke", key, other, index="0"))
    page = asked.content.decode()
    assert "<h1>Revoke these keys?</h1>" in page
    assert "This cannot be undone." in page
    table = page.partition("<h1>")[2]
    rows = [text(row) for row in re.findall(r"<tr>\s*<th scope=.row.*?</tr>", table, re.DOTALL)]
    assert sorted(rows) == [
        f"reader {other.prefix} read never",
        f"translator {key.prefix} record 20 Nov 2026, 08:05",
    ]
    assert not APIKey.objects.filter(revoked=True).exists()
    answer = administrator.post(LIST, form_of(page), follow=True)
    assert "2 keys were revoked." in answer.content.decode()
    assert not APIKey.objects.filter(revoked=False).exists()


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def form_of(page: str) -> dict[str, list[str]]:
    """What the page's own form would send, but for the token."""
    (form,) = re.findall(r'<form method="post" action="/admin/stats/apikey/">(.*?)</form>', page,
                         re.DOTALL)  # fmt: skip
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        sent.setdefault(name, []).append(value)
    return sent


def test_from_the_page_of_a_key(administrator: Client, key: APIKey) -> None:
    """Which has no box to be ticked by mistake."""
    page = administrator.get(change(key)).content.decode()
    assert 'name="revoked"' not in page
    assert f'name="_selected_action" value="{key.prefix}"' in page
    for action in ("rotate", "revoke"):
        assert f'name="action" value="{action}"' in page
    form = {**FORM, "expiry_date": "2026-11-25T15:42"}
    administrator.post(change(key), {**form, "revoked": "on"})
    key.refresh_from_db()
    assert not key.revoked


def test_a_revoked_key_stays_as_it_was(administrator: Client, key: APIKey) -> None:
    administrator.post(LIST, chosen("revoke", key, post="yes"))
    administrator.post(change(key), {**FORM, "name": "another"})
    key.refresh_from_db()
    assert (key.revoked, key.name) == (True, "translator")
    assert 'value="revoke"' not in administrator.get(change(key)).content.decode()
    answer = administrator.post(LIST, chosen("revoke", key), follow=True)
    assert "Select keys that are not revoked yet." in answer.content.decode()


def test_no_page_and_no_address_holds_a_hash(administrator: Client) -> None:
    administrator.post(ADD, FORM)
    key = APIKey.objects.get()
    assert key.pk == key.prefix
    history = reverse("admin:stats_apikey_history", args=[key.prefix])
    for url in (LIST, change(key), history):
        page = administrator.get(url).content.decode()
        assert "pbkdf2" not in page
        assert "$" not in page
    assert f"{LIST}{key.prefix}/change/" in administrator.get(LIST).content.decode()


def test_the_address_of_before_leads_to_that_of_now(administrator: Client, key: APIKey) -> None:
    for view in ("change/", "history/", ""):
        answer = administrator.get(f"{LIST}{key.prefix}.pbkdf2_sha256$1000$salt$AbC+/=/{view}")
        assert answer.headers["Location"] == change(key)


def test_keys_and_log_of_before_lose_their_hashes(administrator: Client) -> None:
    key, _secret = keys.create("translator", ["record"], None, NOW)
    hashed = f"{key.prefix}.{key.hashed_key}"
    APIKey.objects.filter(pk=key.pk).update(id=hashed)
    account = User.objects.get(username="administrator")
    LogEntry.objects.log_actions(account.pk, APIKey.objects.all(), CHANGE, "Renamed.")
    migration = import_module("stats.migrations.0006_key_addresses")
    migration.drop_hashes(apps, SimpleNamespace(connection=connection))
    assert APIKey.objects.get().pk == key.prefix
    assert LogEntry.objects.get().object_id == key.prefix
    history = reverse("admin:stats_apikey_history", args=[key.prefix])
    assert "Renamed." in administrator.get(history).content.decode()


def test_an_analyst_only_looks(analyst: Client, key: APIKey) -> None:
    assert analyst.get("/admin/stats/apikey/").status_code == 200
    assert analyst.post(change(key), {**FORM, "revoked": "on"}).status_code == 403
    analyst.post(LIST, chosen("revoke", key, post="yes"))
    key.refresh_from_db()
    assert not key.revoked


def test_rotating_asks_and_shows_the_new_key_once(administrator: Client, key: APIKey) -> None:
    page = administrator.post(LIST, chosen("rotate", key)).content.decode()
    assert "<h1>Replace this key?</h1>" in page
    assert "The old key works until 25 Nov 2026, 15:42" in page
    assert APIKey.objects.count() == 1
    answer = administrator.post(LIST, form_of(page))
    new = APIKey.objects.exclude(pk=key.pk).get()
    assert new.is_valid(given(answer)["secret"])
    assert (new.name, new.scopes) == (key.name, key.scopes)
    assert f"begins with {key.prefix} works until" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_rotating_wants_one_key_that_is_in_use(administrator: Client, key: APIKey) -> None:
    keys.create("another", ["read"], None, NOW)
    revoked, _secret = keys.create("revoked", ["read"], None, NOW)
    keys.revoke(APIKey.objects.filter(pk=revoked.pk))
    for selected in ([key.pk for key in APIKey.objects.all()], [revoked.pk]):
        answer = administrator.post(
            LIST, {"action": "rotate", "_selected_action": selected, "post": "yes"}, follow=True
        )
        assert "Select one key" in answer.content.decode()
    assert APIKey.objects.count() == 3


def test_an_analyst_rotates_nothing(analyst: Client, key: APIKey) -> None:
    analyst.post(LIST, chosen("rotate", key, post="yes"))
    assert APIKey.objects.count() == 1


def test_a_name_is_one_line(administrator: Client) -> None:
    answer = administrator.post(ADD, {**FORM, "name": "a\r\nb"})
    assert "name" in given(answer)["adminform"].form.errors
    assert not APIKey.objects.exists()


def test_a_rate_of_its_own(administrator: Client) -> None:
    administrator.post(ADD, {**FORM, "rate": "30"})
    assert APIKey.objects.get().rate == 30
    assert "rate" in given(administrator.post(ADD, {**FORM, "rate": "0"}))["adminform"].form.errors
