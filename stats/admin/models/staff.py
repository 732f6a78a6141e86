"""Staff accounts: nobody gives rights they lack, or changes an account with more rights."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest

from stats.accounts import roles
from stats.admin.models import history

SUPERUSER_FIELDS = ("is_superuser", "user_permissions")

admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not for accounts in the log: their lines would go too. They can be deactivated."""
        if obj is not None and obj.logentry_set.exists():
            return False
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Only groups whose rights the account has are offered and accepted."""
        if db_field.name == "groups" and not request.user.is_superuser:
            kwargs["queryset"] = _groups_within(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[history.Line]:
        """With the names of groups that were given and taken."""
        before = _names(form.initial.get("groups", ()))
        after = _names(form.cleaned_data.get("groups", ()))
        return [
            *super().construct_change_message(request, form, formsets, add),
            *(history.added("group", name) for name in sorted(after - before)),
            *(history.removed("group", name) for name in sorted(before - after)),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [
            (name, {**options, "fields": _without(options["fields"])})
            for name, options in fieldsets
        ]


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """Whoever sets a password or activates an account can do what it can."""
    if user is None or request.user.is_superuser:
        return True
    mine = roles.held_by(cast(User, request.user)).values("pk")
    return not (user.is_superuser or roles.held_by(user).exclude(pk__in=mine).exists())


def _groups_within(user: User) -> QuerySet[Group]:
    """The groups without a right that the account lacks."""
    beyond = Permission.objects.exclude(pk__in=roles.held_by(user).values("pk"))
    return Group.objects.exclude(permissions__in=beyond)


def _names(groups: Iterable[Group]) -> set[str]:
    return {group.name for group in groups}


def _without(fields: Any) -> tuple[Any, ...]:
    return tuple(field for field in fields if field not in SUPERUSER_FIELDS)
