"""A client's address is believed as far as proxies are trusted, and no further."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from stats.ops.proxies import Address, client_address

pytestmark = pytest.mark.once

PEER, CLIENT, PROXY, INVENTED = "192.0.2.1", "203.0.113.7", "192.0.2.2", "198.51.100.66"


def address_of(forwarded: str | None) -> Address | str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=PEER))


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
        (1, "64:ff9b::203.0.113.7", CLIENT),
        (1, "fe80::7%eth0", "fe80::7"),
        (1, f"{CLIENT}:4711", CLIENT),
        (1, f"{INVENTED}:1, {CLIENT}:51234", CLIENT),
        (2, f"{INVENTED}, {CLIENT}:51234, {PROXY}:443", CLIENT),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "[fe80::7%eth0]:4711", "fe80::7"),
        (1, "[::ffff:203.0.113.7]:4711", CLIENT),
        (1, "::ffff:203.0.113.7:4711", CLIENT),
        (1, "2001:db8:0:0:0:0:0:1:4711", "2001:db8::1"),
        (1, '"[2001:db8::1]:4711"', "2001:db8::1"),
        (1, f'"{CLIENT}:_obfuscated"', CLIENT),
        (1, f"  {CLIENT}:4711 ,", CLIENT),
        # Whoever comes past the proxies has invented what they send.
        (2, CLIENT, PEER),
        (1, None, PEER),
        (1, "", PEER),
    ],
)
def test_the_client_s_address(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    found = address_of(forwarded)
    assert isinstance(found, IPv4Address | IPv6Address)
    assert str(found) == address


@pytest.mark.parametrize(
    ("forwarded", "text"),
    [
        ("unknown", "unknown"),
        ("unknown:4711", "unknown"),
        ("_hidden", "_hidden"),
        ('"_SEVKISEK:_x"', "_SEVKISEK"),
        ("203.0.113.999:80", "203.0.113.999"),
        ("[2001:db8::xyz]:80", "2001:db8::xyz"),
        ("'; DROP TABLE axes_accessattempt; --", "; DROP TABLE axes_accessattempt; --"),
        (f"{CLIENT}, " + "x" * 10_000, "x" * 10_000),
    ],
)
def test_what_is_no_address_is_not_the_proxy_s(
    settings: Settings, caplog: pytest.LogCaptureFixture, forwarded: str, text: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    assert address_of(forwarded) == text
    [line] = caplog.messages
    assert line.startswith("A client's address cannot be read: ")
    assert len(line) < 200


@pytest.fixture
def one_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1


def forms(address: Address) -> st.SearchStrategy[str]:
    """Everything that proxies write for an address."""
    port = st.integers(0, 65535).map(str) | st.sampled_from(["_a", "_b-1.x"])
    bare = {str(address)}
    if isinstance(address, IPv6Address):
        bare |= {address.exploded, str(address).upper(), f"{address}%eth0"}
    else:
        bare |= {f"::ffff:{address}", f"::FFFF:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"}
    bracketed = [f"[{text}]" for text in sorted(bare) if ":" in text]
    with_port = [*bracketed, *([str(address)] if isinstance(address, IPv4Address) else [])]
    nodes = st.sampled_from([*sorted(bare), *bracketed]) | st.builds(
        "{}:{}".format, st.sampled_from(with_port), port
    )
    quoted = nodes | nodes.map(lambda text: f'"{text}"')
    return st.builds("{}{}{}".format, st.sampled_from(["", " ", "\t"]), quoted, st.just(" "))


def plain(address: Address) -> bool:
    """Not one that stands for another."""
    return not (
        isinstance(address, IPv6Address) and (address.ipv4_mapped or address.packed[0] == 0)
    )


ADDRESSES = st.ip_addresses().filter(plain)


@pytest.mark.usefixtures("one_proxy")
class TestWhateverAProxyWrites:
    @given(st.data(), ADDRESSES, st.text(alphabet='0123456789abc.:[]", ', max_size=20))
    def test_every_form_is_the_address(
        self, data: st.DataObject, address: Address, invented: str
    ) -> None:
        form = data.draw(forms(address))
        assert address_of(form) == address
        assert address_of(f"{invented},{form}") == address

    @given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=255), min_size=1))
    def test_anything_else_is_not_the_proxy(self, text: str) -> None:
        if any(part.strip() for part in text.split(",")):
            assert address_of(text) not in {None, ip_address(PEER)}


def test_a_socket_has_no_address() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) is None
