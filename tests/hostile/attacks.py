"""What a member gone bad can do to a neighbour's node, one coroutine each, without end. `ATTACKS` has them by name.

Whoever is thrown out comes again as another device of the same member, since a member can certify any number of them.
"""

import itertools
import os
import random
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from ruil.node import clock
from ruil.node.network import without_fastecdsa
from ruil.protocol import wire
from ruil.protocol.bodies import Listing, Profile
from ruil.protocol.ids import Millis
from ruil.protocol.limits import ANNOUNCE_MAX, DAY, HEADS_MAX, HOUR
from ruil.protocol.revocations import revoke
from tests.hostile.guest import Guest, linked
from tests.protocol.actors import Device, Village, loaves

without_fastecdsa.prepare()
from tests.node.network.strangers import FRAMES, raw_stream, stranger  # noqa: E402  they import libp2p

_LENGTH = struct.Struct(">I")
_SALT = os.urandom(4).hex()  # so that no two runs against one node bring the same devices


@dataclass
class Ground:
    """Where an attack takes place: one node, and one member gone bad, with as many devices as they like."""

    address: str
    node: bytes
    village: Village
    member: str
    chance: random.Random
    devices: Iterator[int] = field(default_factory=itertools.count)

    def device(self) -> Device:
        """A new one of the member's, that nobody has heard of."""
        return self.village.device(self.member, f"{_SALT} {next(self.devices)}")

    @asynccontextmanager
    async def guest(self) -> AsyncIterator[Guest]:
        """A new device of the member's, linked, and let read by its certificate."""
        async with linked(self.device(), self.address, self.node) as guest:
            yield guest

    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


async def pushes(ground: Ground) -> None:
    """Valid entries, at full speed."""
    async with ground.guest() as guest:
        while True:
            await guest.send(wire.Push(guest.device.id, guest.says().data))


async def bulk(ground: Ground) -> None:
    """Valid entries that nobody asked for, hundreds in a frame."""
    async with ground.guest() as guest:
        while True:
            entries = tuple(guest.says().data for _ in range(500))
            await guest.send(wire.Entries(guest.device.id, entries))


async def large(ground: Ground) -> None:
    """Valid entries, each as long as an entry may be."""
    async with ground.guest() as guest:
        while True:
            offer = Listing("offer", "bread", "Loaf", 1, "loaf", clock.now() + DAY, text="\U0001f956" * 8_000)
            entry = guest.device.say(offer, at=clock.now())
            await guest.send(wire.Push(guest.device.id, entry.data))


async def junk(ground: Ground) -> None:
    """Frames of noise. Each costs them a link."""
    async with ground.guest() as guest:
        for _ in range(100):
            await guest.send_bytes(b"\1\0" + ground.chance.randbytes(ground.chance.choice((10, 1_000, 100_000))))
        await guest.until_gone()


async def wrong_signatures(ground: Ground) -> None:
    """Frames full of entries of which only the last is signed wrongly."""
    async with ground.guest() as guest:
        entries = [guest.says().data for _ in range(500)]
        entries[-1] = entries[-1][:100] + bytes([entries[-1][100] ^ 1]) + entries[-1][101:]
        await guest.send(wire.Entries(guest.device.id, tuple(entries)))
        await guest.until_gone()


async def hellos(ground: Ground) -> None:
    """Hellos of somebody who has heard nothing: each is answered with all heads."""
    async with ground.guest() as guest:
        while True:
            await guest.send(guest.hello())


async def false_heads(ground: Ground) -> None:
    """Ten thousand logs that do not exist, again and again others."""
    async with ground.guest() as guest:
        for cursor in itertools.count(1):
            heads = tuple((ground.chance.randbytes(32), 2**40, bytes(8)) for _ in range(HEADS_MAX))
            await guest.send(wire.Heads(bytes(8), cursor, heads))


async def withheld(ground: Ground) -> None:
    """A long log is promised; of what is wanted nothing comes, or half."""
    async with ground.guest() as guest:
        said = [*guest.device.entries, *(guest.says() for _ in range(2_000))]
        for cursor in itertools.count(1):
            await guest.send(wire.Heads(bytes(8), cursor, ((guest.device.id, len(said), said[-1].id[:8]),)))
            with trio.move_on_after(1):
                while not isinstance(frame := await guest.hear(), wire.Want):
                    pass
                for _, first, last in frame.ranges if ground.chance.random() < 0.5 else ():
                    part = tuple(entry.data for entry in said[first : min((first + last) // 2, first + 400)])
                    await guest.send(wire.Entries(guest.device.id, part))


async def endless(ground: Ground) -> None:
    """A log of a million entries is promised, and all that is wanted of it comes, as fast as it can be signed."""
    async with ground.guest() as guest:
        said = list(guest.device.entries)
        await guest.send(wire.Heads(bytes(8), 1, ((guest.device.id, 1_000_000, bytes(8)),)))
        while True:
            if isinstance(frame := await guest.hear(), wire.Want):
                for _, first, last in frame.ranges:
                    said += [guest.says() for _ in range(last + 1 - len(said))]
                    part = [entry.data for entry in said[first : last + 1]]
                    await guest.send(*wire.entries(guest.device.id, part))


async def replays(ground: Ground) -> None:
    """The same true entries, again and again: their own and others'."""
    async with ground.guest() as guest:
        old = [*ground.village.founder.entries, *(guest.says() for _ in range(50))]
        while True:
            await guest.send(*(wire.Push(entry.device, entry.data) for entry in old))


async def announcements(ground: Ground) -> None:
    """Ids of nothing, as many as fit; whatever is asked for is not sent."""
    async with ground.guest() as guest:
        while True:
            await guest.send(wire.Announce(tuple(ground.chance.randbytes(8) for _ in range(ANNOUNCE_MAX))))


async def wants(ground: Ground) -> None:
    """The longest log there is, again and again."""
    async with ground.guest() as guest, trio.open_nursery() as nursery:
        nursery.start_soon(guest.until_gone)
        while True:
            await guest.send(wire.Want(((ground.node, 0, 2**40),)))


async def forks(ground: Ground) -> None:
    """One device after the other that says two things at one place."""
    async with ground.guest() as guest:
        while True:
            device = ground.device()
            other = device.twin()
            rivals = device.say(Profile("One"), at=clock.now()), other.say(Profile("Other"), at=clock.now())
            await guest.send(*(wire.Push(device.id, entry.data) for entry in (device.entries[0], *rivals)))


async def future_times(ground: Ground) -> None:
    """Entries from next week, each of another device."""
    async with ground.guest() as guest:
        while True:
            device = ground.device()
            entry = device.say(Profile("Tomorrow"), at=Millis(clock.now() + 7 * DAY))
            await guest.send(wire.Push(device.id, device.entries[0].data), wire.Push(device.id, entry.data))


async def revocations(ground: Ground) -> None:
    """A log that is cut at an ever earlier place."""
    async with ground.guest() as guest:
        while True:
            device = ground.device()
            said = [
                device.entries[0],
                *(device.say(loaves(ends=clock.now() + HOUR), at=clock.now()) for _ in range(40)),
            ]
            await guest.send(*(wire.Push(device.id, entry.data) for entry in said))
            for kept in range(len(said) - 1, 0, -1):
                body = revoke(device.owner, device.community, device.id, kept)
                await guest.send(wire.Push(guest.device.id, guest.device.say(body, at=clock.now()).data))


async def slow_reader(ground: Ground) -> None:
    """Asks for much, and reads nothing of it."""
    device = _smaller(ground)
    async with stranger(device.key.seed, ground.node, ground.port()) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        tag = wire.hello_tag(device.community, device.id, ground.node)  # type: ignore[arg-type]
        card = tuple(entry.data for entry in device.entries[:2])
        await stream.write(_framed(wire.encode(wire.Hello(tag, card, bytes(8), 0))))
        for _ in range(1_000):
            await stream.write(_framed(wire.encode(wire.Want(((ground.node, 0, 4_000),)))))
        await trio.sleep(30)


async def slow_writer(ground: Ground) -> None:
    """A frame of the longest kind, one byte at a time."""
    device = _smaller(ground)
    async with stranger(device.key.seed, ground.node, ground.port()) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        await stream.write(_LENGTH.pack(1 << 20))
        for _ in range(600):
            await stream.write(b"\1")
            await trio.sleep(0.05)


async def no_window(ground: Ground) -> None:
    """Large frames without regard for yamux's window."""
    device = _smaller(ground)
    async with stranger(device.key.seed, ground.node, ground.port()) as (host, peer):
        stream = await host.new_stream(peer, [FRAMES])
        frame = _framed(b"\2\0" + bytes((1 << 20) - 2))  # of a later version: nobody can be blamed for it
        for _ in range(200):
            stream.muxed_stream.send_window = 1 << 30  # type: ignore[attr-defined]
            await stream.write(frame)


async def handshakes(ground: Ground) -> None:
    """Strangers with a new key each, who come and go at once."""
    while True:
        with trio.move_on_after(5):
            async with stranger(ground.chance.randbytes(32), ground.node, ground.port()):
                pass


async def half_open(ground: Ground) -> None:
    """Connections on which half a handshake is said, or nothing."""
    streams = []
    for _ in range(100):
        streams.append(await trio.open_tcp_stream("127.0.0.1", ground.port()))
        await streams[-1].send_all(ground.chance.choice((b"", b"\x13/multistream/1.0.0\n", b"\xff" * 100)))
    await trio.sleep(5)
    for each in streams:
        await each.aclose()


async def odd_streams(ground: Ground) -> None:
    """Streams of protocols that nobody speaks, or that are no text."""
    async with stranger(ground.chance.randbytes(32), ground.node, ground.port()) as (host, peer):
        for line in (b"\xff\xfe", b"/meshsub/1.1.0", b"/ruil/frames/9", b"") * 25:
            await raw_stream(host, peer, [b"/multistream/1.0.0", line])


def _framed(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _smaller(ground: Ground) -> Device:
    """A device whose key is smaller than the node's: it is the one that opens the stream."""
    while (device := ground.device()).id >= ground.node:
        pass
    return device


Attack = Callable[[Ground], Awaitable[None]]
ATTACKS: dict[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        pushes, bulk, large, junk, wrong_signatures, hellos, false_heads, withheld, endless, replays, announcements,
        wants, forks, future_times, revocations, slow_reader, slow_writer, no_window, handshakes, half_open,
        odd_streams,
    )
}  # fmt: skip
