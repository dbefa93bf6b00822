"""What a relay gives, and what it does not: each limit met, and one above."""

import pytest

from ruil.node.network.limits import NetworkLimits
from ruil.node.network.relay import Quotas

A, B, C, D, E = (bytes([n]) * 32 for n in range(1, 6))


def test_there_are_so_many_slots_and_a_renewed_one_is_no_other() -> None:
    quotas = Quotas(NetworkLimits(relay_slots=2, relay_slot_seconds=10))

    assert quotas.reserve(A, 0)
    assert quotas.reserve(B, 0)
    assert quotas.reserve(A, 5)
    assert not quotas.reserve(C, 5)
    assert quotas.has_slot(B, 9)
    assert not quotas.has_slot(B, 10)
    assert quotas.reserve(C, 11)
    assert quotas.has_slot(A, 14)


@pytest.mark.parametrize("source", [A, B])
def test_nobody_has_more_than_so_many_circuits_at_either_end(source: bytes) -> None:
    quotas = Quotas(NetworkLimits(relay_circuits_per_peer=2))
    assert quotas.take(source, C, 0, strange=False)
    assert quotas.take(D, source, 0, strange=False)

    assert not quotas.take(source, E, 0, strange=False)
    assert not quotas.take(E, source, 0, strange=False)

    quotas.give_back(source, C, strange=False)
    assert quotas.take(source, E, 0, strange=False)


def test_all_together_have_so_many_circuits_and_strangers_fewer() -> None:
    quotas = Quotas(NetworkLimits(relay_circuits=2, relay_circuits_strange=1))

    assert quotas.take(A, B, 0, strange=True)
    assert not quotas.take(C, B, 0, strange=True)
    assert quotas.take(C, D, 0, strange=False)
    assert not quotas.take(E, B, 0, strange=False)


def test_who_spent_a_day_s_bytes_gets_no_circuit_before_the_next() -> None:
    quotas = Quotas(NetworkLimits(relay_peer_bytes=100, relay_peer_seconds=50))

    assert quotas.spend(A, 99, 0)
    assert quotas.take(A, B, 1, strange=False)
    assert not quotas.spend(A, 1, 2)
    assert not quotas.take(A, B, 3, strange=False)
    assert quotas.take(B, C, 3, strange=False)
    assert quotas.take(A, C, 50, strange=False)


def test_what_is_counted_of_strangers_is_bounded() -> None:
    quotas = Quotas(NetworkLimits(refused_max=10, relay_peer_seconds=1_000))

    for n in range(100):
        quotas.spend(n.to_bytes(32, "big"), 1, 0)

    assert len(quotas._bytes) <= 11
