"""Frames between two nodes."""

import struct

import pytest
import trio

from ruil.node.network import FRAME_BYTES_MAX, Arrived, Joined, Left, NetworkLimits
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import FRAMES, stranger

# isort: split
from libp2p.stream_muxer.yamux.yamux import Yamux

SMALL, LARGE = seeds(2)


@pytest.mark.parametrize(("dialled", "dialling"), [(SMALL, LARGE), (LARGE, SMALL)])
async def test_two_nodes_exchange_frames_both_ways(start_node: StartNode, dialled: bytes, dialling: bytes) -> None:
    anna = await start_node(dialled)
    ben = await start_node(dialling, dial=[anna.address])

    assert (await anna.until(Joined)).neighbour == ben.key
    assert (await ben.until(Joined)) == Joined(anna.key, anna.address)
    assert anna.network.send(ben.key, b"from anna")
    assert ben.network.send(anna.key, b"from ben")

    assert (await ben.until(Arrived)) == Arrived(anna.key, b"from anna")
    assert (await anna.until(Arrived)) == Arrived(ben.key, b"from ben")
    assert anna.network.neighbours.keys() == {ben.key}


async def test_frames_arrive_whole_and_in_order_whatever_their_sizes(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address])
    await ben.until(Joined)
    frames = [bytes([n]) * size for n, size in enumerate([1, 4, 400, 65_500, 65_536, 300_000, 1, FRAME_BYTES_MAX, 5])]

    assert all(ben.network.send(anna.key, frame) for frame in frames)

    assert [(await anna.until(Arrived)).frame for _ in frames] == frames


async def test_frames_are_taken_past_libp2ps_own_loop(start_node: StartNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or each would cost several times as much, and nobody would notice but by the bill."""
    bodies: list[int] = []
    read = Yamux._read_data_body

    async def counted(muxer: Yamux, length: int) -> bytes:
        bodies.append(length)
        return await read(muxer, length)

    monkeypatch.setattr(Yamux, "_read_data_body", counted)
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address])
    await ben.until(Joined)
    bodies.clear()

    for number in range(20):
        assert ben.network.send(anna.key, bytes([number]) * 400)
        await anna.until(Arrived)

    assert bodies == []


async def test_a_frame_over_the_limit_ends_the_link_and_its_sender_is_refused(start_node: StartNode) -> None:
    node = await start_node(LARGE)

    async with stranger(SMALL, node.key, node.network.port) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await stream.write(struct.pack(">I", FRAME_BYTES_MAX + 1) + b"x")
        left = await node.until(Left)

    assert "at most 1048576" in left.reason
    assert not node.network.neighbours


async def test_both_dialling_at_once_end_up_with_one_link(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE)

    anna.network.dial(ben.address)
    ben.network.dial(anna.address)
    await anna.until(Joined)
    await ben.until(Joined)
    for n in range(100):
        assert anna.network.send(ben.key, b"%d" % n)
        assert await ben.until((Arrived, Left)) == Arrived(anna.key, b"%d" % n)  # type: ignore[arg-type]

    assert ben.network.neighbours.keys() == {anna.key}


async def test_overflow_says_false_and_the_link_survives(start_node: StartNode) -> None:
    limits = NetworkLimits(queue_bytes=1 << 20, unread_bytes=1 << 16)
    anna = await start_node(SMALL, backlog=4)
    ben = await start_node(LARGE, dial=[anna.address], limits=limits)
    await ben.until(Joined)

    accepted = 0
    with trio.fail_after(20):
        while ben.network.send(anna.key, accepted.to_bytes(4, "big") * 25_000):
            accepted += 1
            await trio.lowlevel.checkpoint()
    full = ben.network.queue_room(anna.key)
    got = [(await anna.until(Arrived)).frame[:4] for _ in range(accepted)]

    assert full < 100_000
    assert got == [n.to_bytes(4, "big") for n in range(accepted)]
    assert await ben.network.wait_room(anna.key, 100_000)
    assert ben.network.send(anna.key, b"still here")
    assert (await anna.until(Arrived)).frame == b"still here"


async def test_waiting_for_room_waits_for_frames_as_well_as_bytes(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address], limits=NetworkLimits(queue_frames=16))
    await ben.until(Joined)
    while ben.network.send(anna.key, b"small"):
        pass

    assert await ben.network.wait_room(anna.key, 100_000)

    assert ben.network.send(anna.key, b"small")


async def test_waiting_for_room_ends_when_the_link_does(start_node: StartNode) -> None:
    anna = await start_node(SMALL, backlog=4)
    ben = await start_node(LARGE, dial=[anna.address], limits=NetworkLimits(queue_bytes=FRAME_BYTES_MAX))
    await ben.until(Joined)
    with trio.fail_after(20):
        while ben.network.send(anna.key, bytes(500_000)):
            await trio.lowlevel.checkpoint()

    await anna.stop()

    with trio.fail_after(10):
        assert not await ben.network.wait_room(anna.key, FRAME_BYTES_MAX)
    assert not ben.network.send(anna.key, b"nobody there")
    assert ben.network.queue_room(anna.key) == 0
