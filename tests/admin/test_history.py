"""The admin's log: who made, replaced and revoked keys, and who gave whom which role."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from stats.accounts import keys, roles
from stats.models import APIKey
from tests.admin.conftest import HOSTILE, NOW, given

KEYS = "/admin/stats/apikey/"
ACCOUNT = {"is_active": "on"}


def logged() -> list[tuple[str, str, str]]:
    """Who, of what, did what; in the order it was done."""
    entries = LogEntry.objects.order_by("pk").select_related("user")
    return [(e.user.username, e.object_repr, e.get_change_message()) for e in entries]


@pytest.fixture
def key(db: None) -> APIKey:
    return keys.create("translator", ["record"], None, NOW)[0]


def act(client: Client, action: str, *selected: APIKey) -> Any:
    form = {"action": action, "_selected_action": [key.pk for key in selected], "post": "yes"}
    return client.post(KEYS, form)


class TestKeys:
    def test_made(self, administrator: Client) -> None:
        administrator.post(f"{KEYS}add/", {"name": HOSTILE, "may_record": "on"})
        assert logged() == [("administrator", HOSTILE, "Added.")]
        page = administrator.get(history_of(APIKey.objects.get())).content.decode()
        assert HOSTILE not in page
        assert "administrator" in page

    def test_replaced(self, administrator: Client, key: APIKey) -> None:
        secret = given(act(administrator, "rotate", key))["secret"]
        made = APIKey.objects.exclude(pk=key.pk).get()
        assert logged() == [
            ("administrator", "translator", f"Added. Changed Expires for API key “{key.prefix}”."),
            ("administrator", "translator", f"Changed Expires. Added API key “{made.prefix}”."),
        ]
        hidden = secret.partition(".")[2]
        assert not any(hidden in str(entry) for entry in LogEntry.objects.values())

    def test_revoked(self, administrator: Client, key: APIKey) -> None:
        """The keys that were revoked before are no part of it."""
        other = keys.create("reader", ["read"], None, NOW)[0]
        act(administrator, "revoke", other)
        act(administrator, "revoke", key, other)
        assert logged() == [
            ("administrator", "reader", "Changed Revoked."),
            ("administrator", "translator", "Changed Revoked."),
        ]

    def test_by_what_a_key_begins_with(self, administrator: Client, key: APIKey) -> None:
        """And not by its hash, which its id once held."""
        act(administrator, "rotate", key)
        act(administrator, "revoke", *APIKey.objects.all())
        logged_ids = set(LogEntry.objects.values_list("object_id", flat=True))
        assert logged_ids == set(APIKey.objects.values_list("prefix", flat=True))

    def test_what_was_refused_is_not_logged(self, analyst: Client, key: APIKey) -> None:
        act(analyst, "revoke", key)
        act(analyst, "rotate", key)
        assert logged() == []

    def test_is_read_in_each_language(self, administrator: Client, key: APIKey) -> None:
        act(administrator, "rotate", key)
        page = administrator.get(history_of(key), headers={"Accept-Language": "zh-Hant"})
        made = APIKey.objects.exclude(pk=key.pk).get()
        assert f"API 金鑰 &quot;{made.prefix}&quot; 已新增。" in page.content.decode()


def history_of(key: APIKey) -> str:
    return reverse("admin:stats_apikey_history", args=[key.pk])


class TestRoles:
    @pytest.fixture
    def colleague(self, db: None) -> User:
        user = User.objects.create_user("colleague", is_staff=True)
        user.groups.add(Group.objects.create(name=HOSTILE))
        return user

    def test_given_and_taken(self, administrator: Client, colleague: User) -> None:
        form = {**ACCOUNT, "username": "colleague"}
        url = reverse("admin:auth_user_change", args=[colleague.pk])
        for role in (roles.ADMINISTRATORS, roles.ANALYSTS):
            assert administrator.post(url, {**form, "role": role}).status_code == 302
        assert [entry[:2] for entry in logged()] == [("administrator", "colleague")] * 2
        assert [what for _who, _whom, what in logged()] == [
            "Changed Role. Added role “Usage administrators”.",
            "Changed Role. Added role “Usage analysts”. Deleted role “Usage administrators”.",
        ]

    def test_groups_given_and_taken_by_a_superuser(self, superuser: User, colleague: User) -> None:
        client = Client()
        client.force_login(superuser)
        mine = Group.objects.create(name="mine")
        form = {**ACCOUNT, "username": "colleague", "is_staff": "on", "groups": [mine.pk]}
        url = reverse("admin:auth_user_change", args=[colleague.pk])
        assert client.post(url, form).status_code == 302
        [(who, whom, what)] = logged()
        assert (who, whom) == ("root", "colleague")
        assert what == f"Changed Groups. Added group “mine”. Deleted group “{HOSTILE}”."
        administrator = client
        page = administrator.get(reverse("admin:auth_user_history", args=[colleague.pk]))
        assert HOSTILE not in page.content.decode()

    def test_other_changes_say_nothing_of_roles(
        self, administrator: Client, colleague: User
    ) -> None:
        url = reverse("admin:auth_user_change", args=[colleague.pk])
        administrator.post(url, {**ACCOUNT, "username": "colleague", "first_name": "Cole"})
        assert logged() == [("administrator", "colleague", "Changed First name.")]

    def test_made_accounts_and_new_passwords_are_logged(self, administrator: Client) -> None:
        new = "staple the battery"
        form = {"password1": new, "password2": new, "usable_password": "true"}
        made = {**form, "username": "eve", "role": roles.ANALYSTS}
        administrator.post("/admin/auth/user/add/", made)
        eve = User.objects.get(username="eve")
        administrator.post(reverse("admin:auth_user_password_change", args=[eve.pk]), form)
        assert [what for _who, _whom, what in logged()] == [
            "Added. Added role “Usage analysts”.",
            "Changed password.",
        ]


def test_who_is_in_the_log_is_not_deleted(
    administrator: Client, superuser: User, key: APIKey
) -> None:
    """Their lines would be deleted too."""
    act(administrator, "revoke", key)
    account = User.objects.get(username="administrator")
    client = Client()
    client.force_login(superuser)
    url = reverse("admin:auth_user_delete", args=[account.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403
    form = {"action": "delete_selected", "_selected_action": [account.pk], "post": "yes"}
    client.post("/admin/auth/user/", form)
    assert User.objects.filter(pk=account.pk).exists()
    assert len(logged()) == 1
