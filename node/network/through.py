"""Through relays: slots that relays among our neighbours keep for us, circuits we open, and circuits that come in.

Whether a neighbour relays we find out by asking. A node that was reached from outside, or relays itself, needs no slot.
"""

import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import trio

from ruil.node.network import addresses
from ruil.node.network.addresses import Address
from ruil.node.network.circuit import (
    Far,
    HopMessage,
    Malformed,
    Near,
    StopMessage,
    hear,
    join,
    key_of,
    named,
    tell,
    unpacked,
)
from ruil.node.network.libp2p_host import HOP, INetStream, NetStream, Status, SwarmConn, TProtocol
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Link
from ruil.node.network.shield import contained
from ruil.node.network.wire import Wire


class Through:
    """`slots`: where each relay that keeps a slot for us says we are reached; it is ours to write. `changed` is called
    after each change of it. `incoming` carries a wire that came in to its end."""

    def __init__(
        self,
        own: bytes,
        limits: NetworkLimits,
        slots: dict[bytes, tuple[str, ...]],
        needed: Callable[[], bool],
        changed: Callable[[], None],
        select: Callable[[NetStream, TProtocol], Awaitable[None]],
        incoming: Callable[[Wire, Address], Awaitable[None]],
    ) -> None:
        self._own = own
        self._limits = limits
        self._slots = slots
        self._needed = needed
        self._changed = changed
        self._select = select
        self._incoming = incoming
        self._came: Counter[bytes] = Counter()  # links in by each relay
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """The nursery of all that must not be cancelled when a dial or a link is."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    # Slots.

    async def keep_slot(self, link: Link, connection: SwarmConn) -> None:
        """Have a slot with this neighbour as long as its link lives, if it relays and we need one."""
        relay, wait = link.neighbour, self._limits.slot_retry_seconds / 2
        try:
            while not link.gone.is_set():
                if relay in self._slots or (self._needed() and len(self._slots) < self._limits.slots_wanted):
                    answer = await self._on_hop(connection, HopMessage(type=HopMessage.RESERVE))
                    if answer is None:
                        return  # it does not relay
                    wait = self._take(relay, link.address, answer, wait)
                with trio.move_on_after(wait):
                    await link.gone.wait()
        finally:
            if self._slots.pop(relay, None) is not None:
                self._changed()

    def _take(self, relay: bytes, reached_at: str, answer: HopMessage, waited: float) -> float:
        """Keep what a relay answered; how long to wait before it is asked again."""
        slot = answer.reservation
        if answer.status != Status.OK or slot.expire <= time.time():
            if self._slots.pop(relay, None) is not None:
                self._changed()
            return min(2 * waited, self._limits.redial_last_seconds)
        ways = unpacked(list(slot.addrs), relay, self._own)
        if not ways:  # it does not know itself where it is; we know where we reached it
            place = addresses.read(reached_at)
            ways = (str(Address(place.host, place.port, self._own, relay=relay)),)
        if self._slots.get(relay) != ways:
            self._slots[relay] = ways
            self._changed()
        return max(self._limits.slot_retry_seconds, (slot.expire - time.time()) / 2)

    # Out.

    async def reach(self, connection: SwarmConn, address: Address) -> Wire | None:
        """A wire to who is behind this relay; None when it does not lead there."""
        assert self._nursery is not None
        wires: list[Wire] = []
        over, given_up = trio.Event(), False

        async def open_circuit() -> None:
            assert address.key is not None
            try:
                stream = await self._open(connection, address.key)
                if stream is not None and given_up:
                    await stream.reset()
                elif stream is not None:
                    wires.append(self._wire(stream, address, outbound=True))
            finally:
                over.set()

        # In its own task: whoever dials may be cancelled at any time, and that would end the relay's connection (L1).
        self._nursery.start_soon(contained, open_circuit, f"circuit to {address}")
        try:
            await over.wait()
        finally:
            given_up = not over.is_set()
        return wires[0] if wires else None

    async def _open(self, connection: SwarmConn, target: bytes) -> NetStream | None:
        stream = await connection.new_stream()
        answer = await self._ask(stream, HopMessage(type=HopMessage.CONNECT, peer=named(target)))
        if answer is not None and answer.status == Status.OK:
            return stream
        await stream.reset()
        return None

    async def _on_hop(self, connection: SwarmConn, asked: HopMessage) -> HopMessage | None:
        """One question, on a stream of its own."""
        stream = await connection.new_stream()
        try:
            return await self._ask(stream, asked)
        finally:
            await stream.reset()

    async def _ask(self, stream: NetStream, asked: HopMessage) -> HopMessage | None:
        """The relay's answer; None when it gives none, as who does not relay."""
        answers: list[HopMessage] = []

        async def ask() -> None:
            await self._select(stream, HOP)
            await tell(stream, asked)
            answers.append(await hear(stream, HopMessage, 2 * self._limits.handshake_seconds))

        await contained(ask, "question to a relay")
        return answers[0] if answers and answers[0].type == HopMessage.STATUS else None

    # In.

    async def on_stop(self, stream: INetStream, links: Mapping[bytes, Link]) -> None:
        """A relay passes somebody on to us. Who it is, the handshake will prove."""
        relay = key_of(stream)
        try:
            asked = await hear(stream, StopMessage, self._limits.handshake_seconds)
        except Malformed:
            asked = StopMessage()
        why_not = self._why_not(asked, relay, links)
        await tell(stream, StopMessage(type=StopMessage.STATUS, status=why_not))
        if why_not != Status.OK or relay is None:
            await stream.close()
            return
        self._came[relay] += 1
        try:
            assert isinstance(stream, NetStream)
            place = addresses.read(links[relay].address)
            address = Address(place.host, place.port, addresses.key_of(asked.peer.id), relay=relay)
            wire = self._wire(stream, address, outbound=False)
            await contained(lambda: self._incoming(wire, address), "connection through a relay")
        finally:
            self._came[relay] -= 1

    def _why_not(self, asked: StopMessage, relay: bytes | None, links: Mapping[bytes, Link]) -> Status.ValueType:
        if not asked.HasField("type"):
            return Status.MALFORMED_MESSAGE
        if asked.type != StopMessage.CONNECT:
            return Status.UNEXPECTED_MESSAGE
        if relay is None or relay not in self._slots or relay not in links:
            return Status.PERMISSION_DENIED
        return Status.RESOURCE_LIMIT_EXCEEDED if self._came[relay] >= self._limits.links_per_relay else Status.OK

    def _wire(self, stream: NetStream, address: Address, *, outbound: bool) -> Wire:
        """A wire whose other end is the circuit."""
        assert self._nursery is not None
        near, here = trio.socket.socketpair()
        sides = Near(trio.SocketStream(near)), Far(stream)
        self._nursery.start_soon(functools.partial(join, *sides))
        return Wire(trio.SocketStream(here), outbound=outbound, through=address)
