"""The client's address, as far as proxies are trusted."""

import logging
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

logger = logging.getLogger(__name__)
# A port, or an obfuscated one of RFC 7239: `:4711`, `:_client`.
PORT = re.compile(r":(\d{1,5}|_[\w.-]+)$", re.ASCII)
BRACKETED = re.compile(r"\[([^\[\]]*)\](:.*)?")
# IPv4 addresses in networks with only IPv6 (RFC 6052).
TRANSLATED = ip_network("64:ff9b::/96")
LONGEST_LOGGED = 100


def client_address(request: HttpRequest) -> Address | str | None:
    """The client's address; None if the server's socket has no addresses.

    Each proxy appends the address of its client to X-Forwarded-For. Only the last TRUSTED_PROXIES
    entries count, since a client can invent the others. A text that is no address (`unknown`) is
    returned without its port. The proxy's own address would not do: all clients share it.
    """
    header = request.headers.get("X-Forwarded-For", "")
    nodes = [node.strip() for node in header.split(",") if node.strip()]
    is_behind = 0 < settings.TRUSTED_PROXIES <= len(nodes)
    text = nodes[-settings.TRUSTED_PROXIES] if is_behind else request.META.get("REMOTE_ADDR", "")
    if not text:
        return None
    node = _node(text)
    address = _address(node) or _address(PORT.sub("", node))
    if address is None:
        logger.warning("A client's address cannot be read: %r", text[:LONGEST_LOGGED])
    return address or PORT.sub("", node)


def _node(text: str) -> str:
    """The entry without quotes and brackets; a port after brackets goes too."""
    unquoted = text.strip("\"' ")
    bracketed = BRACKETED.fullmatch(unquoted)
    return bracketed[1].strip() if bracketed else unquoted


def _address(text: str) -> Address | None:
    """The address without its interface, or None. IPv4 inside IPv6 becomes IPv4."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address in TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return getattr(address, "ipv4_mapped", None) or address
