"""Who can not be reached is reached through a neighbour who relays, and the relay keeps its quotas."""

import pytest
import trio

from ruil.node.network import Arrived, Joined, Left, NetworkLimits, Status
from ruil.node.network.addresses import Address, read
from tests.node.network.conftest import Node, StartNode, seeds

SMALL, MIDDLE, LARGE, LARGEST = seeds(4)
QUICK = NetworkLimits(direct_first_seconds=0.1, slot_retry_seconds=0.1)


async def way_to(node: Node, relay: Node) -> str:
    """The address under which the node is reached through this relay, once it has a slot."""

    def ways(status: Status) -> list[str]:
        return [each for each in status.addresses if read(each).relay == relay.key]

    return ways(await node.until(Status, such=lambda status: bool(ways(status))))[0]


@pytest.mark.parametrize("order", [(SMALL, MIDDLE, LARGE), (LARGE, SMALL, MIDDLE), (MIDDLE, LARGE, SMALL)])
async def test_two_who_know_no_way_to_each_other_meet_through_a_relay(
    start_node: StartNode, order: tuple[bytes, bytes, bytes]
) -> None:
    rosa = await start_node(order[0], relay=True, may_read=lambda _: True)
    anna = await start_node(order[1], dial=[rosa.address])
    way = await way_to(anna, rosa)

    ben = await start_node(order[2], dial=[way], limits=QUICK)
    joined = await ben.until(Joined, such=lambda joined: joined.neighbour == anna.key)
    await anna.joined_by(ben)
    assert ben.network.send(anna.key, b"through the relay")
    assert await anna.until(Arrived) == Arrived(ben.key, b"through the relay")
    assert anna.network.send(ben.key, bytes(1 << 20))
    assert await ben.until(Arrived) == Arrived(anna.key, bytes(1 << 20))

    assert joined.address == way


async def test_a_direct_way_takes_the_place_of_the_one_through_a_relay(start_node: StartNode) -> None:
    for small, large in ((SMALL, LARGE), (LARGE, SMALL)):
        rosa = await start_node(MIDDLE, relay=True, may_read=lambda _: True)
        anna = await start_node(small, dial=[rosa.address])
        way = await way_to(anna, rosa)
        ben = await start_node(large, dial=[way], limits=QUICK)
        await ben.until(Joined, such=lambda joined: joined.address == way)  # noqa: B023

        ben.network.dial(anna.address)

        await ben.until(Joined, such=lambda joined: joined.address == anna.address)  # noqa: B023
        assert ben.network.neighbours[anna.key] == anna.address
        assert ben.network.send(anna.key, b"directly")
        assert (await anna.until(Arrived)).frame == b"directly"
        for node in (anna, ben, rosa):
            await node.stop()


async def test_who_may_not_read_gets_no_slot_and_nobody_is_passed_on_to_them(start_node: StartNode) -> None:
    rosa = await start_node(SMALL, relay=True, may_read=lambda key: key == carla.key)
    anna = await start_node(MIDDLE, dial=[rosa.address])
    carla = await start_node(LARGE, dial=[rosa.address], limits=QUICK)
    way = await way_to(carla, rosa)
    to_anna = Address("127.0.0.1", rosa.network.port, anna.key, relay=rosa.key)

    ben = await start_node(LARGEST, dial=[str(to_anna), way], limits=QUICK)
    await ben.joined_by(carla)

    assert anna.key not in ben.network.neighbours
    assert [each for each in anna.network.addresses() if read(each).relay] == []


async def test_a_node_that_does_not_relay_passes_nobody_on(start_node: StartNode) -> None:
    rosa = await start_node(SMALL)
    anna = await start_node(MIDDLE, dial=[rosa.address])
    await anna.joined_by(rosa)

    ben = await start_node(
        LARGE, dial=[str(Address("127.0.0.1", rosa.network.port, anna.key, relay=rosa.key))], limits=QUICK
    )
    await ben.joined_by(rosa)

    with trio.move_on_after(1) as waited:
        await ben.joined_by(anna)
    assert waited.cancelled_caught
    assert anna.network.addresses() == (anna.address,)


async def test_a_circuit_ends_with_its_bytes_and_a_day_with_those_of_who_opened_them(start_node: StartNode) -> None:
    limits = NetworkLimits(relay_circuit_bytes=200_000, relay_peer_bytes=300_000)
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True, limits=limits)
    anna = await start_node(MIDDLE, dial=[rosa.address])
    way = await way_to(anna, rosa)
    ben = await start_node(LARGE, dial=[way], limits=QUICK)
    await ben.joined_by(anna)

    def lost(left: Left) -> bool:
        return left.neighbour == anna.key

    ben.network.send(anna.key, bytes(250_000))
    await ben.until(Left, such=lost)
    await ben.joined_by(anna)
    ben.network.send(anna.key, bytes(150_000))
    await ben.until(Left, such=lost)
    with trio.move_on_after(1) as waited:
        await ben.joined_by(anna)

    assert waited.cancelled_caught
    assert rosa.key in ben.network.neighbours


async def test_a_circuit_ends_with_its_time_and_another_begins(start_node: StartNode) -> None:
    limits = NetworkLimits(relay_circuit_seconds=0.5)
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True, limits=limits)
    anna = await start_node(MIDDLE, dial=[rosa.address])
    ben = await start_node(LARGE, dial=[await way_to(anna, rosa)], limits=QUICK)

    await ben.joined_by(anna)
    await ben.until(Left, such=lambda left: left.neighbour == anna.key)

    await ben.joined_by(anna)


async def test_nobody_takes_all_circuits_of_a_relay(start_node: StartNode) -> None:
    limits = NetworkLimits(relay_circuits_strange=1)
    rosa = await start_node(SMALL, relay=True, may_read=lambda key: key == anna.key, limits=limits)
    anna = await start_node(MIDDLE, dial=[rosa.address], limits=QUICK)
    way = await way_to(anna, rosa)
    ben = await start_node(LARGE, dial=[way], limits=QUICK)
    await ben.joined_by(anna)

    carla = await start_node(LARGEST, dial=[way], limits=QUICK)
    await carla.joined_by(rosa)

    with trio.move_on_after(1) as waited:
        await carla.joined_by(anna)
    assert waited.cancelled_caught
    await ben.stop()
    await carla.joined_by(anna)


async def test_the_end_of_a_link_through_a_relay_leaves_the_links_with_the_relay(start_node: StartNode) -> None:
    """Defect L1 in its relayed form: whoever writes through the relay may be cut off in the middle of it."""
    limits = NetworkLimits(redial_first_seconds=0.05, redial_missing_seconds=0.05, direct_first_seconds=0.05)
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True)
    anna = await start_node(MIDDLE, dial=[rosa.address], limits=limits)
    ben = await start_node(LARGE, dial=[await way_to(anna, rosa)], limits=limits)

    for _ in range(10):
        await ben.joined_by(anna)
        for _ in range(8):
            ben.network.send(anna.key, bytes(500_000))
        await anna.until(Arrived, such=lambda arrived: arrived.neighbour == ben.key)
        ben.network.drop(anna.key)
        await ben.until(Left, such=lambda left: left.neighbour == anna.key)

    for node in (anna, ben):
        assert rosa.key in node.network.neighbours
        assert node.network.send(rosa.key, b"still here")
        arrived = await rosa.until(Arrived, such=lambda arrived: arrived.neighbour == node.key)  # noqa: B023
        assert arrived.frame == b"still here"


async def test_when_a_relay_is_gone_its_way_is_no_longer_told(start_node: StartNode) -> None:
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True)
    anna = await start_node(MIDDLE, dial=[rosa.address])
    await way_to(anna, rosa)

    await rosa.stop()

    await anna.until(Status, such=lambda status: status.addresses == (anna.address,))
