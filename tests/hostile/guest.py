"""A guest: a member's device on a link to a real node. It says whatever it likes, in real frames over real libp2p."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from ruil.node import clock
from ruil.node.network import Arrived, Joined, Left, Network, NetworkEvent, NetworkLimits
from ruil.protocol import wire
from ruil.protocol.entry import Entry
from ruil.protocol.limits import DAY
from tests.protocol.actors import Device, Village, loaves

PATIENCE_SECONDS = 60
FRIENDS = ("ben", "carla")
WICKED = 8  # members who have gone bad
_ANY = 1 << 62  # bytes of memory: a soak of 20 minutes is one process, and has held a thousand profiles before a guest


def village() -> tuple[Village, list[Device]]:
    """Anna's, whose node is besieged, and a device each of her friends and of members who have gone bad. The same in
    every process."""
    made = Village("anna")
    names = (*FRIENDS, *(wicked(number) for number in range(WICKED)))
    return made, [made.joins(made.founder, name) for name in names]


def wicked(number: int) -> str:
    """The name of a member who has gone bad."""
    return f"wicked {number}"


class Gone(Exception):
    """The node has ended the link."""


@dataclass
class Guest:
    """One device, linked. `heard` has the frames that came and were not looked at yet."""

    device: Device
    node: bytes
    network: Network
    events: trio.MemoryReceiveChannel[NetworkEvent]
    heard: list[wire.AnyFrame] = field(default_factory=list)

    async def send(self, *frames: wire.Frame) -> None:
        """As fast as the node takes them."""
        for frame in frames:
            await self.send_bytes(wire.encode(frame))

    async def send_bytes(self, data: bytes) -> None:
        while not self.network.send(self.node, data):
            if not await self.network.wait_room(self.node, len(data)):
                raise Gone(self._why())

    def _why(self) -> str:
        """Why the link ended, as far as it was told."""
        try:
            while True:
                event = self.events.receive_nowait()
                if isinstance(event, Left):
                    return event.reason
        except (trio.WouldBlock, trio.EndOfChannel):
            return "nobody said why"

    def hello(self, cursor: int = 0) -> wire.Hello:
        tag = wire.hello_tag(self.device.community, self.device.id, self.node)  # type: ignore[arg-type]
        return wire.Hello(tag, tuple(entry.data for entry in self.device.entries[:2]), bytes(8), cursor)

    def says(self) -> Entry:
        """A new listing by this device, said now."""
        now = clock.now()
        return self.device.say(loaves(ends=now + DAY), at=now)

    async def hear(self) -> wire.AnyFrame:
        """The next frame of the node."""
        async for event in self.events:
            if isinstance(event, Left):
                raise Gone(event.reason)
            if isinstance(event, Arrived) and (read := wire.decode(event.frame)) is not None:
                return read
        raise Gone("the network ended")

    async def until_gone(self) -> str:
        """Hear everything and answer nothing, until the node ends the link; why it did."""
        try:
            while True:
                await self.hear()
        except Gone as why:
            return str(why)

    async def asks_back(self, entry: Entry) -> None:
        """Push an entry of this device, and wait until the node serves it: it was checked, kept, and can be had."""
        await self.send(wire.Push(self.device.id, entry.data), wire.Want(((self.device.id, entry.seq, entry.seq),)))
        while True:
            frame = await self.hear()
            if isinstance(frame, wire.Entries) and entry.data in frame.entries:
                return


@asynccontextmanager
async def linked(device: Device, address: str, node: bytes, *, greets: bool = True) -> AsyncIterator[Guest]:
    """A guest with a link to the node at this address, who has said hello. Raises `Gone` when the node takes none."""
    limits = NetworkLimits(redial_first_seconds=0.05, redial_last_seconds=0.5, memory_bytes_max=_ANY)
    send, events = trio.open_memory_channel[NetworkEvent](64)
    network = Network(device.key.seed, listen=("127.0.0.1",), discover=False, dial=[address], limits=limits)
    guest = Guest(device, node, network, events)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(network.run, send)
        with trio.move_on_after(PATIENCE_SECONDS):
            async for event in events:
                if isinstance(event, Joined):
                    break
        if node not in network.neighbours:
            nursery.cancel_scope.cancel()
            raise Gone("no link")
        if greets:
            await guest.send(guest.hello())
        yield guest
        nursery.cancel_scope.cancel()
