"""The two roles (spec §6), as Django groups. Other staff have no rights."""

from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet

ADMINISTRATORS = "Usage administrators"
ANALYSTS = "Usage analysts"
NAMES = (ADMINISTRATORS, ANALYSTS)
# The right to see every report and call, in the admin and over HTTP.
SEE_USAGE = "stats.view_apiusagestats"
# The right to see refused posts; only administrators have it.
SEE_REFUSED_POSTS = "stats.see_refused_posts"


def create_roles(using: str, **_kwargs: Any) -> None:
    """Make both groups with their permissions; runs after each migrate."""
    for label in ("stats", "auth"):
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using)
    for name, permissions in (
        (ADMINISTRATORS, _administrators_permissions(using)),
        (ANALYSTS, _analysts_permissions(using)),
    ):
        group, _is_new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions)
    # Earlier versions gave the right to edit groups, and whoever edits groups can get every right.
    Group.objects.using(using).get(name=ADMINISTRATORS).permissions.remove(
        *_on("group", using).exclude(codename__startswith="view_")
    )


def held_by(user: User) -> QuerySet[Permission]:
    """The permissions of an account and of its groups; one that is given twice appears twice."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).order_by()


def _administrators_permissions(using: str) -> QuerySet[Permission]:
    return (
        Permission.objects.using(using).filter(content_type__app_label="stats")
        | _on("user", using)
        | _on("group", using).filter(codename__startswith="view_")
    )


def _analysts_permissions(using: str) -> QuerySet[Permission]:
    return Permission.objects.using(using).filter(
        content_type__app_label="stats", codename__startswith="view_"
    )


def _on(model: str, using: str) -> QuerySet[Permission]:
    return Permission.objects.using(using).filter(
        content_type__app_label="auth", content_type__model=model
    )
