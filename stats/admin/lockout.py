"""Failed logins: counted per account and address, and what is answered to too many.

For django-axes, through the settings (docs/decisions/0004-login-lockout.md).
"""

from functools import partial
from hashlib import sha256
from ipaddress import ip_network
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from stats.proxies import client_address
from stats.transactions import repeated

# Who has one address of IPv6 has 2**64 of them.
PREFIX = {4: 32, 6: 64}


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Keeps nothing of what a stranger sent but his address.

    An adopted database may have a character set that does not hold it: the failure would be an
    error, and not be counted.
    """

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Count it, and lock out beyond the limit."""
        request.axes_user_agent = request.axes_http_accept = ""
        sent = request.GET, request.POST
        request.GET = request.POST = QueryDict()
        try:
            # First failures at the same moment insert the same row, of which one may be undone.
            repeated(partial(super().user_login_failed, sender, credentials, request, **kwargs))
        finally:
            request.GET, request.POST = sent


def account_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The account that a login means, by the name it has in the database.

    Databases take many spellings for one account (case, accents, invisible characters), which
    would otherwise be as many attempts. A name that is none is kept as its hash, since people type
    passwords there.
    """
    typed: str = (credentials or request.POST).get("username") or ""
    named = User.objects.filter(username=typed).values_list("username", flat=True).first()
    return named or sha256(typed.encode()).hexdigest()


def network_of(request: HttpRequest) -> str | None:
    """The address that a failure counts for: of IPv6 that of the customer's network."""
    address = client_address(request)
    if address is None:
        return None
    network = ip_network((address, PREFIX[address.version]), strict=False)
    return str(network.network_address)


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, _credentials: dict[str, Any] | None
) -> HttpResponse:
    """429, as a page of the admin, with the longest time that the lock can last."""
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
