"""Addresses as people and invitations write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.node.network import addresses
from ruil.node.network.addresses import Address
from ruil.protocol.ids import member_text

KEY = bytes(range(32))
RELAY = bytes(range(32, 64))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.5:4001", Address("192.168.1.5", 4001)),
        (" home.example:4001 ", Address("home.example", 4001)),
        ("[2001:db8::1]:4001", Address("2001:db8::1", 4001)),
        (f"192.168.1.5:4001/{KEY.hex()}", Address("192.168.1.5", 4001, KEY)),
        ("/ip4/192.168.1.5/tcp/4001", Address("192.168.1.5", 4001)),
        (f"/ip6/::1/tcp/4001/p2p/{member_text(KEY)}", Address("::1", 4001, KEY)),
        ("/dns4/home.example/tcp/4001", Address("home.example", 4001)),
        (
            f"/ip4/192.168.1.5/tcp/4001/p2p/{member_text(RELAY)}/p2p-circuit/p2p/{member_text(KEY)}",
            Address("192.168.1.5", 4001, KEY, relay=RELAY),
        ),
    ],
)
def test_every_written_form_is_read(text: str, address: Address) -> None:
    assert addresses.read(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "host:",
        "host:0",
        "host:65536",
        ":4001",
        "[nonsense]:1",
        "h:1/abcd",
        "/ip4/1.2.3.4/udp/5",
        "/ip4",
        "/",
        "/ip4/1.2.3.4/tcp/5/p2p-circuit",
        f"/ip4/1.2.3.4/tcp/5/p2p-circuit/p2p/{member_text(KEY)}",
        f"/ip4/1.2.3.4/tcp/5/p2p/{member_text(RELAY)}/p2p-circuit",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        addresses.read(text)


@given(st.text(max_size=80))
def test_no_text_does_anything_but_read_or_be_refused(text: str) -> None:
    try:
        address = addresses.read(text)
    except ValueError:
        return
    assert 0 < address.port < 65_536


@given(st.ip_addresses().map(str), st.integers(1, 65_535))
def test_what_is_written_is_read_again(host: str, port: int) -> None:
    assert addresses.read(addresses.written(host, port)) == Address(host, port)


@given(st.ip_addresses().map(str), st.integers(1, 65_535))
def test_the_way_through_a_relay_is_read_again_and_leads_by_the_relay(host: str, port: int) -> None:
    address = Address(host, port, KEY, relay=RELAY)

    assert addresses.read(str(address)) == address
    assert addresses.read(address.of_relay().multiaddr()) == Address(host, port, RELAY)


@given(st.binary(min_size=32, max_size=32))
def test_a_peer_id_is_the_key_in_a_frame(key: bytes) -> None:
    assert addresses.read(f"/ip4/1.2.3.4/tcp/1/p2p/{member_text(key)}").key == key


@pytest.mark.parametrize(
    ("host", "network", "private"),
    [
        ("127.0.0.1", "127.0.0.0/24", True),
        ("192.168.1.5", "192.168.1.0/24", True),
        ("8.8.4.4", "8.8.4.0/24", False),
        ("::ffff:8.8.4.4", "8.8.4.0/24", False),
        ("2a00:1450:4001:81b::1", "2a00:1450:4001::/48", False),
        ("fe80::1%eth0", "fe80::/48", True),
    ],
)
def test_hosts_count_by_their_network(host: str, network: str, private: bool) -> None:
    assert addresses.neighbourhood(host) == (network, private)


def test_loopback_is_offered_only_as_a_last_resort() -> None:
    assert addresses.own_hosts(("127.0.0.1",)) == ("127.0.0.1",)
    assert addresses.own_hosts(("127.0.0.1", "192.168.1.5")) == ("192.168.1.5",)
