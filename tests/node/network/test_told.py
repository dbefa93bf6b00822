"""What of our addresses is told to whom, and what nobody's record can make us dial."""

import pytest

from ruil.node.network.addresses import Address
from ruil.node.network.told import dialable, is_near, split

ANNA, ROSA = b"a" * 32, b"r" * 32


def way(host: str, key: bytes = ANNA, relay: bytes = ROSA) -> str:
    return str(Address(host, 4001, key, relay=relay))


def test_private_addresses_are_for_the_neighbours_on_a_private_network() -> None:
    ours = ("9.9.9.9:4001", "192.168.1.5:4001", "127.0.0.1:4001", "[2a00::1]:4001", way("9.9.9.8"), way("10.0.0.1"))

    far, near = split((*ours, "home.example:4001"))

    assert far == ("9.9.9.9:4001", "[2a00::1]:4001", way("9.9.9.8"))
    assert near == ("192.168.1.5:4001", "127.0.0.1:4001", way("10.0.0.1"))


def test_a_link_is_near_when_its_address_is_private() -> None:
    assert is_near("192.168.1.5:4001")
    assert is_near(way("10.0.0.1"))
    assert not is_near("9.9.9.9:4001")
    assert not is_near("home.example:4001")


@pytest.mark.parametrize(
    "place",
    [
        "192.168.1.1:4001",  # our own router
        "127.0.0.1:4001",
        "home.example:4001",  # a name would have to be resolved
        "9.9.9.9:25",
        "9.9.9.9:22",
        "0.0.0.0:4001",
        "224.0.0.1:4001",
        "255.255.255.255:4001",
        "[ff02::1]:4001",
        "nonsense",
        way("9.9.9.9", key=ROSA, relay=ANNA),  # somebody else, behind them
        way("9.9.9.9", key=ANNA, relay=ANNA),
    ],
)
def test_a_far_record_leads_to_no_such_place(place: str) -> None:
    assert list(dialable([place], ANNA, near=False, alone=False)) == []


def test_what_may_be_dialled_is_expected_to_answer_with_the_records_key() -> None:
    assert list(dialable(["9.9.9.9:4001", way("9.9.9.8")], ANNA, near=False, alone=False)) == [
        Address("9.9.9.9", 4001, ANNA),
        Address("9.9.9.8", 4001, ANNA, relay=ROSA),
    ]
    assert list(dialable(["9.9.9.9:443"], ANNA, near=False, alone=False)) == [Address("9.9.9.9", 443, ANNA)]


def test_a_near_record_leads_to_private_places_and_to_this_machine_only_if_we_are_nowhere_else() -> None:
    places = ["192.168.1.5:4001", "127.0.0.1:4001", "9.9.9.9:4001"]

    assert list(dialable(places, ANNA, near=True, alone=False)) == [Address("192.168.1.5", 4001, ANNA)]
    assert list(dialable(places, ANNA, near=True, alone=True)) == [
        Address("192.168.1.5", 4001, ANNA),
        Address("127.0.0.1", 4001, ANNA),
    ]
