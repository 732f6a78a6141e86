"""The addresses beside the admin's and the API's, and everything that changes something by POST:
as everybody."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from stats.accounts import keys
from stats.models import APIKey, APIUsageStats, EndUser, TranslationJob
from tests.admin.conftest import ANN, DAN, NOW
from tests.admin.test_access import PEOPLE, names

# Per route what everybody gets, logged in or not: none of them tells or changes any usage.
ADDRESSES = {"": 302, "i18n/setlang/": 302, "healthz": 200, "readyz": 200, "metrics": 200}
TABLES: tuple[type[Model], ...] = (APIUsageStats, APIKey, EndUser, TranslationJob, User, Group)


def test_no_address_is_forgotten() -> None:
    """The admin has its table in test_access, the API in its own test_access."""
    patterns = get_resolver().url_patterns
    spaces = {pattern.namespace for pattern in patterns if isinstance(pattern, URLResolver)}
    assert spaces == {"admin", "api", None}
    others = [pattern for pattern in patterns if getattr(pattern, "namespace", None) is None]
    routes = {"i18n/setlang/" if name == "set_language" else name for name in names(others)}
    assert routes == ADDRESSES.keys()


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("route", ADDRESSES)
def test_each_address_as_each_person(
    request: pytest.FixtureRequest, route: str, person: str, ledger: None
) -> None:
    client: Client = request.getfixturevalue(person)
    answer = client.get(f"/{route}")
    assert answer.status_code == ADDRESSES[route]
    assert b"Ann" not in answer.content


@pytest.fixture
def key(db: None) -> APIKey:
    made, _secret = keys.create("translator", ["record"], None, NOW)
    return made


def of_key(key: APIKey, view: str, **content: Any) -> tuple[str, dict[str, Any]]:
    arguments = [key.pk] if view == "change" else []
    return reverse(f"admin:stats_apikey_{view}", args=arguments), content


KEY_FORM = {"name": "another", "may_record": "on", "expiry_date": ""}
# What is posted where; usage administrators may, nobody else.
CHANGES: dict[str, Callable[[APIKey], tuple[str, dict[str, Any]]]] = {
    "make a key": lambda key: of_key(key, "add", **KEY_FORM),
    "change a key": lambda key: of_key(key, "change", **KEY_FORM),
    "revoke keys": lambda key: of_key(
        key, "changelist", action="revoke", _selected_action=[key.pk], post="yes"
    ),
    "replace a key": lambda key: of_key(
        key, "changelist", action="rotate", _selected_action=[key.pk], post="yes"
    ),
    "name a user": lambda _key: ("/admin/stats/enduser/add/", {"id": 9, "name": "Eve"}),
    "rename a user": lambda _key: (f"/admin/stats/enduser/{ANN}/change/", {"name": "Anna"}),
    "delete a user": lambda _key: ("/admin/stats/enduser/9000/delete/", {"post": "yes"}),
    "delete users": lambda _key: (
        "/admin/stats/enduser/",
        {"action": "delete_selected", "_selected_action": [9000], "post": "yes"},
    ),
    "name a job": lambda _key: ("/admin/stats/translationjob/add/", {"id": 9, "name": "Book"}),
    "rename a job": lambda _key: ("/admin/stats/translationjob/70/change/", {"name": "Book"}),
    "delete a job": lambda _key: ("/admin/stats/translationjob/9000/delete/", {"post": "yes"}),
    "make an account": lambda _key: (
        "/admin/auth/user/add/",
        {"username": "eve", "password1": "staple the battery", "password2": "staple the battery"},
    ),
}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("what", CHANGES)
def test_only_administrators_change_anything(
    request: pytest.FixtureRequest, what: str, person: str, people: None, key: APIKey
) -> None:
    EndUser.objects.create(pk=9000, name="nobody's")
    TranslationJob.objects.create(pk=9000, name="nobody's")
    client: Client = request.getfixturevalue(person)
    before = everything()
    path, content = CHANGES[what](key)
    answer = client.post(path, content)
    assert (everything() != before) == (person == "administrator"), answer.content.decode()[:2000]


def everything() -> list[list[dict[str, Any]]]:
    return [list(table._default_manager.order_by("pk").values()) for table in TABLES]


@pytest.mark.parametrize("person", [*PEOPLE, "superuser"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_call_is_changed_over_http_by_nobody(
    request: pytest.FixtureRequest, method: str, person: str, ledger: None
) -> None:
    who = request.getfixturevalue(person)
    client = Client() if isinstance(who, User) else who
    if isinstance(who, User):
        client.force_login(who)
    call = APIUsageStats.objects.filter(user_id=DAN).latest("pk")
    before = everything()
    answer = getattr(client, method)(
        f"/api/v1/calls/{call.pk}/", {"cost": 0}, content_type="application/json"
    )
    assert answer.status_code in (401, 403, 405)
    assert everything() == before


@pytest.mark.parametrize(
    ("model", "name"), [(APIKey, "API keys"), (EndUser, "User records"), (User, "Accounts")]
)
def test_a_list_is_called_as_in_the_menu(
    administrator: Client, key: APIKey, model: type[Model], name: str
) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    page = administrator.get(url).content.decode()
    assert f"<h1>{name}</h1>" in page


def test_lists_write_times_as_reports_do(administrator: Client, key: APIKey) -> None:
    page = administrator.get(reverse("admin:stats_apikey_changelist")).content.decode()
    assert "24 Nov 2026, 15:42" in page
