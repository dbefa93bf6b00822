"""Defect L3: a peer that says nothing stays connected for ever."""

from ruil.node.network import Joined, Left, NetworkLimits
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import FRAMES, stranger

SMALL, LARGE = seeds(2)


async def test_a_silent_neighbour_is_let_go(start_node: StartNode) -> None:
    node = await start_node(LARGE, limits=NetworkLimits(ping_seconds=0.1))

    async with stranger(SMALL, node.key, node.network.port) as (host, peer):
        await host.new_stream(peer, [FRAMES])
        await node.until(Joined)
        left = await node.until(Left)

    assert "no sign of life" in left.reason


async def test_a_neighbour_with_nothing_to_say_stays(start_node: StartNode) -> None:
    limits = NetworkLimits(ping_seconds=0.05)
    anna = await start_node(SMALL, limits=limits)
    ben = await start_node(LARGE, dial=[anna.address], limits=limits)
    await anna.until(Joined)
    await ben.until(Joined)

    slow = await start_node(bytes(32), dial=[anna.address], limits=NetworkLimits())  # some seconds' worth of beats
    await slow.until(Joined)
    assert (await anna.until((Joined, Left))).neighbour == slow.key  # type: ignore[arg-type]
    assert set(anna.network.neighbours) == {ben.key, slow.key}


async def test_half_a_frame_does_not_hold_a_link_open(start_node: StartNode) -> None:
    node = await start_node(LARGE, limits=NetworkLimits(ping_seconds=0.1, pings_missed_max=1000, frame_seconds=0.2))

    async with stranger(SMALL, node.key, node.network.port) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await stream.write(b"\0\0\1\0half")
        left = await node.until(Left)

    assert "rest of a frame" in left.reason
