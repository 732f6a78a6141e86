"""Django's groups: only superusers change them; the two roles cannot be deleted or renamed."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from stats.accounts import roles
from stats.admin.models.renaming import Renamed

admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(Renamed, GroupAdmin):
    """Accounts are added to groups in their own form (`staff`)."""

    name, plural = gettext_lazy("permission group"), gettext_lazy("permission groups")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser) and not _is_role(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """The name of a role identifies it."""
        return ("name",) if _is_role(obj) else ()


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in roles.NAMES
