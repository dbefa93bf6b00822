"""The relay's part: keeps slots for neighbours that can not be reached, and passes others on to them, within quotas.

Only who may read our community gets a slot, so this is no open proxy: whoever is reached through us asked for it.
Anybody may ask to be passed on to one of them, since a guest with an invitation is a stranger until they are in.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import trio

from ruil.node.network import addresses
from ruil.node.network.circuit import (
    Far,
    HopMessage,
    Malformed,
    StopMessage,
    hear,
    join,
    key_of,
    named,
    packed,
    tell,
)
from ruil.node.network.libp2p_host import (
    STOP,
    INetStream,
    Limit,
    NetStream,
    Reservation,
    Status,
    SwarmConn,
    TProtocol,
)
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.relaying import Relaying
from ruil.node.network.shield import contained


class Quotas:
    """Who has a slot, and who used how much. All times are seconds of one monotonic clock."""

    def __init__(self, limits: NetworkLimits) -> None:
        self._limits = limits
        self._slots: dict[bytes, float] = {}  # -> until
        self._open: Counter[bytes] = Counter()  # circuits, by who is at either end
        self._strange = 0
        self._circuits = 0
        self._bytes: Counter[bytes] = Counter()
        self._day_ends = 0.0

    def reserve(self, key: bytes, now: float) -> bool:
        """A slot for this neighbour; the one it has is renewed."""
        for gone in [each for each, until in self._slots.items() if until <= now]:
            del self._slots[gone]
        if key not in self._slots and len(self._slots) >= self._limits.relay_slots:
            return False
        self._slots[key] = now + self._limits.relay_slot_seconds
        return True

    def has_slot(self, key: bytes, now: float) -> bool:
        return self._slots.get(key, 0.0) > now

    def take(self, source: bytes, target: bytes, now: float, *, strange: bool) -> bool:
        """Count a circuit, if there is room for it. `strange`: by who may not read here."""
        limits = self._limits
        if (
            self._circuits >= limits.relay_circuits
            or (strange and self._strange >= limits.relay_circuits_strange)
            or max(self._open[source], self._open[target]) >= limits.relay_circuits_per_peer
            or not self._left(source, now)
        ):
            return False
        self._circuits += 1
        self._strange += strange
        self._open.update((source, target))
        return True

    def give_back(self, source: bytes, target: bytes, *, strange: bool) -> None:
        self._circuits -= 1
        self._strange -= strange
        self._open.subtract((source, target))
        for key in (source, target):
            if self._open[key] <= 0:
                del self._open[key]

    def spend(self, source: bytes, count: int, now: float) -> bool:
        """Count bytes that whoever opened the circuit had carried, either way; False when that was too much."""
        left = self._left(source, now)
        self._bytes[source] += count
        return left > count

    def _left(self, source: bytes, now: float) -> int:
        if now >= self._day_ends or len(self._bytes) > self._limits.refused_max:  # keys cost nothing to make
            self._bytes.clear()
            self._day_ends = now + self._limits.relay_peer_seconds
        return max(0, self._limits.relay_peer_bytes - self._bytes[source])


class Relay:
    """Answers hop streams. `connections`: of our links, by neighbour."""

    def __init__(
        self,
        limits: NetworkLimits,
        connections: Mapping[bytes, SwarmConn],
        relaying: Relaying,
        own: bytes,
        select: Callable[[NetStream, TProtocol], Awaitable[None]],
    ) -> None:
        self._limits = limits
        self._connections = connections
        self._may = relaying.may
        self._relaying = relaying
        self._own = own
        self._select = select
        self._quotas = Quotas(limits)

    async def on_hop(self, stream: INetStream, *, relayed: bool) -> None:
        """One request, and the circuit that comes of it. `relayed`: it came through a relay itself."""
        source = key_of(stream)
        try:
            asked = await hear(stream, HopMessage, self._limits.handshake_seconds)
        except Malformed:
            why_not: Status.ValueType | None = Status.MALFORMED_MESSAGE
        else:
            if source is None or relayed:
                why_not = Status.PERMISSION_DENIED
            elif asked.type == HopMessage.RESERVE:
                why_not = await self._reserve(stream, source)
            elif asked.type == HopMessage.CONNECT:
                why_not = await self._connect(stream, source, asked)
            else:
                why_not = Status.UNEXPECTED_MESSAGE
        if why_not is not None:
            await tell(stream, HopMessage(type=HopMessage.STATUS, status=why_not))
            await stream.close()

    async def _reserve(self, stream: INetStream, source: bytes) -> Status.ValueType | None:
        if not self._may(source) or source not in self._connections:
            return Status.PERMISSION_DENIED
        if not self._quotas.reserve(source, trio.current_time()):
            return Status.RESERVATION_REFUSED
        until = int(time.time() + self._limits.relay_slot_seconds)
        slot = Reservation(expire=until, addrs=packed(self._relaying.places(), self._own))
        await tell(stream, HopMessage(type=HopMessage.STATUS, status=Status.OK, reservation=slot, limit=self._limit()))
        await stream.close()
        return None

    async def _connect(self, stream: INetStream, source: bytes, asked: HopMessage) -> Status.ValueType | None:
        now, strange = trio.current_time(), not self._may(source)
        target = addresses.key_of(asked.peer.id)
        if target is None:
            return Status.MALFORMED_MESSAGE
        connection = self._connections.get(target)
        if connection is None or not self._quotas.has_slot(target, now):
            return Status.NO_RESERVATION
        if not self._quotas.take(source, target, now, strange=strange):
            return Status.RESOURCE_LIMIT_EXCEEDED
        self._relaying.circuits += 1
        try:
            beyond = await self._announce(connection, source)
            if beyond is None:
                return Status.CONNECTION_FAILED
            await tell(stream, HopMessage(type=HopMessage.STATUS, status=Status.OK, limit=self._limit()))
            assert isinstance(stream, NetStream)
            await join(Far(stream), Far(beyond), self._limits.relay_circuit_seconds, self._meter(source))
            return None
        finally:
            self._relaying.circuits -= 1
            self._quotas.give_back(source, target, strange=strange)

    async def _announce(self, connection: SwarmConn, source: bytes) -> NetStream | None:
        """Tell who is behind this connection that `source` comes; the stream on which they do, if they take them."""
        stream = await connection.new_stream()
        said = StopMessage()

        async def ask() -> None:
            nonlocal said
            await self._select(stream, STOP)
            await tell(stream, StopMessage(type=StopMessage.CONNECT, peer=named(source), limit=self._limit()))
            said = await hear(stream, StopMessage, self._limits.handshake_seconds)

        await contained(ask, "circuit")
        if said.type == StopMessage.STATUS and said.status == Status.OK:
            return stream
        await stream.reset()
        return None

    def _meter(self, source: bytes) -> Callable[[int], float]:
        left = self._limits.relay_circuit_bytes

        def may(count: int) -> float:
            nonlocal left
            left -= count
            self._relaying.carried_bytes += count
            if not self._quotas.spend(source, count, trio.current_time()) or left < 0:
                return -1.0
            return count / self._limits.relay_bytes_per_second

        return may

    def _limit(self) -> Limit:
        return Limit(duration=int(self._limits.relay_circuit_seconds), data=self._limits.relay_circuit_bytes // 2)
