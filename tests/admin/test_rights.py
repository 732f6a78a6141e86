"""Nobody gives rights that they do not have, whatever is posted by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from stats.accounts import roles
from tests.admin.conftest import given

pytestmark = pytest.mark.once

PASSWORD = "staple the battery"


def groups_named(*names: str) -> list[int]:
    return [Group.objects.get(name=name).pk for name in names]


def account_form(name: str, **more: Any) -> dict[str, Any]:
    return {
        "username": name,
        "is_active": "on",
        "is_staff": "on",
        **more,
    }


def change(client: Client, user: User, **more: Any) -> Any:
    form = account_form(user.username, **more)
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), form)


def rights() -> dict[str, Any]:
    """Who is in which groups, what groups and accounts may, and all passwords."""
    accounts = User.objects.order_by("pk").values(
        "username", "password", "is_superuser", "is_staff", "is_active"
    )
    return {
        "accounts": list(accounts),
        "groups": sorted(Group.objects.values_list("name", "user__username")),
        "of groups": sorted(Group.objects.values_list("name", "permissions__codename")),
        "of accounts": sorted(User.objects.values_list("pk", "user_permissions__codename")),
    }


@pytest.fixture
def colleague(db: None) -> User:
    return User.objects.create_user("colleague", password=PASSWORD, is_staff=True)


@pytest.fixture
def everything(db: None) -> Group:
    """A group that may everything there is."""
    group = Group.objects.create(name="everything")
    group.permissions.set(Permission.objects.all())
    return group


@pytest.fixture
def root(superuser: User) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def myself(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


@pytest.mark.parametrize("role", roles.NAMES)
def test_an_administrator_gives_and_takes_the_roles(
    administrator: Client, colleague: User, role: str
) -> None:
    assert change(administrator, colleague, role=role).status_code == 302
    assert [group.name for group in colleague.groups.all()] == [role]
    assert change(administrator, colleague).status_code == 302
    assert not colleague.groups.exists()


def test_a_role_is_a_choice_in_words_and_groups_are_for_superusers(
    administrator: Client, everything: Group, root: Client
) -> None:
    url = reverse("admin:auth_user_change", args=[myself(administrator).pk])
    fields = given(administrator.get(url))["adminform"].form.fields
    assert [name for name, _words in fields["role"].choices] == [*roles.NAMES, ""]
    assert "groups" not in fields
    fields = given(root.get(url))["adminform"].form.fields
    assert list(fields["groups"].queryset) == [everything]


def test_nobody_joins_or_gives_a_group_with_more(
    administrator: Client, colleague: User, everything: Group
) -> None:
    before = rights()
    held = {colleague: "", myself(administrator): roles.ADMINISTRATORS}
    for user, role in held.items():
        change(administrator, user, role=role, groups=[everything.pk])
        answer = change(administrator, user, role=everything.name)
        assert answer.status_code == 200
        assert "is not one of the available choices" in answer.content.decode()
    assert rights() == before


def test_other_groups_stay_as_they_are(
    administrator: Client, root: Client, colleague: User, everything: Group
) -> None:
    colleague.groups.add(Group.objects.create(name="may nothing"))
    change(administrator, colleague, role=roles.ANALYSTS)
    assert {group.name for group in colleague.groups.all()} == {"may nothing", roles.ANALYSTS}
    change(root, colleague, role=roles.ANALYSTS, groups=[everything.pk])
    assert {group.name for group in colleague.groups.all()} == {"everything", roles.ANALYSTS}


# What an administrator, and anybody below, posts in vain.
IN_VAIN: dict[str, Callable[[User, Group], tuple[str, dict[str, Any]]]] = {
    "make a group": lambda _user, _group: (
        reverse("admin:auth_group_add"),
        {"name": "mine", "permissions": list(Permission.objects.values_list("pk", flat=True))},
    ),
    **{
        f"{view} the {name}": lambda _user, _group, view=view, name=name: (  # type: ignore[misc]
            reverse(f"admin:auth_group_{view}", args=groups_named(name)),
            {
                "name": "mine",
                "post": "yes",
                "permissions": list(Permission.objects.values_list("pk", flat=True)),
            },
        )
        for view in ("change", "delete")
        for name in roles.NAMES
    },
    "delete all groups": lambda _user, _group: (
        reverse("admin:auth_group_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": list(Group.objects.values_list("pk", flat=True)),
            "post": "yes",
        },
    ),
    "set the password": lambda user, _group: (
        reverse("admin:auth_user_password_change", args=[user.pk]),
        {"password1": "taken over by me", "password2": "taken over by me"},
    ),
    "change the account": lambda user, _group: (
        reverse("admin:auth_user_change", args=[user.pk]),
        account_form("mine", groups=[]),
    ),
    "delete the account": lambda user, _group: (
        reverse("admin:auth_user_delete", args=[user.pk]),
        {"post": "yes"},
    ),
    "delete accounts": lambda user, _group: (
        reverse("admin:auth_user_changelist"),
        {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"},
    ),
}


@pytest.fixture(params=["a superuser", "a sleeping superuser", "one in a group", "a sleeping one"])
def mightier(request: pytest.FixtureRequest, everything: Group) -> User:
    """An account with more rights than an administrator has."""
    kind = request.param
    user = User.objects.create_user(
        "mightier",
        password=PASSWORD,
        is_staff=True,
        is_active="sleeping" not in kind,
        is_superuser="superuser" in kind,
    )
    if "superuser" not in kind:
        user.groups.add(everything)
    return user


@pytest.mark.parametrize("person", ["administrator", "analyst", "other_staff", "nobody"])
@pytest.mark.parametrize("what", IN_VAIN)
def test_nobody_is_raised_and_nothing_taken_over(
    request: pytest.FixtureRequest, person: str, what: str, mightier: User, everything: Group
) -> None:
    client: Client = request.getfixturevalue(person)
    before = rights()
    url, form = IN_VAIN[what](mightier, everything)
    assert client.post(url, form).status_code in (200, 302, 403)
    assert rights() == before


@pytest.mark.parametrize("whom", ["myself", "colleague"])
def test_what_is_on_no_form_is_not_taken(administrator: Client, colleague: User, whom: str) -> None:
    user = colleague if whom == "colleague" else myself(administrator)
    role = roles.role_of(user)
    before = rights()
    every = list(Permission.objects.values_list("pk", flat=True))
    change(administrator, user, is_superuser="on", user_permissions=every, role=role)
    assert rights() == before


@pytest.mark.parametrize("more", [{"is_superuser": "on"}, {"user_permissions": "all"}])
def test_nor_when_an_account_is_made(administrator: Client, more: dict[str, str]) -> None:
    if "user_permissions" in more:
        more = {"user_permissions": list(Permission.objects.values_list("pk", flat=True))}  # type: ignore[dict-item]
    form = {
        "username": "eve",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        **more,
    }
    assert administrator.post("/admin/auth/user/add/", form).status_code == 302
    eve = User.objects.get(username="eve")
    assert not eve.is_superuser
    assert not eve.is_staff
    assert not eve.get_all_permissions()


def test_who_may_change_accounts_alone_gives_no_role(other_staff: Client, colleague: User) -> None:
    """Staff whom a superuser lets reset passwords, say."""
    helper = myself(other_staff)
    helper.user_permissions.set(
        Permission.objects.filter(codename__in=("change_user", "view_user"))
    )
    before = rights()
    for user in (helper, colleague):
        assert change(other_staff, user, role=roles.ANALYSTS).status_code == 200
    assert rights() == before


class TestSuperusers:
    @pytest.mark.parametrize("name", roles.NAMES)
    def test_do_not_lose_a_role_by_accident(self, root: Client, name: str) -> None:
        [pk] = groups_named(name)
        held = list(Group.objects.get(pk=pk).permissions.values_list("pk", flat=True))
        before = rights()
        url = reverse("admin:auth_group_delete", args=[pk])
        assert root.post(url, {"post": "yes"}).status_code == 403
        selected = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        root.post(reverse("admin:auth_group_changelist"), selected)
        form = {"name": "renamed", "permissions": held}
        root.post(reverse("admin:auth_group_change", args=[pk]), form)
        assert rights() == before

    def test_say_what_a_role_may(self, root: Client) -> None:
        [pk] = groups_named(roles.ANALYSTS)
        permission = Permission.objects.get(codename="view_enduser")
        url = reverse("admin:auth_group_change", args=[pk])
        assert root.post(url, {"permissions": [permission.pk]}).status_code == 302
        assert list(Group.objects.get(pk=pk).permissions.all()) == [permission]

    def test_make_rename_and_delete_other_groups(self, root: Client) -> None:
        root.post(reverse("admin:auth_group_add"), {"name": "mine"})
        [pk] = groups_named("mine")
        root.post(reverse("admin:auth_group_change", args=[pk]), {"name": "yours"})
        assert groups_named("yours") == [pk]
        root.post(reverse("admin:auth_group_delete", args=[pk]), {"post": "yes"})
        assert not Group.objects.filter(pk=pk).exists()
