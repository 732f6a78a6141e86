"""The two roles (spec §6), as Django groups. Other staff have no rights."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ADMINISTRATORS = "Usage administrators"
ANALYSTS = "Usage analysts"
# The group of each role, and the role in words.
WORDS: Mapping[str, Promise] = {ADMINISTRATORS: _("Administrator"), ANALYSTS: _("Analyst")}
NAMES = tuple(WORDS)
# The right to see every report and call, in the admin and over HTTP.
SEE_USAGE = "stats.view_apiusagestats"
# The others are rights of administrators alone. SEE_NOTICES is also that to send them again,
# SEE_INVOICES that to add them, CLOSE_MONTHS that to ask to reopen a month, and to agree.
SEE_REFUSED_POSTS = "stats.see_refused_posts"
MARK_EXPECTED = "stats.change_unusualday"
SEE_HISTORY = "admin.view_logentry"
SEE_NOTICES = "stats.see_notices"
CLOSE_MONTHS = "stats.close_month"
SEE_INVOICES = "stats.see_invoices"


def create_roles(using: str, **_kwargs: Any) -> None:
    """Make both groups with their permissions; runs after each migrate."""
    for label in ("stats", "auth", "admin"):
        create_permissions(installed_apps.get_app_config(label), verbosity=0, using=using)
    every = Permission.objects.using(using)
    ledger = every.filter(content_type__app_label="stats")
    accounts = every.filter(content_type__app_label="auth", content_type__model="user")
    groups = every.filter(content_type__app_label="auth", content_type__model="group")
    log = every.filter(content_type__app_label="admin", codename="view_logentry")
    to_view = Q(codename__startswith="view_")
    for name, permissions in (
        (ADMINISTRATORS, ledger | accounts | log | groups.filter(to_view)),
        (ANALYSTS, ledger.filter(to_view)),
    ):
        group, _is_new = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions)
    # Earlier versions gave the right to edit groups, and whoever edits groups can get every right.
    administrators = Group.objects.using(using).get(name=ADMINISTRATORS)
    administrators.permissions.remove(*groups.exclude(to_view))


def held_by(user: User) -> QuerySet[Permission]:
    """The permissions of an account and of its groups; one that is given twice appears twice."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).order_by()


def groups_within(user: User) -> QuerySet[Group]:
    """The groups that an account may give: those without a right that it lacks."""
    if user.is_superuser:
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=held_by(user).values("pk"))
    return Group.objects.exclude(permissions__in=beyond)


def role_of(user: User) -> str:
    """The name of its role's group; empty without one. Who has both is an administrator."""
    held = {group.name for group in user.groups.all()} if user.pk else set()
    return next((name for name in NAMES if name in held), "")


def give_role(user: User, role: str) -> None:
    """Give a role instead of any other; an empty one takes it."""
    user.groups.remove(*Group.objects.filter(name__in=NAMES).exclude(name=role))
    user.groups.add(*Group.objects.filter(name=role))
