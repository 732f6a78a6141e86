"""The two roles (spec §6), as groups of Django's: other staff may do nothing."""

from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

ADMINISTRATORS = "Usage administrators"
ANALYSTS = "Usage analysts"
# Seeing any report or call, in the admin and over HTTP.
SEE_USAGE = "stats.view_apiusagestats"


def create_roles(using: str, **_kwargs: Any) -> None:
    """After each migrate: both groups exist and may do what their role says."""
    for label in ("stats", "auth"):
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using)
    for name, permissions in (
        (ADMINISTRATORS, _administrators_permissions(using)),
        (ANALYSTS, _analysts_permissions(using)),
    ):
        group, _is_new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions)


def _administrators_permissions(using: str) -> QuerySet[Permission]:
    return Permission.objects.using(using).filter(
        Q(content_type__app_label="stats")
        | Q(content_type__app_label="auth", content_type__model__in=("user", "group"))
    )


def _analysts_permissions(using: str) -> QuerySet[Permission]:
    return Permission.objects.using(using).filter(
        content_type__app_label="stats", codename__startswith="view_"
    )
