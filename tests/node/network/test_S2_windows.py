"""Defect S2: yamux takes whatever it is sent, window or not, and keeps it in memory."""

import struct

import pytest
import trio
from libp2p.network.stream.exceptions import StreamError
from libp2p.stream_muxer.yamux.yamux import FLAG_SYN, TYPE_DATA, YAMUX_HEADER_FORMAT, YamuxStream

from ruil.node.network import Joined, Left, NetworkLimits
from tests.node.network.conftest import Node, StartNode, seeds
from tests.node.network.strangers import FRAMES, raw_stream, stranger

STRANGER, NODE, FRIEND = seeds(3)
TRIED_BYTES = 64 << 20
FRAME_BYTES = 60_000


async def test_a_neighbour_that_ignores_the_window_fills_the_sockets_and_not_our_memory(start_node: StartNode) -> None:
    node = await start_node(NODE, backlog=8, limits=NetworkLimits(unread_bytes=1 << 20))
    sent = 0

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await node.until(Joined)
        muxed = stream.muxed_stream  # type: ignore[attr-defined]
        assert isinstance(muxed, YamuxStream)
        frame = struct.pack(">I", FRAME_BYTES) + bytes(FRAME_BYTES)
        with trio.move_on_after(1):  # nobody takes the node's events, so it must stop taking bytes
            while sent < TRIED_BYTES:
                muxed.send_window = 1 << 30
                await stream.write(frame)
                sent += len(frame)

    assert sent < 24 << 20  # what the two sockets hold, and a little


@pytest.mark.parametrize("flags", [0, FLAG_SYN])
async def test_a_frame_longer_than_any_window_ends_the_connection_at_its_header(
    start_node: StartNode, flags: int
) -> None:
    node = await start_node(NODE)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await node.until(Joined)
        session = stream.muxed_stream.conn.secured_conn  # type: ignore[attr-defined]
        # Of a stream that is new, or unknown: libp2p would keep all of it until it is whole.
        await session.write(struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_DATA, flags, 99, 16 << 20) + bytes(FRAME_BYTES))
        await node.until(Left)


async def crowded(start_node: StartNode) -> Node:
    """A node that is always over its limit and looks all the time, with a friend who says next to nothing."""
    node = await start_node(
        NODE,
        limits=NetworkLimits(
            memory_bytes_max=1, memory_check_bytes=FRAME_BYTES, memory_check_seconds=0.01, memory_rest_seconds=0.01
        ),
    )
    friend = await start_node(FRIEND, dial=[node.address])
    await node.joined_by(friend)
    return node


async def test_a_process_over_its_memory_drops_the_greediest_link_and_none_that_is_not_why(
    start_node: StartNode,
) -> None:
    node = await crowded(start_node)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await node.until(Joined)
        await stream.write(struct.pack(">I", FRAME_BYTES) + bytes(FRAME_BYTES))
        left = await node.until(Left)

    assert left == Left(host.get_public_key().to_bytes(), "this node was short of memory")


async def test_a_connection_that_carries_no_link_is_ended_before_a_link_that_is_not_why(
    start_node: StartNode, caplog: pytest.LogCaptureFixture
) -> None:
    node = await crowded(start_node)

    async with stranger(STRANGER, node.key, node.network.port) as (host, peer):
        stream = await raw_stream(host, peer, [b"/multistream/1.0.0"])

        async def flood() -> None:
            while True:
                await stream.write(b"\x03ls\n" * (FRAME_BYTES // 4))

        with trio.fail_after(10), pytest.raises(StreamError):
            await flood()

    assert "ending a connection that carries no link" in caplog.text
    assert "dropping the link" not in caplog.text
