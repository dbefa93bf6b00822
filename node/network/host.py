"""One libp2p host from its start to its end: our sockets, Noise and yamux on them, one link per neighbour.

Every connection, ours or a stranger's, is one task from the first byte to the last (`_carry`), so nothing is left over
when it ends. Of libp2p we use the handshakes, the swarm and its streams; we accept and dial ourselves, because

* libp2p's listener shares its port with any program (SO_REUSEPORT), so a second node would not notice the first;
* it counts every connection it ever accepted against max_connections and never gives one back;
* its dialer waits a flat 250 ms, refuses a peer for 60 s after one failure (L2), and must know the key beforehand.

Which side opens the frame stream: the one with the smaller key. So a pair never has two, and that side alone decides
which of two connections is kept. The other side follows the newest stream.

Importing this module imports libp2p: 1.6 CPU seconds. supervisor.py does it in a thread, once.
"""

import contextlib
import functools
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

from ruil.node.bucket import Bucket, Buckets
from ruil.node.network import addresses
from ruil.node.network.libp2p_host import (
    FRAMES,
    HOP,
    STOP,
    INetStream,
    MultiselectClientError,
    MultiselectCommunicator,
    NetStream,
    RawConnection,
    SwarmConn,
    TProtocol,
    libp2p_host,
)
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Deliver, Link
from ruil.node.network.pipe import Pipe
from ruil.node.network.relay import Relay
from ruil.node.network.relaying import Relaying
from ruil.node.network.shield import contained
from ruil.node.network.sieve import put_before
from ruil.node.network.through import Through
from ruil.node.network.traffic import Traffic
from ruil.node.network.wire import Wire

log = logging.getLogger("ruil.network")


class Turned(Exception):
    """We do not want this connection; the reason in plain words."""


class Itself(Turned):
    """The address leads back to us."""


class Stopped(Exception):
    """libp2p has ended without being asked to."""


class _Expected:
    """A connection's place for the frame stream that the neighbour will open, and how long it is in use."""

    def __init__(self, relay: bytes | None) -> None:
        self.relay = relay  # the connection is a circuit of theirs
        self.came = trio.Event()
        self.over = trio.Event()
        self.stream: NetStream | None = None
        self.streams = 0
        self.hops = 0  # requests and circuits under way
        self.still = trio.Event()  # set when there are none any more


class Host:
    """A host that carries links until its `run` is cancelled or fails. Not to be run twice."""

    def __init__(
        self,
        seed: bytes,
        limits: NetworkLimits,
        links: dict[bytes, Link],
        refused: Callable[[bytes], bool],
        on_link: Callable[[Link], Awaitable[None]],
        deliver: Deliver,
        relaying: Relaying | None = None,
    ) -> None:
        self.key = addresses.public_key(seed)
        self._limits = limits
        self._links = links
        self._refused = refused
        self._on_link = on_link
        self._deliver = deliver
        self._host, self._swarm = libp2p_host(seed, limits)
        self._swarm.set_stream_handler(self._guarded_stream)
        self._host.set_stream_handler(FRAMES, self._on_stream)
        self._relaying = relaying = relaying or Relaying()
        self._connections: dict[bytes, SwarmConn] = {}  # the connection under each link that is no circuit
        self._through = Through(
            self.key, limits, relaying.slots, self._needs_slots, relaying.changed, self._select, self._incoming
        )
        self._host.set_stream_handler(STOP, lambda stream: self._through.on_stop(stream, self._links))
        self._relay: Relay | None = None
        if relaying.on:
            self._relay = Relay(limits, self._connections, relaying, self.key, self._select)
            self._host.set_stream_handler(HOP, self._on_hop)
        self._expected: dict[Any, _Expected] = {}  # by yamux connection
        self._wires: set[Wire] = set()
        self._traffic = Traffic(limits.memory_check_bytes)
        self._carrying: dict[bytes, Wire] = {}  # the wire under each link
        self._networks: Counter[str] = Counter()
        self._halfway: dict[Wire, str] = {}  # strangers in their handshake, the oldest first -> from which network
        self._arrivals = Buckets(limits.networks_remembered)
        self._all_arrivals = Bucket(limits.all_arrivals_per_second, limits.all_arrivals_burst)
        self._dials = trio.Semaphore(limits.dials_max)
        self._opening: set[bytes] = set()

    async def run(self, listeners: list[trio.SocketListener], *, task_status: Any) -> None:
        """Accept on these sockets until cancelled. At the end they are closed, and so is everything else (L4)."""
        try:
            async with self._host.run([]), trio.open_nursery() as nursery:
                await nursery.start(self._through.run)
                nursery.start_soon(trio.serve_listeners, self._accept, listeners)
                nursery.start_soon(self._watch_memory)
                nursery.start_soon(self._watch_service)
                task_status.started()
                await trio.sleep_forever()
        finally:
            for listener in listeners:
                listener.socket.close()
            for wire in self._wires:
                wire.kill()
            self._swarm.connections.clear()  # their sockets are closed; libp2p would sleep 0.2 s over each
            with trio.CancelScope(shield=True), trio.move_on_after(self._limits.close_seconds):
                await self._host.close()

    async def stop(self) -> None:
        """Close libp2p's host under everything else, as a failure would."""
        await self._host.close()

    # Connections.

    async def connect(self, address: addresses.Address) -> bytes | None:
        """Dial, and carry the connection to its end.

        Returns the key that answered, or None when nobody of use did. Raises Itself when that was us.
        """
        wire = await self._open(address)
        if wire is None:
            return None
        answered: list[bytes] = []

        async def carry() -> None:
            with contextlib.suppress(Turned):
                await self._carry(wire, address, answered)

        await contained(carry, f"connection to {address}")
        if answered == [self.key]:
            raise Itself("that is our own address")
        return answered[0] if answered else None

    async def _open(self, address: addresses.Address) -> Wire | None:
        if address.relay is not None:
            over = self._connections.get(address.relay)
            return None if over is None else await self._through.reach(over, address)
        try:
            async with self._dials:
                with trio.fail_after(self._limits.handshake_seconds):
                    return Wire(await trio.open_tcp_stream(address.host, address.port), outbound=True)
        except (OSError, trio.TooSlowError) as why:
            log.debug("no answer at %s: %s", address, why)
            return None

    async def _incoming(self, wire: Wire, address: addresses.Address) -> None:
        """Somebody whom a relay passed on: all who come by one relay count as one network."""
        network = f"through {address.relay!r}"
        if not self._may_begin(network, private=False):
            wire.kill()
            return
        self._make_way()
        self._halfway[wire] = network
        try:
            await self._carry(wire, address, [])
        finally:
            self._halfway.pop(wire, None)

    async def _accept(self, stream: trio.SocketStream) -> None:
        wire = Wire(stream)
        remote = wire.get_remote_address()
        network, private = addresses.neighbourhood(remote[0]) if remote is not None else ("", False)
        if remote is None or not self._may_begin(network, private=private):
            wire.kill()
            return
        self._make_way()
        self._halfway[wire] = network
        self._networks[network] += 1
        try:
            await contained(lambda: self._carry(wire, addresses.Address(*remote), []), f"connection from {remote[0]}")
        finally:
            self._halfway.pop(wire, None)
            self._networks[network] -= 1
            if not self._networks[network]:
                del self._networks[network]

    def _may_begin(self, network: str, *, private: bool) -> bool:
        """Whether one more from this network may begin a handshake now."""
        limits, now = self._limits, trio.current_time()
        if self._networks[network] >= (limits.links_per_private_network if private else limits.links_per_network):
            return False
        per_second = limits.private_arrivals_per_second if private else limits.arrivals_per_second
        burst = limits.private_arrivals_burst if private else limits.arrivals_burst
        return self._arrivals.take(network, per_second, burst, now) and self._all_arrivals.take(1, now)

    def _make_way(self) -> None:
        if len(self._halfway) >= self._limits.handshakes_max:
            ((most, _),) = Counter(self._halfway.values()).most_common(1)
            oldest = next(wire for wire, network in self._halfway.items() if network == most)
            del self._halfway[oldest]
            oldest.kill()

    async def _carry(self, wire: Wire, address: addresses.Address, answered: list[bytes]) -> None:
        """One connection from handshake to end; who answered is put in `answered` as soon as it is known.

        Raises whatever libp2p raises; Turned when we don't want it.
        """
        self._wires.add(wire)
        wire.came = self._traffic.count
        key: bytes | None = None
        try:
            async with self._shaken(wire) as (connection, key, expected):
                answered.append(key)
                self._check(key, address, outbound=wire.outbound)
                try:
                    async with self._alone(key, wire):
                        stream = await self._frame_stream(connection, key, expected)
                except (MultiselectClientError, trio.TooSlowError):
                    await self._while_passed_on(expected)
                    raise
                pipe = Pipe(stream)
                while (old := self._links.get(key)) is not None:
                    old.close("replaced by a newer connection")
                    await old.gone.wait()
                self._carrying[key] = wire
                link = Link(key, str(address), pipe, self._limits, self._deliver, wire.relay, wire.outbound)
                link.waits = self._traffic.count
                if link.relay is None:
                    await self._on_direct_link(link, connection, address.host)
                else:
                    await self._on_link(link)
        finally:
            if key is not None and self._carrying.get(key) is wire:
                del self._carrying[key]
                self._connections.pop(key, None)
            wire.kill()
            self._wires.discard(wire)

    async def _on_direct_link(self, link: Link, connection: SwarmConn, host: str) -> None:
        """A link that can also be a way to others, and tells how we are reached."""
        self._connections[link.neighbour] = connection
        came = contextlib.nullcontext() if link.outbound else self._relaying.linked(host)
        with came:
            async with trio.open_nursery() as nursery:
                keep_slot = functools.partial(self._through.keep_slot, link, connection)
                nursery.start_soon(contained, keep_slot, "slot at a relay")
                await self._on_link(link)
                nursery.cancel_scope.cancel()  # the connection ends now

    @contextlib.asynccontextmanager
    async def _shaken(self, wire: Wire) -> AsyncIterator[tuple[SwarmConn, bytes, _Expected]]:
        """Noise, yamux and the swarm on a fresh socket, all within handshake_seconds."""
        outbound = wire.outbound
        raw = RawConnection(wire, outbound)
        expected = _Expected(wire.relay)
        muxed: Any = None
        try:
            try:
                with trio.fail_after(self._limits.handshake_seconds):
                    upgrader = self._swarm.upgrader
                    if outbound:
                        noise: Any = await upgrader.security_multistream.select_transport(raw, True)
                        # Without an expected peer: an invitation may know only an address. _check compares the key.
                        secured = await noise.get_pattern().handshake_outbound(raw, None)
                    else:
                        secured = await upgrader.upgrade_security(raw, False)
                    peer = secured.get_remote_peer()
                    key = addresses.key_of(peer.to_bytes())
                    if key is None:
                        raise Turned("not an Ed25519 key")
                    muxed = await upgrader.upgrade_connection(secured, peer)
                    put_before(muxed)
                    wire.unread = lambda: sum(map(len, muxed.stream_buffers.values()))
                    wire.unread_max = self._limits.unread_bytes
                    self._expected[muxed] = expected  # before add_conn: the neighbour's stream may come at once
                    connection = await self._swarm.add_conn(muxed, "outbound" if outbound else "inbound")
            finally:
                self._halfway.pop(wire, None)
            yield connection, key, expected
        finally:
            expected.over.set()
            self._expected.pop(muxed, None)

    def _check(self, key: bytes, address: addresses.Address, *, outbound: bool) -> None:
        if key == self.key:
            raise Turned("that is ourselves")
        if address.key not in (None, key):
            raise Turned("another node answers at this address")
        if self._refused(key):
            raise Turned("refused for a while")
        if key in self._links:
            return  # a second connection; _alone sees to it
        limits = self._limits
        came = sum(not self._carrying[other].outbound for other in self._links if other in self._carrying)
        if len(self._links) >= limits.neighbours_max or (
            not outbound and came >= max(1, limits.neighbours_max - limits.neighbours_chosen)
        ):
            raise Turned("no place for another neighbour")

    @contextlib.asynccontextmanager
    async def _alone(self, key: bytes, wire: Wire) -> AsyncIterator[None]:
        """Of two connections to one neighbour keep the older, if it still lives, but for a direct one that comes after
        one through a relay. The smaller key decides."""
        if key < self.key:
            yield
            return
        if key in self._opening:
            raise Turned("connecting already")
        self._opening.add(key)
        try:
            old = self._links.get(key)
            if old is not None and (old.relay is None or wire.relay is not None):
                if await old.answers(self._limits.probe_seconds):
                    raise Turned("connected already")
                old.close("did not answer; it has come back on a newer connection")
            yield
        finally:
            self._opening.discard(key)

    async def _frame_stream(self, connection: SwarmConn, key: bytes, expected: _Expected) -> NetStream:
        with trio.fail_after(self._limits.stream_seconds):
            if self.key < key:
                stream = await connection.new_stream()
                await self._select(stream, FRAMES)
                return stream
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_then, connection.event_closed.wait, expected.came.set)
                await expected.came.wait()
                nursery.cancel_scope.cancel()
        if expected.stream is None:
            raise Turned("turned away by the neighbour")
        return expected.stream

    async def _select(self, stream: NetStream, protocol: TProtocol) -> None:
        await self._host.multiselect_client.select_one_of([protocol], MultiselectCommunicator(stream))

    async def _while_passed_on(self, place: _Expected) -> None:
        """A libp2p program that is no neighbour and wants to be passed on to one: its connection lives that long."""
        if self._relay is None:
            return
        with trio.move_on_after(self._limits.stream_seconds):
            await place.still.wait()
        while place.hops:
            place.still = trio.Event()
            await place.still.wait()

    def _needs_slots(self) -> bool:
        return self._relay is None and not self._relaying.reached_from_outside

    # Streams. These run in libp2p's nursery: nothing may leave them but cancellation.

    async def _guarded_stream(self, stream: INetStream) -> None:
        """The shield (K1, K4), and a bound on the streams of one connection."""
        place = self._expected.get(stream.muxed_conn)
        if place is None or place.streams >= self._limits.streams_per_connection:
            await contained(stream.reset, "stream refused")
            return
        place.streams += 1
        try:
            trouble = await contained(lambda: self._host._swarm_stream_handler(stream), "stream dropped")
            if trouble is not None:
                with trio.move_on_after(self._limits.close_seconds):
                    await contained(stream.reset, "stream reset")
        finally:
            place.streams -= 1

    async def _on_stream(self, stream: INetStream) -> None:
        """A neighbour has opened its frame stream: hand it to the connection's own task, and stay till the end."""
        place = self._expected.get(stream.muxed_conn)
        key = addresses.key_of(stream.muxed_conn.peer_id.to_bytes())
        if place is None or place.stream is not None or key is None or self.key < key:
            await stream.reset()
            return
        assert isinstance(stream, NetStream)
        place.stream = stream
        place.came.set()
        await place.over.wait()

    async def _on_hop(self, stream: INetStream) -> None:
        place = self._expected.get(stream.muxed_conn)
        assert self._relay is not None
        if place is None:
            return
        place.hops += 1
        try:
            await self._relay.on_hop(stream, relayed=place.relay is not None)
        finally:
            place.hops -= 1
            if not place.hops:
                place.still.set()

    # What libp2p would not tell us.

    async def _watch_service(self) -> None:
        """libp2p's service can end while everything around it waits on: make that a failure."""
        await self._swarm.manager.wait_finished()
        raise Stopped("libp2p's service ended")

    async def _watch_memory(self) -> None:
        """End the greediest connection while the process is over its limit (S2: yamux has no bound of its own).

        Greedy is who holds most in our queues, or sent most since the last look, of which much may lie where nobody
        sees it yet. Who has less than an equal share of what brings us to look is not why, and stays: memory that was
        given back to nobody yet, and a Book that grew, are no neighbour's doing.
        """
        before: dict[Wire, int] = {}
        while True:
            await trio.sleep(self._limits.memory_rest_seconds)
            await self._traffic.wait(self._limits.memory_check_seconds)
            carried = {self._carrying[key]: link for key, link in self._links.items() if key in self._carrying}
            held = {wire: link.weight() for wire, link in carried.items()}
            greed = {wire: wire.bytes_in - before.get(wire, 0) + held.get(wire, 0) for wire in self._wires}
            before = {wire: wire.bytes_in for wire in self._wires}
            over = sum(held.values()) > self._limits.links_bytes_max
            if not greed or not (over or resident_bytes() > self._limits.memory_bytes_max):
                continue
            worst = max(greed, key=greed.__getitem__)
            if greed[worst] * len(greed) < self._limits.memory_check_bytes:
                continue
            link = carried.get(worst)
            if link is None:
                log.warning("over the memory limit: ending a connection that carries no link")
                worst.kill()
            else:
                log.warning("over the memory limit: dropping the link to %s", link.neighbour.hex()[:12])
                link.close("this node was short of memory")


async def _then(wait: Callable[[], Awaitable[object]], do: Callable[[], None]) -> None:
    await wait()
    do()


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where the system does not say (other than Linux)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
