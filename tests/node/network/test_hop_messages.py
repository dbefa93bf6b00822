"""Whatever a stranger says to a relay is answered as circuit relay v2 has it, or ends that one stream."""

from collections.abc import Callable

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from libp2p.abc import INetStream
from libp2p.relay.circuit_v2.pb.circuit_pb2 import HopMessage, PeerId, Status
from libp2p.utils.varint import encode_varint_prefixed

from ruil.node.network.addresses import peer_id_of
from ruil.node.network.circuit import MESSAGE_BYTES_MAX, hear, packed, unpacked
from ruil.node.network.libp2p_host import HOP
from tests.node.network.conftest import Node, StartNode, seeds
from tests.node.network.strangers import raw_stream, stranger
from tests.node.network.test_relay import way_to

SMALL, MIDDLE, LARGE = seeds(3)
OWN, RELAY = b"o" * 32, b"r" * 32
LINES = [b"/multistream/1.0.0", HOP.encode()]


async def answer(rosa: Node, said: bytes) -> HopMessage:
    """What the relay answers to these bytes on a hop stream."""
    async with stranger(MIDDLE, rosa.key, rosa.network.port) as (host, peer):
        stream = await raw_stream(host, peer, LINES)
        await _echo(stream)
        await stream.write(said)
        return await hear(stream, HopMessage, 5)


async def _echo(stream: INetStream) -> None:
    """The relay says both lines back."""
    expected = b"".join(bytes([len(line) + 1]) + line + b"\n" for line in LINES)
    heard = b""
    while len(heard) < len(expected):
        heard += await stream.read(len(expected) - len(heard))
    assert heard == expected


def connect(key: bytes) -> bytes:
    return HopMessage(type=HopMessage.CONNECT, peer=PeerId(id=peer_id_of(key))).SerializeToString()


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (lambda _: HopMessage(type=HopMessage.RESERVE).SerializeToString(), Status.PERMISSION_DENIED),
        (lambda _: HopMessage(type=HopMessage.STATUS).SerializeToString(), Status.UNEXPECTED_MESSAGE),
        (lambda _: HopMessage().SerializeToString(), Status.MALFORMED_MESSAGE),
        (lambda _: b"\xff\xff\xff", Status.MALFORMED_MESSAGE),
        (lambda _: HopMessage(type=HopMessage.CONNECT).SerializeToString(), Status.MALFORMED_MESSAGE),
        (lambda _: HopMessage(type=HopMessage.CONNECT, peer=PeerId(id=b"nobody")).SerializeToString(),
         Status.MALFORMED_MESSAGE),
        (lambda _: connect(OWN), Status.NO_RESERVATION),
        (lambda rosa: connect(rosa.key), Status.NO_RESERVATION),
    ],
)  # fmt: skip
async def test_a_stranger_s_request_is_answered_with_why_not(
    start_node: StartNode, message: Callable[[Node], bytes], status: int
) -> None:
    rosa = await start_node(SMALL, relay=True, may_read=lambda key: key != MIDDLE)

    said = await answer(rosa, encode_varint_prefixed(message(rosa)))

    assert (said.type, said.status) == (HopMessage.STATUS, status)


async def test_a_message_that_is_too_long_or_never_ends_costs_the_relay_nothing_but_that_stream(
    start_node: StartNode,
) -> None:
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True)
    anna = await start_node(LARGE, dial=[rosa.address])
    await way_to(anna, rosa)

    for said in (encode_varint_prefixed(bytes(MESSAGE_BYTES_MAX + 1)), b"\xff" * 20, b"\xff\xff\xff\xff\x0f"):
        with pytest.raises(Exception, match=r".*") as ended, trio.fail_after(8):
            await answer(rosa, said)
        assert ended.type is not trio.TooSlowError, "the stream was left open"

    assert anna.key in rosa.network.neighbours


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_relay_s_addresses_are_anything_but_ways_through_that_relay(data: list[bytes]) -> None:
    assert unpacked(data, RELAY, OWN) == ()


def test_a_relay_s_addresses_are_read_as_they_were_written_and_no_others() -> None:
    told = packed(("9.9.9.9:4001", "[2a00::1]:4001", "home.example:4001"), RELAY)

    ways = unpacked(told, RELAY, OWN)

    assert len(ways) == 3
    assert all("/p2p-circuit/" in way for way in ways)
    assert unpacked(told, OWN, OWN) == ()  # of another relay
    assert len(unpacked(told * 9, RELAY, OWN)) <= 4
