"""Defects K2, K3, K5: malformed pubsub frames or keys, or a validator that raises, end the process. So there is no
pubsub here for anybody to speak to."""

import pytest
import trio
from libp2p.pubsub import floodsub, gossipsub

from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import raw_stream, stranger

STRANGER, NODE = seeds(2)
PUBSUB = [
    floodsub.PROTOCOL_ID,
    *(getattr(gossipsub, name) for name in dir(gossipsub) if name.startswith("PROTOCOL_ID")),
]


@pytest.mark.parametrize("protocol", sorted(set(map(str, PUBSUB))))
async def test_no_pubsub_protocol_is_spoken(start_node: StartNode, protocol: str) -> None:
    node = await start_node(NODE)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        stream = await raw_stream(host, peer, [b"/multistream/1.0.0", protocol.encode()])
        answer = b""
        with trio.fail_after(5):
            while not answer.endswith(b"\x03na\n"):
                more = await stream.read(64)
                assert more, f"closed after {answer!r}"
                answer += more


def test_there_are_pubsub_protocols_that_could_have_been_spoken() -> None:
    assert len(PUBSUB) > 3
