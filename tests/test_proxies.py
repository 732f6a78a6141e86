"""A client's address is believed as far as proxies are trusted, and no further."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from stats.proxies import client_address

PEER, CLIENT, PROXY, INVENTED = "192.0.2.1", "203.0.113.7", "192.0.2.2", "198.51.100.66"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, CLIENT, PEER),
        (1, CLIENT, CLIENT),
        (1, f"{INVENTED}, {CLIENT}", CLIENT),
        (1, f"{INVENTED},{CLIENT}", CLIENT),
        (2, f"{INVENTED}, {CLIENT}, {PROXY}", CLIENT),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", CLIENT),
        (1, "fe80::7%eth0", "fe80::7"),
        # Whoever comes past the proxies has invented what he sends.
        (2, CLIENT, PEER),
        (1, None, PEER),
        (1, "", PEER),
        (1, "unknown", PEER),
        (1, f"{CLIENT}:4711", PEER),
        (1, "'; DROP TABLE axes_accessattempt; --", PEER),
        (1, f"{CLIENT}, " + "x" * 10_000, PEER),
    ],
)
def test_the_client_s_address(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=PEER)
    assert str(client_address(request)) == address


def test_a_socket_has_no_address() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) is None
