"""A circuit: two streams of two connections, joined by a relay in between.

Spoken as libp2p specifies it (circuit relay v2), so that any libp2p program can be the relay or stand at either end.
Who wants to be reached asks the relay for a slot (RESERVE on a hop stream), who wants to reach them asks to be passed
on (CONNECT on a hop stream), the relay tells the first so (CONNECT on a stop stream), and from then on carries bytes
both ways. Over them the two shake hands as over any wire: the relay sees ciphertext.

libp2p's own relay code is not used: it works on its own swarm's dialling and listening, which we do not (host.py), and
reads without a bound of ours. Its messages are (docs/decisions/0021-circuit-relay.md).
"""

import functools
from collections.abc import Callable
from typing import Protocol, TypeVar

import trio

from ruil.node.network import addresses
from ruil.node.network.libp2p_host import (
    DecodeError,
    HopMessage,
    INetStream,
    Message,
    Multiaddr,
    NetStream,
    PeerId,
    Status,
    StopMessage,
    encode_varint_prefixed,
    read_varint_prefixed_bytes_limited,
)
from ruil.node.network.pipe import Pipe, PipeClosed
from ruil.node.network.shield import contained

MESSAGE_BYTES_MAX = 4_096  # what go-libp2p takes; a slot's answer with a dozen addresses has under 1,000
ADDRESSES_MAX = 4  # of one relay: its two or three networks; more only make invitations long

_READ_BYTES = 65_536
M = TypeVar("M", HopMessage, StopMessage)


class Malformed(Exception):
    """Not a message of circuit relay v2."""


def key_of(stream: INetStream) -> bytes | None:
    """Whose stream this is, as the handshake proved."""
    return addresses.key_of(stream.muxed_conn.peer_id.to_bytes())


async def tell(stream: INetStream, message: Message) -> None:
    """Write one message."""
    await stream.write(encode_varint_prefixed(message.SerializeToString()))


async def hear(stream: INetStream, kind: type[M], seconds: float) -> M:
    """Read one message. Raises Malformed, TooSlowError, or whatever libp2p raises for a stream that ends."""
    message = kind()
    with trio.fail_after(seconds):
        data = await read_varint_prefixed_bytes_limited(stream, MESSAGE_BYTES_MAX)
    try:
        message.ParseFromString(data)
    except DecodeError as why:
        raise Malformed(str(why)) from None
    if not message.HasField("type"):
        raise Malformed("a message without a type")
    return message


def named(key: bytes) -> PeerId:
    """A peer in a message."""
    return PeerId(id=addresses.peer_id_of(key))


def packed(places: tuple[str, ...], key: bytes) -> list[bytes]:
    """A relay's own addresses, as a slot's answer lists them."""
    found = (addresses.read(place) for place in places)
    own = [addresses.Address(each.host, each.port, key) for each in found if each.relay is None]
    return [Multiaddr(each.multiaddr()).to_bytes() for each in own[:ADDRESSES_MAX]]


def unpacked(data: list[bytes], relay: bytes, own: bytes) -> tuple[str, ...]:
    """Where we are reached through this relay, by what it says of itself. What is no address of its own is left out."""
    ways = []
    for each in data[:ADDRESSES_MAX]:
        try:
            place = addresses.read(str(Multiaddr(each)))
        except ValueError:  # also what the multiaddr library raises for bytes that are none
            continue
        if place.key == relay and place.relay is None:
            ways.append(str(addresses.Address(place.host, place.port, own, relay=relay)))
    return tuple(ways)


class Side(Protocol):
    """One end of what is joined."""

    async def read(self) -> bytes: ...
    async def write(self, data: bytes) -> None: ...
    async def end(self) -> None: ...


class Near:
    """Our own half of a socket pair: on the other half the handshake runs as on any wire, and may be cancelled."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream

    async def read(self) -> bytes:
        data = bytes(await self._stream.receive_some(_READ_BYTES))
        if not data:
            raise PipeClosed("closed by this node")
        return data

    async def write(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def end(self) -> None:
        self._stream.socket.close()


class Far:
    """A stream of a connection that carries other things too."""

    def __init__(self, stream: NetStream) -> None:
        self._pipe = Pipe(stream)

    async def read(self) -> bytes:
        return await self._pipe.read()

    async def write(self, data: bytes) -> None:
        await self._pipe.write(data)

    async def end(self) -> None:
        await self._pipe.reset()


async def join(
    one: Side, other: Side, seconds: float = float("inf"), may: Callable[[int], float] = lambda _: 0.0
) -> None:
    """Carry bytes both ways until one side ends or the time is up. `may` is asked before so many bytes are passed on:
    how long to wait behind them, and less than 0 for no more.

    Neither direction is cancelled but with the whole host: a libp2p write that is takes its connection along, with all
    that runs over it (network defect L1). To end them, their sides are ended.
    """
    over = trio.Event()

    async def carry(source: Side, target: Side) -> None:
        while (wait := may(len(data := await source.read()))) >= 0:
            await target.write(data)
            if wait:
                await trio.sleep(wait)

    async def until_over(source: Side, target: Side) -> None:
        await contained(functools.partial(carry, source, target), "circuit")
        over.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(until_over, one, other)
        nursery.start_soon(until_over, other, one)
        with trio.move_on_after(seconds):
            await over.wait()
        for side in (one, other):
            await contained(side.end, "end of a circuit")


__all__ = [
    "Far",
    "HopMessage",
    "Malformed",
    "Near",
    "Status",
    "StopMessage",
    "hear",
    "join",
    "key_of",
    "named",
    "packed",
    "tell",
    "unpacked",
]
