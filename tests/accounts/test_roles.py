import pytest
from django.contrib.auth.models import Group, Permission, User

from stats.accounts import roles

pytestmark = pytest.mark.django_db


def permissions_of(role: str) -> set[str]:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return user.get_all_permissions()


def every(codename_begins: str = "") -> set[str]:
    found = Permission.objects.filter(
        content_type__app_label="stats", codename__startswith=codename_begins
    )
    return {f"stats.{permission.codename}" for permission in found}


def test_analysts_see_everything_and_change_nothing() -> None:
    assert permissions_of(roles.ANALYSTS) == every("view_")


def test_administrators_may_do_everything_with_keys_and_accounts_too() -> None:
    permissions = permissions_of(roles.ADMINISTRATORS)
    assert every() < permissions
    assert {"stats.add_apikey", "stats.delete_apikey", "stats.change_enduser"} < permissions
    assert {permission for permission in permissions if not permission.startswith("stats.")} == {
        *(f"auth.{action}_user" for action in ("add", "change", "delete", "view")),
        "auth.view_group",
        roles.SEE_HISTORY,
    }


def test_migrating_takes_from_administrators_what_an_earlier_version_gave() -> None:
    administrators = Group.objects.get(name=roles.ADMINISTRATORS)
    administrators.permissions.add(
        *Permission.objects.filter(content_type__app_label="auth", content_type__model="group")
    )
    roles.create_roles("default")
    assert set(
        administrators.permissions.filter(content_type__model="group").values_list(
            "codename", flat=True
        )
    ) == {"view_group"}


def test_nobody_may_add_change_or_delete_a_call() -> None:
    assert {name for name in every() if name.endswith("_apiusagestats")} == {roles.SEE_USAGE}


def test_both_roles_see_usage_and_other_staff_does_not() -> None:
    for role in (roles.ANALYSTS, roles.ADMINISTRATORS):
        assert roles.SEE_USAGE in permissions_of(role)
    staff = User.objects.create_user("staff", is_staff=True)
    assert staff.get_all_permissions() == set()


def test_migrating_again_makes_no_second_role_and_takes_nothing_away() -> None:
    analysts = Group.objects.get(name=roles.ANALYSTS)
    extra = Permission.objects.get(codename="change_enduser")
    analysts.permissions.add(extra)
    roles.create_roles("default")
    assert Group.objects.count() == 2
    assert extra in analysts.permissions.all()
