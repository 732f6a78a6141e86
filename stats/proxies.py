"""Who a request comes from, told by as many proxies as are trusted."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The client's address; None where the server listens on a socket without one.

    Each proxy adds the address it was asked from at the end of X-Forwarded-For. What stands before
    those of the TRUSTED_PROXIES is what the client made up.
    """
    told = request.headers.get("X-Forwarded-For", "").split(",")
    is_behind = 0 < settings.TRUSTED_PROXIES <= len(told)
    forwarded = _address(told[-settings.TRUSTED_PROXIES]) if is_behind else None
    return forwarded or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Of IPv6 without the interface; an IPv4 address in IPv6's clothes as what it is."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
