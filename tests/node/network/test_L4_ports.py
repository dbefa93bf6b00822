"""Defect L4: leaving libp2p's host leaves its port open. And libp2p shares its port with whoever asks."""

import socket

import pytest
import trio

from ruil.node.network import Network, NetworkEvent, PortBusy
from tests.node.network.conftest import StartNode, seeds

SMALL, LARGE = seeds(2)


async def test_leaving_run_frees_the_port(start_node: StartNode) -> None:
    node = await start_node(SMALL)
    port = node.network.port

    await node.stop()

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # allows waiting connections, not a listener
        other.bind(("127.0.0.1", port))
        other.listen()


async def test_a_busy_port_is_named_in_a_plain_sentence(start_node: StartNode) -> None:
    first = await start_node(SMALL)
    events, _ = trio.open_memory_channel[NetworkEvent](10)

    with pytest.raises(PortBusy, match=f"^Port {first.network.port} is in use by another program"):
        await Network(LARGE, port=first.network.port, listen=("127.0.0.1",), discover=False).run(events)
