"""API keys: made, shown once, revoked for good; never deleted."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from stats import keys
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


def test_revoking_by_action(administrator: Client, key: APIKey) -> None:
    answer = administrator.post(
        "/admin/stats/apikey/", {"action": "revoke", "_selected_action": [key.pk]}, follow=True
    )
    key.refresh_from_db()
    assert key.revoked
    assert "1 key was revoked." in answer.content.decode()


def test_revoking_by_checkbox_and_never_back(administrator: Client, key: APIKey) -> None:
    form = {**FORM, "expiry_date": "2026-11-25T15:42"}
    administrator.post(change(key), {**form, "revoked": "on"})
    key.refresh_from_db()
    assert key.revoked
    administrator.post(change(key), {**form, "name": "another"})
    key.refresh_from_db()
    assert key.revoked
    assert key.name == "translator"


def test_an_analyst_only_looks(analyst: Client, key: APIKey) -> None:
    assert analyst.get("/admin/stats/apikey/").status_code == 200
    assert analyst.post(change(key), {**FORM, "revoked": "on"}).status_code == 403
    analyst.post("/admin/stats/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert not key.revoked


def test_rotating_shows_the_new_key_once(administrator: Client, key: APIKey) -> None:
    answer = administrator.post(
        "/admin/stats/apikey/", {"action": "rotate", "_selected_action": [key.pk]}
    )
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
            "/admin/stats/apikey/", {"action": "rotate", "_selected_action": selected}, follow=True
        )
        assert "Select one key" in answer.content.decode()
    assert APIKey.objects.count() == 3


def test_an_analyst_rotates_nothing(analyst: Client, key: APIKey) -> None:
    analyst.post("/admin/stats/apikey/", {"action": "rotate", "_selected_action": [key.pk]})
    assert APIKey.objects.count() == 1


def test_a_rate_of_its_own(administrator: Client) -> None:
    administrator.post(ADD, {**FORM, "rate": "30"})
    assert APIKey.objects.get().rate == 30
    assert "rate" in given(administrator.post(ADD, {**FORM, "rate": "0"}))["adminform"].form.errors
