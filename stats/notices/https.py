"""Posts to addresses that administrators gave, and to nothing behind our walls.

The name is resolved once; each address it has is checked, and the connection goes to the checked
one, so that another answer of the name server makes no difference. Redirects are not followed.
"""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import IPPROTO_TCP, SHUT_RDWR, create_connection, gaierror, getaddrinfo
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.notices.failure import NotSentError, no_answer
from stats.notices.recipients import is_webhook

# For the connection, and for all of the exchange after it.
CONNECT_SECONDS, SECONDS = 5, 10
# IPv4 addresses within IPv6 by a translator's prefix (RFC 6052).
TRANSLATED = IPv6Network("64:ff9b::/96")


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. Raises `NotSentError` if there is none."""
    # Once, others were taken.
    if not is_webhook(url):
        raise NotSentError(Sentence(gettext_noop("This is no https address.")), is_final=True)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    connection = _Connection(host, port, checked_address(host, port))
    try:
        return connection.exchange(path, body, headers)
    except (OSError, HTTPException, ValueError) as error:
        raise no_answer(error) from error
    finally:
        connection.close()


def checked_address(host: str, port: int) -> str:
    """The first IP address of a host. Raises `NotSentError` if any of them is private."""
    try:
        found = getaddrinfo(host, port, proto=IPPROTO_TCP)
    except (gaierror, UnicodeError) as error:
        no_address = Sentence(gettext_noop("%(host)s has no address."), {"host": host})
        raise NotSentError(no_address, is_silent=True) from error
    addresses = [str(address[0]) for *_kind, address in found]
    if not settings.WEBHOOK_PRIVATE and not all(map(is_public, addresses)):
        text = gettext_noop("%(host)s lies in a private network (WEBHOOK_PRIVATE).")
        raise NotSentError(Sentence(text, {"host": host}))
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an IP address, and one within it, is of the Internet."""
    address = ip_address(text.partition("%")[0])
    inner = _within(address) if isinstance(address, IPv6Address) else None
    checked = inner or address
    # Python calls what is deprecated or not given to anybody global, too: with the local prefix of
    # translators (RFC 8215), it is within ::/8.
    is_site_local = isinstance(checked, IPv6Address) and checked.is_site_local
    return checked.is_global and not (checked.is_multicast or checked.is_reserved or is_site_local)


def _within(address: IPv6Address) -> IPv4Address | None:
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


class _Connection(HTTPSConnection):
    """To an address that was checked, with the certificate of the host."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self.tls = ssl.create_default_context()
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=self.tls)
        self.address = address

    def exchange(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status; of the rest nothing is read. It ends in time even if bytes trickle in."""
        plain = create_connection((self.address, self.port), CONNECT_SECONDS)
        self.sock = self.tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        timer = Timer(SECONDS, self._give_up)
        timer.start()
        try:
            self.sock.do_handshake()
            self.request("POST", path, body, dict(headers))
            return self.getresponse().status
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(SHUT_RDWR)
