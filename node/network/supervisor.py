"""The network of a node: moves opaque frames between neighbours, and rebuilds itself when libp2p fails.

    network = Network(seed, port=4001)
    nursery.start_soon(network.run, events)         # events: Arrived, Joined, Left, Status
    nursery.start_soon(network.run, events, pump)   # or: frames to the pump, each link in its own task
    network.send(neighbour, frame)               # False when the link's queue is full

A neighbour is the 32-byte Ed25519 key of its device, proved by the handshake. What a frame means is not known here.
All calls are made from the thread that runs trio.
"""

import errno
import importlib
import ipaddress
import itertools
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

import trio

from ruil.node.network import addresses, told
from ruil.node.network.blame import Blames
from ruil.node.network.choice import Bond, in_turn
from ruil.node.network.dialer import Dialer, Why
from ruil.node.network.discovery import discover
from ruil.node.network.events import Arrived, Joined, Left, NetworkEvent, PortBusy, State, Status
from ruil.node.network.files import files_allowed, fitted
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Link
from ruil.node.network.quiet import quieten
from ruil.node.network.reach import How, Reach, Way
from ruil.node.network.relaying import Relaying
from ruil.node.network.shield import contained

log = logging.getLogger("ruil.network")

_HOW: Mapping[Why, How] = {Why.ASKED: "asked", Why.BOOTSTRAP: "bootstrap", Why.FOUND: "found", Why.BOOK: "book"}


class Company(Protocol):
    """Who hears our neighbours. `hear` must be quick; when there is no room for a frame yet, it returns what to wait
    for until there was. That is waited for in the task of each link: whoever keeps one waiting keeps no other
    waiting."""

    async def met(self, neighbour: bytes, *, near: bool = False) -> None: ...
    def hear(self, neighbour: bytes, frame: bytes) -> Callable[[], Awaitable[None]] | None: ...
    async def lost(self, neighbour: bytes) -> None: ...


class Network:
    """See the module. One object per node, alive as long as the node."""

    def __init__(
        self,
        seed: bytes,
        *,
        port: int = 0,
        listen: tuple[str, ...] = ("0.0.0.0",),
        discover: bool = True,
        dial: Iterable[str] = (),
        bootstrap: Iterable[str] = (),
        announce: Iterable[str] = (),
        relay: bool = False,
        may_read: Callable[[bytes], bool] = lambda _: False,
        limits: NetworkLimits | None = None,
    ) -> None:
        """`seed`: 32 bytes of the device's Ed25519 key. `port` 0: any free one, kept for as long as we live. `listen`:
        IP addresses. `dial`: where we want links; `bootstrap`: where, while we have none. `announce`: where others
        reach us beside our own addresses, through a router's forwarding. `relay`: pass others on to neighbours that
        `may_read` and asked for it. Raises ValueError for an address that cannot be read."""
        assert len(seed) == 32
        for host in listen:
            ipaddress.ip_address(host)
        self._seed = seed
        self._listen = listen
        self._discover = discover
        self._limits = fitted(limits or NetworkLimits(), files_allowed())
        self._links: dict[bytes, Link] = {}
        self._blames = Blames(self._limits)
        self._relaying = Relaying(relay, may_read, self._own_addresses, self._changed)
        self._dialer = Dialer(self._limits, self._links, self._refused)
        self._events: trio.MemorySendChannel[NetworkEvent] | None = None
        self._company: Company | None = None
        self._own = addresses.public_key(seed)
        self._bonds: Mapping[bytes, Bond] = {}
        self._book: dict[bytes, list[addresses.Address]] = {}
        self._relays: set[bytes] = set()  # devices that say they relay
        self._restart: trio.Event | None = None
        self._up = False
        self._listeners: list[trio.SocketListener] = []
        self.port = port
        self._announce = tuple(str(addresses.read(address)) for address in announce)
        for address in dial:
            self.dial(address)
        for address in bootstrap:
            self.bootstrap(address)

    async def run(self, events: trio.MemorySendChannel[NetworkEvent], company: Company | None = None) -> None:
        """Be on the network until cancelled. Raises PortBusy when the port is taken at the start. `company` hears all
        frames, and of links before and after them; without it frames are events too."""
        self._events = events
        self._company = company
        wait = self._limits.rebuild_first_seconds
        try:
            await self._tell("connecting", "Starting the network.")
            await self._bind()
            host_module = await trio.to_thread.run_sync(importlib.import_module, "ruil.node.network.host")
            quieten()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._look_into_book)
                nursery.start_soon(self._rotate)
                if self._discover:
                    nursery.start_soon(self._discovery)
                while True:
                    began = trio.current_time()
                    trouble = await contained(
                        lambda: self._one_host(host_module), "the network failed", level=logging.ERROR
                    )
                    await self._forget_links()
                    if trio.current_time() - began > self._limits.rebuild_last_seconds:
                        wait = self._limits.rebuild_first_seconds
                    await self._tell("down", f"The network stopped and will be started again ({trouble or 'ended'}).")
                    await trio.sleep(wait * random.uniform(0.5, 1.0))
                    wait = min(wait * 2, self._limits.rebuild_last_seconds)
                    await self._bind_again()
        finally:
            self._unbind()
            self._links.clear()
            self._tell_now("stopped", "The network is stopped.")

    def restart(self) -> None:
        """Throw the libp2p host away and build a fresh one, on the same port: for the page's "try again"."""
        if self._restart is not None:
            self._restart.set()

    # Sending.

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool:
        """Queue a frame of 1 byte to 1 MiB. False: no link, or its queue is full; then nothing was queued. `now`: none
        follows soon that it could go with."""
        link = self._links.get(neighbour)
        return link is not None and link.send(frame, now=now)

    def queue_room(self, neighbour: bytes) -> int:
        """Bytes that the neighbour's queue still takes; 0 without a link."""
        link = self._links.get(neighbour)
        return 0 if link is None else link.room()

    async def wait_room(self, neighbour: bytes, count: int) -> bool:
        """Wait until the neighbour's queue is less than half full and takes `count` bytes more, for serving in bulk.
        False when the link is gone."""
        link = self._links.get(neighbour)
        return link is not None and await link.wait_room(count)

    # Who is there.

    @property
    def neighbours(self) -> Mapping[bytes, str]:
        """Key and address of everybody we have a link with now."""
        return {key: link.address for key, link in self._links.items()}

    def addresses(self) -> tuple[str, ...]:
        """Where others can reach us, for invitations: "192.168.1.5:4001", and ways through relays. Empty before the
        port is bound."""
        return (*self._own_addresses(), *itertools.chain.from_iterable(self._relaying.slots.values()))

    def _own_addresses(self) -> tuple[str, ...]:
        if not self.port:
            return ()
        own = (addresses.written(host, self.port) for host in addresses.own_hosts(self._listen))
        return tuple(dict.fromkeys((*self._announce, *own)))

    def reached(self) -> tuple[str, ...]:
        """Where neighbours that we are linked with answered us: addresses good enough to be tried again."""
        return tuple(
            sorted({link.address for link in self._links.values() if self._dialer.why(link.address) is not None})
        )

    def reach(self) -> Reach:
        """How neighbours were reached, what was tried in vain, and how others reach us."""
        ways = tuple(Way(key, link.address, self._how(link), link.relay) for key, link in self._links.items())
        answered = {way.address for way in ways}
        relaying = self._relaying
        return Reach(
            self._up,
            self.port,
            ways,
            tuple((at, _HOW[why]) for at, why in self._dialer.wanted().items() if at not in answered),
            tuple(relaying.slots),
            relaying.reached_from_outside,
            relaying.on,
            relaying.circuits,
            relaying.carried_bytes,
        )

    def _how(self, link: Link) -> How:
        why = self._dialer.why(link.address)
        return _HOW[why] if link.outbound and why is not None else "came"

    def dial(self, address: str) -> None:
        """Keep trying to have a link there, until the node ends. Raises ValueError with a sentence."""
        self._dialer.add(addresses.read(address))

    def bootstrap(self, address: str) -> None:
        """Try to have a link there whenever there is no other. Raises ValueError with a sentence."""
        self._dialer.add(addresses.read(address), Why.BOOTSTRAP)

    def know(
        self,
        records: Iterable[tuple[bytes, tuple[str, ...], bool, bool]],
        bonds: Mapping[bytes, Bond] | None = None,
    ) -> None:
        """All that the peer book has: of each device its addresses, whether they are near ones, and whether it relays.
        Dialled as far as more neighbours are wanted; those with a bond before others."""
        self._bonds = bonds or {}
        alone = all(ipaddress.ip_address(host).is_loopback for host in self._listen)
        book: dict[bytes, list[addresses.Address]] = {}
        self._relays = set()
        for device, places, near, relays in records:
            if relays:
                self._relays.add(device)
            if device != self._own:
                book.setdefault(device, []).extend(told.dialable(places, device, near=near, alone=alone))
        self._book = book
        self._consult_book()

    def _consult_book(self) -> None:
        """First those we dialled ourselves, to be found again when they are lost; then, if we need one, two who relay;
        then others. Whoever came to us comes last: a crowd that dials in may not also decide whom we dial."""
        came = {key for key, link in self._links.items() if not link.outbound}
        ours = [device for device in self._book if device in self._links and device not in came]
        others = [device for device in self._book if device not in self._links and not self._refused(device)]
        if others and self._dialer.count(Why.BOOK) >= self._limits.book_targets:
            self._dialer.leave_to_them(came)
        chosen = in_turn(others, self._bonds)
        if not self._relaying.slots and not self._relaying.on and not self._relaying.reached_from_outside:
            relays = [device for device in chosen if device in self._relays][:2]  # anybody can say that they do
            chosen = [*relays, *(device for device in chosen if device not in relays)]
        for device in (*ours, *chosen, *(each for each in self._book if each in came)):
            for address in self._book[device][: self._limits.book_addresses]:
                if self._dialer.count(Why.BOOK) >= self._limits.book_targets:
                    return
                self._dialer.add(address, Why.BOOK)

    async def _rotate(self) -> None:
        """One of the links that chance gave us makes room for another, if there is another to try."""
        while True:
            await trio.sleep(self._limits.rotate_seconds * random.uniform(0.5, 1.0))
            own = [link for link in self._links.values() if link.outbound]
            by_chance = [link for link in own if self._is_by_chance(link)]
            others = [device for device in self._book if device not in self._links and not self._refused(device)]
            if len(own) >= self._limits.neighbours_own and by_chance and others:
                leaving = random.choice(by_chance)
                self._dialer.leave_to_them({leaving.neighbour})
                leaving.close("closed by this node, to hear somebody else")
                self._consult_book()

    def _is_by_chance(self, link: Link) -> bool:
        return self._dialer.why(link.address) is Why.BOOK and link.neighbour not in self._bonds

    async def _look_into_book(self) -> None:
        while True:
            await trio.sleep(self._limits.book_seconds)
            self._consult_book()

    def drop(self, neighbour: bytes) -> None:
        """Close the link, if there is one. Nobody is refused for it."""
        link = self._links.get(neighbour)
        if link is not None:
            link.close("closed by this node")

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        """Count against the neighbour. Past the limit it is disconnected and refused for a while."""
        if self._blames.add(neighbour, reason, weight, time.monotonic()):
            link = self._links.get(neighbour)
            if link is not None:
                link.close(f"refused for a while: {reason}")

    def _refused(self, neighbour: bytes) -> bool:
        return self._blames.refused(neighbour, time.monotonic())

    # One host after the other.

    async def _one_host(self, host_module: Any) -> None:
        """host_module is host.py, not imported at the top: importing it costs 1.6 s."""
        self._restart = trio.Event()
        host = host_module.Host(
            self._seed, self._limits, self._links, self._refused, self._carry, self._arrived, self._relaying
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(host.run, self._listeners)
            await self._tell("up", "The network is up.")
            nursery.start_soon(self._dialer.run, host, host_module.Itself)
            await self._restart.wait()
            await host.stop()

    async def _carry(self, link: Link) -> None:
        """One link, from Joined to Left. Cancelled with its host; then _forget_links says Left."""
        assert self._events is not None
        self._links[link.neighbour] = link
        await self._events.send(Joined(link.neighbour, link.address))
        if self._company is not None:
            await self._company.met(link.neighbour, near=told.is_near(link.address))
        await link.run()
        if link.offence:
            self.blame(link.neighbour, link.offence, weight=self._limits.blame_max)
        if self._links.get(link.neighbour) is link:
            del self._links[link.neighbour]
        await self._left(Left(link.neighbour, link.reason))

    async def _left(self, left: Left) -> None:
        """The company is told at once: a newer link to the same neighbour may be met next."""
        assert self._events is not None
        if self._company is not None:
            await self._company.lost(left.neighbour)
        await self._events.send(left)

    def _arrived(self, neighbour: bytes, frame: bytes) -> Callable[[], Awaitable[None]] | None:
        assert self._events is not None
        if self._company is not None:
            return self._company.hear(neighbour, frame)
        try:
            self._events.send_nowait(Arrived(neighbour, frame))
        except trio.WouldBlock:
            return partial(self._events.send, Arrived(neighbour, frame))
        return None

    async def _forget_links(self) -> None:
        assert self._events is not None
        while self._links:
            neighbour, link = self._links.popitem()
            await self._left(Left(neighbour, link.reason or "this node's network was restarted"))

    # Sockets.

    async def _bind(self) -> None:
        """Our listening sockets, all on one port. Without SO_REUSEPORT: a second node must notice the first."""
        self._unbind()
        try:
            for host in self._listen:
                self._listeners += await trio.open_tcp_listeners(self.port, host=host)
                self.port = self._listeners[0].socket.getsockname()[1]
        except OSError as why:
            self._unbind()
            if errno.EADDRINUSE in (why.errno, getattr(why.__cause__, "errno", None)):
                raise PortBusy(self.port) from why
            raise

    def _unbind(self) -> None:
        for listener in self._listeners:
            listener.socket.close()
        self._listeners = []

    async def _bind_again(self) -> None:
        while True:
            try:
                return await self._bind()
            except (PortBusy, OSError) as why:
                await self._tell("down", f"The network cannot start again yet: {why}")
                await trio.sleep(self._limits.rebuild_last_seconds / 4)

    async def _discovery(self) -> None:
        def found(address: addresses.Address) -> None:
            self._dialer.add(address, Why.FOUND)

        await discover(self._own, self.port, self._listen, found, self._dialer.remove)

    # Status.

    def _changed(self) -> None:
        """Where we are reached is different now."""
        self._tell_now("up", "The network is up.")

    def _status(self, state: State, detail: str) -> Status:
        self._up = state == "up"
        return Status(state, self.addresses(), detail)

    async def _tell(self, state: State, detail: str) -> None:
        assert self._events is not None
        await self._events.send(self._status(state, detail))

    def _tell_now(self, state: State, detail: str) -> None:
        """Without waiting: the last word, on the way out, or one that the next will say too. Nobody may hear it."""
        assert self._events is not None
        try:
            self._events.send_nowait(self._status(state, detail))
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
