"""Defect L2: after one failed dial libp2p refuses a peer for a minute."""

import trio

from ruil.node.network import Joined, Left, NetworkLimits
from tests.node.network.conftest import StartNode, seeds

SMALL, LARGE = seeds(2)


async def test_a_node_that_was_away_is_back_within_two_seconds(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address], limits=NetworkLimits(redial_last_seconds=1))
    await ben.until(Joined)
    await anna.stop()
    await ben.until(Left)

    # While Anna is away, somebody at her address hangs up on Ben, twice: that is two failed dials.
    (listener,) = await trio.open_tcp_listeners(anna.network.port, host="127.0.0.1")
    with trio.fail_after(10):
        for _ in range(2):
            await (await listener.accept()).aclose()
    await listener.aclose()
    await start_node(SMALL, port=anna.network.port)
    began = trio.current_time()
    await ben.until(Joined)

    assert trio.current_time() - began < 2
