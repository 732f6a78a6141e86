"""Who a request comes from, told by as many proxies as are trusted."""

import logging
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

logger = logging.getLogger(__name__)
# A port, or as RFC 7239 has it a made-up name of one: `:4711`, `:_client`.
PORT = re.compile(r":(\d{1,5}|_[\w.-]+)$", re.ASCII)
BRACKETED = re.compile(r"\[([^\[\]]*)\](:.*)?")
# What stands for addresses of IPv4 where a network speaks IPv6 alone.
TRANSLATED = ip_network("64:ff9b::/96")
LONGEST_LOGGED = 100


def client_address(request: HttpRequest) -> Address | str | None:
    """The client's address; None where the server listens on a socket without one.

    Each proxy adds the address it was asked from at the end of X-Forwarded-For. What stands before
    those of the TRUSTED_PROXIES is what the client made up. What a trusted proxy wrote and is no
    address (`unknown`) is answered as that text, without a port: it is not the proxy's own address,
    which all clients share.
    """
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    told = [part for part in told if part]
    is_behind = 0 < settings.TRUSTED_PROXIES <= len(told)
    text = told[-settings.TRUSTED_PROXIES] if is_behind else request.META.get("REMOTE_ADDR", "")
    if not text:
        return None
    node = _node(text)
    address = _address(node) or _address(PORT.sub("", node))
    if address is None:
        logger.warning("A client's address cannot be read: %r", text[:LONGEST_LOGGED])
    return address or PORT.sub("", node)


def _node(text: str) -> str:
    """Without quotes and brackets; of what is in brackets without the port too."""
    unquoted = text.strip("\"' ")
    bracketed = BRACKETED.fullmatch(unquoted)
    return bracketed[1].strip() if bracketed else unquoted


def _address(text: str) -> Address | None:
    """Of IPv6 without the interface; an IPv4 address in IPv6's clothes as what it is."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address in TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return getattr(address, "ipv4_mapped", None) or address
