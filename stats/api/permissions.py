"""Permissions: a key has those of its scopes, a session with one of the two roles may read."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from stats.accounts.roles import SEE_USAGE
from stats.models import APIKey

if TYPE_CHECKING:
    # REST framework's views import their permissions.
    from rest_framework.views import APIView


class MayReadOrRecord(BasePermission):
    """Reading requires the scope read or a role, writing the scope record."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """False without a key or session (401). Raises `PermissionDenied` with the reason (403)."""
        if request.method == "OPTIONS":
            # The schema lists the methods for anybody, too.
            return True
        is_reading = request.method in SAFE_METHODS
        if isinstance(request.auth, APIKey):
            _check_scope(request.auth, "read" if is_reading else "record")
        elif not request.user.is_authenticated:
            return False
        elif not is_reading:
            raise PermissionDenied(_("Writing requires an API key with the scope record."))
        elif not request.user.has_perm(SEE_USAGE):
            raise PermissionDenied(
                _("Reading requires the role of usage administrator or usage analyst.")
            )
        return True


def _check_scope(key: APIKey, scope: str) -> None:
    if scope not in key.scopes:
        raise PermissionDenied(_("This API key lacks the scope %(scope)s.") % {"scope": scope})
