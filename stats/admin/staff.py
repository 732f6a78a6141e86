"""Staff accounts: only a superuser makes superusers or touches their accounts."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from stats.admin import history

SUPERUSER_FIELDS = ("is_superuser", "user_permissions")

admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not of who is in the log, since his lines would go with him: he can be made inactive."""
        if obj is not None and obj.logentry_set.exists():
            return False
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[history.Line]:
        """Which roles were given and taken, and not only that it was done."""
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
    return bool(request.user.is_superuser) or user is None or not user.is_superuser


def _names(groups: Iterable[Group]) -> set[str]:
    return {group.name for group in groups}


def _without(fields: Any) -> tuple[Any, ...]:
    return tuple(field for field in fields if field not in SUPERUSER_FIELDS)
