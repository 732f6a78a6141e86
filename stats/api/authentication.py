"""Authenticates services by `Authorization: Api-Key …`."""

from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from stats.accounts import keys
from stats.db.errors import is_read_only
from stats.models import APIKey

KEYWORD = "Api-Key"
# The precision of `last_used_at`: a busy key is not written at every request.
LAST_USED_STEP = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    """`request.auth` is the key; `request.user` stays anonymous, since a service is no account."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, APIKey] | None:
        """None for another scheme. Raises `AuthenticationFailed` for a bad key."""
        keyword, _blank, text = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        key = _usable_key(text.strip())
        _touch(key, timezone.now())
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """The `WWW-Authenticate` of a 401."""
        return KEYWORD


def service_of(request: Request) -> str:
    """The service that sent the request, which needs a key."""
    return cast(APIKey, request.auth).name


def _usable_key(text: str) -> APIKey:
    """One message for unknown, revoked and expired keys, so that strangers learn nothing."""
    key = keys.usable(text)
    if key is None:
        raise AuthenticationFailed(_("This API key is unknown, revoked or expired."))
    return key


def _touch(key: APIKey, now: datetime) -> None:
    """Store when the key was used: one UPDATE a minute, in its own transaction."""
    stale = now - LAST_USED_STEP
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    # The statement checks again, so that of simultaneous requests only one writes.
    is_stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale)
    try:
        APIKey.objects.filter(is_stale, pk=key.pk).update(last_used_at=now)
    except OperationalError as error:
        # A read-only server still answers reads.
        if not is_read_only(error):
            raise
