"""Defect K1: a stream opened with a protocol id that is not UTF-8 ends an unshielded libp2p process."""

from ruil.node.network import Arrived, Joined
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import raw_stream, stranger

STRANGER, NODE, FRIEND = seeds(3)


async def test_a_protocol_id_that_is_not_utf8_stops_nothing(start_node: StartNode) -> None:
    node = await start_node(NODE)
    friend = await start_node(FRIEND, dial=[node.address])
    await friend.until(Joined)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        for line in (b"\xff\xfe\xfd", b"/\xc3\x28", b""):
            await raw_stream(host, peer, [b"/multistream/1.0.0", line])
        assert node.network.send(friend.key, b"still here")

        assert (await friend.until(Arrived)).frame == b"still here"
