"""Defect K1: a stream opened with a protocol id that is not UTF-8 ends an unshielded libp2p process."""

from ruil.node.network import Joined
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import raw_stream, stranger

STRANGER, NODE, FRIEND, ANOTHER = seeds(4)


async def test_a_protocol_id_that_is_not_utf8_stops_nothing(start_node: StartNode) -> None:
    node = await start_node(NODE)
    friend = await start_node(FRIEND, dial=[node.address])
    await node.until(Joined)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        for line in (b"\xff\xfe\xfd", b"/\xc3\x28", b""):
            await raw_stream(host, peer, [b"/multistream/1.0.0", line])
        another = await start_node(ANOTHER, dial=[node.address])

        # Nothing else has happened to the node: nobody left, and it was not rebuilt.
        event = await node.until(object)
        assert isinstance(event, Joined)
        assert event.neighbour == another.key
        assert node.network.neighbours.keys() == {friend.key, another.key}
