"""One of 20 hosts of figures 5 and 6: network, pump, Peer and Store of a real node, wired as node/app.py does.

All belong to one community and know each other from the start: their stores begin with everybody's certificate and
entrance, so that what is measured is how entries spread, and not how newcomers are let in.
"""

import os
import time
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import trio

from ruil.node import clock, identity
from ruil.node.identity import Identity
from ruil.node.network import Joined, Network, NetworkEvent, Status, without_fastecdsa
from ruil.node.profile import Profile, opened
from ruil.node.pump import Pump
from ruil.node.store import Store
from ruil.protocol import wire
from ruil.protocol.bodies import Listing
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.events import Drafted, Tell
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DAY, HOUR
from tests.bench import town
from tests.bench.mesh import DEGREE, ENTRY_BYTES, HOSTS, WARM_UP, Heard, Timetable

without_fastecdsa.prepare()
import ruil.node.network.host  # noqa: E402, F401  once, before the hosts are forked

_TEXT_CHARS = 154  # with the rest of the listing, its header and its signature: ENTRY_BYTES


def prepare(folder: Path, members: int = HOSTS) -> list[Path]:
    """A profile for each host, with the keys of one member and the first entries of all: of so many, of whom the rest
    are not there."""
    everybody = town.people(members, clock.now() - members * HOUR - DAY)
    entries = [open_entry(data, who.community, who.log.device) for who in everybody for data in who.said]
    homes = [folder / str(number) for number in range(HOSTS)]
    for home, who in zip(homes, everybody, strict=False):
        move_in(home, who, entries)
    return homes


def move_in(home: Path, who: town.Device, entries: Sequence[Entry]) -> None:
    """A profile with these keys, in whose store these entries are."""
    identity.write(home, Identity(who.owner, who.key, home.name, "bench", who.community))
    store = Store(home, who.log.device)
    store.append(entries)
    store.close()


def host(number: int, pipe: Connection, home: Path) -> None:
    """Run one host: says its address, dials those it is told, says when it is linked, speaks in turn, and reports."""
    # Each is a computer of its own: an earlier run had the same keys, and the lease would take this one for a copy.
    os.environ["RUIL_STATE"] = str(home / "state")
    with opened(home) as profile:
        trio.run(_Host(number, pipe, profile).run)


class _Host:
    def __init__(self, number: int, pipe: Connection, profile: Profile) -> None:
        self._number = number
        self._pipe = pipe
        self._book = profile.peer.book
        self._network = Network(profile.identity.device.seed, listen=("127.0.0.1",), discover=False)
        self._pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, self._network, self._tell)
        self._up = trio.Event()
        self._linked = trio.Event()
        self._stood: dict[EntryId, float] = {}
        self._frames: list[bytes] = []

    async def run(self) -> None:
        send, take = trio.open_memory_channel[NetworkEvent](256)
        async with trio.open_nursery() as nursery:
            await nursery.start(self._pump.run)
            nursery.start_soon(self._network.run, send, self)
            nursery.start_soon(self._measure, nursery.cancel_scope)
            async for event in take:
                await self._heard(event)

    # The company of the network, as the pump is in a node.

    async def met(self, neighbour: bytes, *, near: bool = False) -> None:
        await self._pump.met(neighbour, near=near)

    def hear(self, neighbour: bytes, frame: bytes) -> Callable[[], Awaitable[None]] | None:
        self._frames.append(frame)
        return self._pump.hear(neighbour, frame)

    async def lost(self, neighbour: bytes) -> None:
        await self._pump.lost(neighbour)

    async def _heard(self, event: NetworkEvent) -> None:
        match event:
            case Joined():
                if len(self._network.neighbours) == DEGREE:
                    self._linked.set()
            case Status(state):
                if state == "up":
                    self._up.set()

    def _tell(self, told: Tell) -> None:
        if told.topic == "entry":
            self._stood.setdefault(EntryId(told.about), time.monotonic())

    async def _measure(self, scope: trio.CancelScope) -> None:
        await self._up.wait()
        self._pipe.send(f"127.0.0.1:{self._network.port}")
        for address in await trio.to_thread.run_sync(self._pipe.recv):
            self._network.dial(address)
        await self._linked.wait()
        self._pipe.send(time.monotonic())
        timetable: Timetable = await trio.to_thread.run_sync(self._pipe.recv)
        async with trio.open_nursery() as nursery:
            said: dict[EntryId, tuple[int, float, float]] = {}
            nursery.start_soon(self._speak, timetable, said)
            await _until(timetable.counts_from)
            self._frames.clear()
            before = time.process_time()
            await _until(timetable.ends)
            cpu_seconds = time.process_time() - before
        self._pipe.send(self._report(said, cpu_seconds))
        scope.cancel()

    async def _speak(self, timetable: Timetable, said: dict[EntryId, tuple[int, float, float]]) -> None:
        for number, at in timetable.turns(self._number):
            await _until(at)
            before = time.monotonic()
            ends = clock.now() + DAY
            body = Listing("offer", "bread", f"Loaf {number}", number + 1, "loaf", ends, text="x" * _TEXT_CHARS)
            id_ = await self._pump.say(Drafted(body))
            said[id_] = number, before, time.monotonic()

    def _report(self, said: dict[EntryId, tuple[int, float, float]], cpu_seconds: float) -> Heard:
        stood: dict[int, float] = {}
        for id_, at in self._stood.items():
            listed = self._book.listings.get(id_)
            if listed is not None and id_ not in said:
                stood[listed.body.quantity - 1] = at
        return Heard(
            said={number: at for number, at, _ in said.values() if number >= WARM_UP},
            kept={number: at for number, _, at in said.values() if number >= WARM_UP},
            stood={number: at for number, at in stood.items() if number >= WARM_UP},
            arrivals=sum(map(_entries, self._frames)),
            cpu_seconds=cpu_seconds,
        )


def _entries(frame: bytes) -> int:
    """How many entries a frame brought."""
    read = wire.decode(frame)
    if isinstance(read, wire.Push):
        assert abs(len(read.data) - ENTRY_BYTES) < 10, f"an entry of {len(read.data)} bytes"
        return 1
    return len(read.entries) if isinstance(read, wire.Entries) else 0


async def _until(when: float) -> None:
    """Wait for a time of the monotonic clock that all processes share."""
    await trio.sleep(max(0.0, when - time.monotonic()))
