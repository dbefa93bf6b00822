"""Defect L1: cancelling a libp2p stream's opening or a write destroys the whole connection.

So nobody but a link's own writer waits inside libp2p, and that one is cancelled only by closing the link."""

import trio

from ruil.node.network import FRAME_BYTES_MAX, Arrived, Joined, Left, NetworkLimits
from tests.node.network.conftest import StartNode, seeds

SMALL, LARGE = seeds(2)


async def test_cancelling_whoever_waits_for_a_neighbour_harms_no_link(start_node: StartNode) -> None:
    anna = await start_node(SMALL, backlog=4, limits=NetworkLimits(unread_bytes=1 << 16))
    ben = await start_node(LARGE, dial=[anna.address])
    await ben.until(Joined)
    sent = 0
    with trio.fail_after(20):
        while ben.network.send(anna.key, sent.to_bytes(4, "big") * 25_000):  # until the writer is stuck in a write
            sent += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(ben.network.wait_room, anna.key, FRAME_BYTES_MAX)
        for _ in range(5):
            await trio.lowlevel.checkpoint()  # all of them wait now
        nursery.cancel_scope.cancel()

    assert [(await anna.until(Arrived)).frame[:4] for _ in range(sent)] == [n.to_bytes(4, "big") for n in range(sent)]
    assert await ben.network.wait_room(anna.key, 100)
    assert ben.network.send(anna.key, b"the same link")
    assert await anna.until((Arrived, Left)) == Arrived(ben.key, b"the same link")  # type: ignore[arg-type]
