"""Defect K4: a stream handler that raises ends an unshielded libp2p process."""

import pytest
import trio
from libp2p.abc import INetStream
from libp2p.host import ping

from ruil.node.network import Joined
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import raw_stream, stranger

STRANGER, NODE, FRIEND, ANOTHER = seeds(4)


async def test_a_handler_that_raises_stops_nothing(start_node: StartNode, monkeypatch: pytest.MonkeyPatch) -> None:
    raised = trio.Event()

    async def raising(_stream: INetStream) -> None:
        raised.set()
        raise KeyError("out of a stream handler")

    monkeypatch.setattr(ping.PingService, "handle_ping", staticmethod(raising))
    node = await start_node(NODE)
    friend = await start_node(FRIEND, dial=[node.address])
    await node.until(Joined)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        await raw_stream(host, peer, [b"/multistream/1.0.0", ping.ID.encode()])
        with trio.fail_after(5):
            await raised.wait()
        another = await start_node(ANOTHER, dial=[node.address])

        # Nothing else has happened to the node: nobody left, and it was not rebuilt.
        event = await node.until(object)
        assert isinstance(event, Joined)
        assert event.neighbour == another.key
        assert node.network.neighbours.keys() == {friend.key, another.key}
