"""What a user may do is what Django says, asked in one statement."""

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from stats.accounts.backends import PermissionsBackend


def held(codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label="stats", codename=codename)


@pytest.fixture(params=["nothing", "own", "of a group", "both", "inactive", "superuser"])
def user(request: pytest.FixtureRequest, db: None) -> User:
    """One who holds permissions in each way there is."""
    kind = request.param
    user = User.objects.create_user(
        "ann", is_superuser=kind == "superuser", is_active=kind != "inactive"
    )
    if kind in ("own", "both", "inactive"):
        user.user_permissions.add(held("view_apiusagestats"), held("add_apikey"))
    if kind in ("of a group", "both", "inactive"):
        for name in ("one", "other"):
            group = Group.objects.create(name=name)
            group.permissions.add(held("view_apiusagestats"), held("view_enduser"))
            user.groups.add(group)
    return user


def again(user: User) -> User:
    """The same without what it remembers."""
    return User.objects.get(pk=user.pk)


def test_it_says_what_djangos_own_says(user: User) -> None:
    ours, djangos = PermissionsBackend(), ModelBackend()
    assert ours.get_all_permissions(again(user)) == djangos.get_all_permissions(again(user))
    for name in ("stats.view_apiusagestats", "stats.view_enduser", "stats.add_apikey", "auth.x"):
        assert ours.has_perm(again(user), name) == djangos.has_perm(again(user), name)
    assert ours.get_all_permissions(again(user), obj=user) == set()
    assert ours.has_module_perms(again(user), "stats") == djangos.has_module_perms(
        again(user), "stats"
    )


def test_an_anonymous_user_has_no_permissions() -> None:
    assert PermissionsBackend().get_all_permissions(AnonymousUser()) == set()


def test_in_one_statement(user: User, django_assert_max_num_queries: Any) -> None:
    fresh = again(user)
    with django_assert_max_num_queries(1):
        assert fresh.has_perm("stats.view_apiusagestats") == fresh.has_perm(
            "stats.view_apiusagestats"
        )
        fresh.has_module_perms("stats")
