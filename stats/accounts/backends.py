"""Who may what, in one statement a page: Django's own backend asks for a user's permissions and
for those of their groups one after the other."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from stats.accounts.roles import held_by


class PermissionsBackend(ModelBackend):
    """Django's backend, but for the number of statements."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """What the user may, in their own name and in those of their groups."""
        is_asked_first = obj is None and not hasattr(user_obj, "_perm_cache")
        if is_asked_first and user_obj.is_active and not user_obj.is_superuser:
            names = held_by(user_obj).values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{label}.{codename}" for label, codename in names}
        return super().get_all_permissions(user_obj, obj)
