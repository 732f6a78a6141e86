"""The lockout: counts failed logins per account and address, and refuses further ones.

Plugged into django-axes by the settings (docs/decisions/0004-login-lockout.md).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from ipaddress import ip_network
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_str, get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from stats.db.transactions import repeated
from stats.ops.proxies import client_address

logger = logging.getLogger(__name__)
# Whoever has one IPv6 address has 2**64 of them.
PREFIX = {4: 32, 6: 64}
# The address of a client without one.
NO_ADDRESS = "::"
# Discard addresses (RFC 6666), for texts that are no address.
UNREADABLE = ip_network("100::/64")


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts an attempt before it checks the password, so that simultaneous attempts cannot exceed
    the limit.

    Stores no text that a client sent, except the address: the character set of an adopted database
    might not hold it, and the attempt would fail uncounted.
    """

    def is_allowed(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Count the attempt; True if it is within the limit."""
        row = {
            "username": get_client_username(request, credentials),
            "ip_address": request.axes_ip_address,
            "user_agent": "",
        }
        request.axes_failures_since_start = _number_of_new(row, request.axes_attempt_time)
        return request.axes_failures_since_start is not None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Log the failure, and lock out at the limit. `is_allowed` has counted it."""
        if request.axes_locked_out:
            return
        self.clean_expired_user_attempts(request, credentials)
        name = get_client_username(request, credentials)
        client = get_client_str(name, request.axes_ip_address, "", request.axes_path_info, request)
        logger.warning("AXES: New login failure by %s.", client)
        if request.axes_failures_since_start >= settings.AXES_FAILURE_LIMIT:
            logger.warning("AXES: Locking out %s after repeated login failures.", client)
            request.axes_locked_out = True

    def user_logged_in(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        """Delete the failures of this account and address."""
        repeated(partial(super().user_logged_in, sender, request, user, **kwargs))

    def clean_expired_user_attempts(
        self, request: Any = None, credentials: dict[str, Any] | None = None
    ) -> int:
        """Delete all expired attempts; returns the number of rows."""
        return repeated(partial(self._clean, super().clean_expired_user_attempts, request))

    def _clean(self, delete: Callable[[Any], int], request: Any) -> int:
        # Lock first. The library deletes by id, and a row may just be counting a new attempt.
        over = AccessAttempt.objects.filter(attempt_time__lte=get_cool_off_threshold(request))
        with transaction.atomic():
            list(over.select_for_update().values_list("pk"))
            return delete(request)


def _number_of_new(row: dict[str, str], now: datetime) -> int | None:
    """Count an attempt in the row with these values; its number, or None beyond the limit.

    Each step reads and writes in one statement, so no other process comes in between.
    """
    attempts = AccessAttempt.objects.filter(**row)
    over = attempts.filter(attempt_time__lte=now - settings.AXES_COOLOFF_TIME)
    repeated(partial(over.update, failures_since_start=0, attempt_time=now))
    while (number := repeated(partial(_counted, attempts, now))) is None:
        if attempts.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT).exists():
            return None
        repeated(partial(_begin, row))
    return number


def _counted(attempts: Any, now: datetime) -> int | None:
    """The number of this attempt; None if the row is missing or at the limit."""
    within = attempts.filter(failures_since_start__lt=settings.AXES_FAILURE_LIMIT)
    with transaction.atomic():
        if not within.update(failures_since_start=F("failures_since_start") + 1, attempt_time=now):
            return None
        # The UPDATE holds the row until the COMMIT.
        number: int = attempts.values_list("failures_since_start", flat=True).get()
        return number


def _begin(row: dict[str, str]) -> None:
    """Insert a row with zero failures if there is none."""
    AccessAttempt.objects.bulk_create(
        [AccessAttempt(**row, failures_since_start=0)], ignore_conflicts=True
    )


def is_within_limit(what: str, network: str, now: datetime) -> bool:
    """Count an attempt at something else than a login, to the same limit. `what` has a blank, so
    that it is no user name."""
    row = {"username": what, "ip_address": network, "user_agent": ""}
    return _number_of_new(row, now) is not None


def locks_of(user: User, now: datetime) -> list[tuple[str, datetime]]:
    """The addresses from which an account is locked out, and until when each is."""
    lasts: timedelta = settings.AXES_COOLOFF_TIME
    locked = AccessAttempt.objects.filter(
        username=user.username,
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gt=now - lasts,
    )
    return [
        (address, at + lasts)
        for address, at in locked.order_by("attempt_time").values_list("ip_address", "attempt_time")
    ]


def account_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The user name of a login as the database has it; a hash if there is no such account.

    A database matches many spellings of a name (case, accents, invisible characters): they must
    share one count. Unknown names are hashed because people type passwords into the name field.
    """
    typed: str = (credentials or request.POST).get("username") or ""
    named = User.objects.filter(username=typed).values_list("username", flat=True).first()
    return named or sha256(typed.encode()).hexdigest()


def network_of(request: HttpRequest) -> str:
    """The address that a failure counts for; of IPv6 the /64 network.

    Each unreadable text gets an address of its own, made from its hash.
    """
    client = client_address(request)
    if client is None:
        return NO_ADDRESS
    if isinstance(client, str):
        digest = sha256(client.encode(errors="surrogateescape")).digest()
        return str(UNREADABLE[int.from_bytes(digest[:8])])
    network = ip_network((client, PREFIX[client.version]), strict=False)
    return str(network.network_address)


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, _credentials: dict[str, Any] | None
) -> HttpResponse:
    """A 429 as a page of the admin, with the longest time that the lock can last."""
    lasts = settings.AXES_COOLOFF_TIME
    context = {
        **admin.site.each_context(request),
        "title": _("Too many failed logins"),
        "limit": settings.AXES_FAILURE_LIMIT,
        "minutes": lasts.seconds // 60,
    }
    answer = render(request, "admin/locked_out.html", context, status=429)
    answer["Retry-After"] = str(lasts.seconds)
    return answer
