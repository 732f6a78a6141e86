"""Django's authentication backend, with one statement for permissions and reasons for a refusal."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from stats.accounts.roles import held_by


class PermissionsBackend(ModelBackend):
    """Django's backend with one statement for permissions; Django needs two."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Also an inactive account, so that the form can say why it cannot log in."""
        return True

    def get_user(self, user_id: Any) -> Any:
        """The account of a session; None once it is inactive, which ends the session."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The permissions of the account and of its groups."""
        is_first_time = obj is None and not hasattr(user_obj, "_perm_cache")
        if is_first_time and user_obj.is_active and not user_obj.is_superuser:
            names = held_by(user_obj).values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{label}.{codename}" for label, codename in names}
        return super().get_all_permissions(user_obj, obj)
