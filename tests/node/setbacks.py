"""Set back: a log of fifty entries, its profile as it was after each, every way to put an old one back, and neighbours.

A `Past` lives the fifty entries once, and keeps the profile, and what its computer remembers of it, after each.
`put_back` makes an old state of it out of these, `live` lets its node go on as a node does, and a `Ledger` sees all.
"""

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import trio
import trio.testing

from ruil.node import clock, identity, lease, setup
from ruil.node.errors import DiskRefused
from ruil.node.lease import Here
from ruil.node.offline import NoLinks
from ruil.node.profile import Profile, locked, opened
from ruil.node.pump import Pump
from ruil.protocol import invitations, members, wire
from ruil.protocol.bodies import Admit, Enter
from ruil.protocol.bodies import Profile as Shown
from ruil.protocol.entry import Entry, id_of, open_entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Effect, Met, Received, Restored, Send, Serve, Store, Tell
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, Millis, NeighbourId
from ruil.protocol.limits import LEASE_CLAIM_MS, LEASE_SETTLE_MS
from ruil.protocol.log import Log
from ruil.protocol.peer import Peer
from tests.protocol.actors import Device, key

SIZE: Final = 50
MET: Final = 7  # after so many of Anna's entries she knows somebody else
HERE: Final = lease.here()
Way = Literal["another folder", "another computer", "same files", "database alone", "home put back", "machine set back"]
Around = Literal["nobody", "honest", "shorter", "longer", "withholds", "liar and honest"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
AROUND: Final[tuple[Around, ...]] = get_args(Around)
_ALL_OF_IT: Final = ("home put back", "machine set back")  # what the computer remembers was put back too


def invisible(way: Way, size: int, around: Around) -> bool:
    """Whether nothing that a node can see tells that it was set back: its computer remembers no more than its profile,
    and nobody it can hear shows more. Then it forks; decision 19 says why no rule can help it."""
    return size < SIZE and way in _ALL_OF_IT and (size < MET or around == "withholds")


@dataclass
class Ledger:
    """Every entry of Anna's devices that was ever signed: what is on a disk, and what was sent."""

    community: CommunityId
    ids: dict[tuple[bytes, int], EntryId] = field(default_factory=dict)
    forks: list[str] = field(default_factory=list)

    def saw(self, device: bytes, data: bytes) -> None:
        seq, id_ = int.from_bytes(data[8:16], "big"), id_of(data, self.community, DeviceId(device))
        if self.ids.setdefault((device, seq), id_) != id_:
            self.forks.append(f"two entries {seq} of {device.hex()[:8]}")


class Neighbour:
    """One peer. `tells`: the size of Anna's log it tells of, if that is a lie; then it shows nothing of it."""

    def __init__(self, past: "Past", device: Device, tells: int | None) -> None:
        self.id = NeighbourId(device.id)
        self._anna, self._tells = past.anna, tells
        self._peer = Peer(past.community, device.key, b"neighbou")
        self._disk: dict[bytes, list[bytes]] = {}
        for entry in (*past.log, *(entry for each in past.neighbours for entry in each.entries)):
            self._peer.handle(Restored(entry), clock.now())
            self._disk.setdefault(entry.device, []).append(entry.data)

    def meet(self, other: DeviceId, now: Millis) -> list[bytes]:
        """What it says first to whoever comes."""
        return self._done(self._peer.handle(Met(NeighbourId(other)), now))

    def hear(self, frame: bytes, other: DeviceId, now: Millis) -> list[bytes]:
        """What it answers."""
        return self._done(self._peer.handle(Received(frame, NeighbourId(other)), now))

    def _done(self, effects: list[Effect]) -> list[bytes]:
        return [wire.encode(frame) for effect in effects for frame in self._frames(effect)]

    def _frames(self, effect: Effect) -> Iterator[wire.Frame]:
        if isinstance(effect, Store):
            self._disk.setdefault(effect.entry.device, []).append(effect.entry.data)
        elif isinstance(effect, Send):
            yield self._honest_or_not(effect.frame)
        elif isinstance(effect, Serve) and (self._tells is None or effect.device != self._anna):
            yield from wire.entries(effect.device, self._disk[effect.device][effect.first : effect.last + 1])

    def _honest_or_not(self, frame: wire.Frame) -> wire.Frame:
        if self._tells is None or not isinstance(frame, wire.Heads):
            return frame
        told = self._disk[self._anna][self._tells - 1 : self._tells]
        short = id_of(told[0], self._peer.community, self._anna)[:8] if told and self._tells else bytes(8)
        heads = tuple(
            (device, self._tells, short) if device == self._anna else (device, size, head)
            for device, size, head in frame.heads
            if device != self._anna or self._tells
        )
        return wire.Heads(frame.epoch, frame.cursor, heads)


@contextlib.contextmanager
def remembering(state: Path) -> Iterator[None]:
    """What a computer remembers of its devices is in this folder meanwhile."""
    before = os.environ.get("RUIL_STATE")
    os.environ["RUIL_STATE"] = str(state)
    try:
        yield
    finally:
        if before is None:
            del os.environ["RUIL_STATE"]
        else:
            os.environ["RUIL_STATE"] = before


@contextlib.contextmanager
def folder_in_memory() -> Iterator[Path]:
    """What a sync is worth, other tests try; these wait for hundreds."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


class Past:
    """Anna's profile through fifty entries, and Ben and Carla, who have read them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.neighbours: list[Device] = []
        with remembering(folder / "state"):
            setup.begin(folder / "anna", "Anna")
            who = setup.found(folder / "anna", "Elm Street")
            assert who.community is not None
            self.community, self.anna = who.community, who.device_id
            self._keep(0)
            trio.run(self._live)

    async def _live(self) -> None:
        home = self.folder / "anna"
        kept = trio.Event()
        words = 0  # each is a moment after the last, as a person's are
        typed = dataclasses.replace(HERE, now=lambda: HERE.now() + words * lease.BURST_MS)
        with locked(home), opened(home, where=typed) as profile:

            def told(what: Tell) -> None:
                said = profile.peer.book.records[EntryId(what.about)] if what.topic == "entry" else None
                if said is not None and said.device == self.anna:
                    self._keep(said.seq + 1)
                    if said.seq + 1 == SIZE:
                        kept.set()

            pump = Pump(
                profile.peer, profile.store, profile.letters, profile.opener, NoLinks(), told, lease=profile.lease
            )
            async with trio.open_nursery() as nursery:
                await nursery.start(pump.run)
                await setup.complete(profile, pump)
                for size in range(profile.peer.book.logs[self.anna].size, SIZE):
                    words += 1
                    if MET - 3 <= size < MET - 1:
                        await pump.say(self._guest(profile, f"neighbour {size}"))
                    else:
                        await pump.say(Drafted(Shown(f"Anna {size}")))
                await kept.wait()
                nursery.cancel_scope.cancel()
            stored = profile.store.read(self.anna, 0, SIZE)
        self.log: list[Entry] = [open_entry(data, self.community, self.anna) for data in stored]

    def _guest(self, profile: Profile, name: str) -> Drafted:
        """Somebody new whom Anna lets in."""
        own, owner, now = key(f"device {name}"), key(name), clock.now()
        guest = Device(own, owner, self.community, Log(DeviceId(own.public)))
        token = key(f"token {name}").seed[:16]
        invitation = invitations.invite(profile.identity.device, self.community, token, now // 1_000 + 86_400)
        guest.say(members.certify(owner, guest.id, name, now), at=now)
        guest.say(invitations.enter(owner, guest.id, invitation), at=now)
        profile.store.append(guest.entries)
        for entry in guest.entries:
            profile.peer.handle(Restored(entry), now)
        self.neighbours.append(guest)
        body = guest.entries[1].body
        assert isinstance(body, Enter)
        return Drafted(Admit(body.token), guest.entries[1].id)

    def _keep(self, size: int) -> None:
        shutil.copytree(self.folder / "anna", self.folder / f"anna {size}")
        shutil.copytree(self.folder / "state", self.folder / f"state {size}")

    def around(self, what: Around, size: int) -> list[Neighbour]:
        """Who is linked with a node whose log was set back to `size`."""
        ben, carla = self.neighbours
        match what:
            case "nobody":
                return []
            case "honest":
                return [Neighbour(self, ben, None)]
            case "shorter":
                return [Neighbour(self, ben, max(0, size - 1))]
            case "longer":
                return [Neighbour(self, ben, 1_000)]
            case "withholds":
                return [Neighbour(self, ben, size)]
            case "liar and honest":
                return [Neighbour(self, ben, size), Neighbour(self, carla, None)]


# Putting an old state back ----------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """A profile, where what its computer remembers is, and which computer that is. `first`: the one it was copied from,
    if that goes on beside it."""

    home: Path
    memory: Path
    here: Here
    first: Path | None = None


def put_back(past: Past, way: Way, size: int) -> State:
    """Anna's profile has all fifty entries, and one with `size` of them is put back in one way or another."""
    home, memory, copy = past.folder / "anna", past.folder / "state", past.folder / "copy"
    _over(past.folder / f"anna {SIZE}", home)
    _remember(past, SIZE, HERE)
    old = past.folder / f"anna {size}"
    shutil.rmtree(copy, ignore_errors=True)
    match way:
        case "another folder":
            shutil.copytree(old, copy)
            return State(copy, memory, HERE, home)
        case "another computer":
            shutil.copytree(old, copy)
            return State(copy, past.folder / "laptop", Here("Anna's laptop", "also monday"), home)
        case "same files":
            _over(old, home)
            return State(home, memory, HERE)
        case "database alone":
            for name in ("own.sqlite", "own.sqlite-wal", "own.sqlite-shm"):
                _over_file(old / name, home / name)
            return State(home, memory, HERE)
        case "home put back":
            _over(old, home)
            long_ago = dataclasses.replace(HERE, now=lambda: HERE.now() - 3_600_000)
            _remember(past, size, long_ago)  # no program can put back when the system last wrote a file
            return State(home, memory, HERE)
        case "machine set back":
            _over(old, home)
            _remember(past, size, HERE)
            return State(home, memory, dataclasses.replace(HERE, boot="tuesday"))


def _over(old: Path, home: Path) -> None:
    """As `rsync --inplace --delete` does: the same files hold what the old ones held."""
    for name in {path.name for path in (*old.iterdir(), *home.iterdir())}:
        _over_file(old / name, home / name)


def _over_file(old: Path, path: Path) -> None:
    if old.is_file():
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.truncate()
            file.write(old.read_bytes())
        path.chmod(0o600)
    else:
        path.unlink(missing_ok=True)


def _remember(past: Past, size: int, when: Here) -> None:
    """What the computer remembered at that size, as written by it at a time."""
    memory = past.folder / "state"
    _over(past.folder / f"state {size}", memory)
    device = identity.read(past.folder / f"anna {size}").device
    with remembering(memory), lease.taken(device, when) as held:
        held.keep()


# Going on ----------------------------------------


class Roads(NoLinks):
    """The links of Anna's node, and what she sends on them."""

    def __init__(self, neighbours: Sequence[Neighbour], profile: Profile, ledger: Ledger) -> None:
        self._neighbours = {neighbour.id: neighbour for neighbour in neighbours}
        self._ledger, self._profile = ledger, profile
        self._here = profile.identity.device_id
        self._sent, self._coming = trio.open_memory_channel[tuple[NeighbourId, bytes]](10_000)

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool:
        del now
        read = wire.decode(frame)
        said = (read.data,) if isinstance(read, wire.Push) else read.entries if isinstance(read, wire.Entries) else ()
        for data in said:
            assert isinstance(read, wire.Push | wire.Entries)
            self._ledger.saw(read.device, data)
        self._sent.send_nowait((NeighbourId(DeviceId(neighbour)), frame))
        return True

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        del neighbour, size
        await trio.lowlevel.checkpoint()
        return True

    async def carry(self, pump: Pump) -> None:
        """The neighbours come, and answer whatever they are sent."""
        for neighbour in self._neighbours.values():
            await pump.met(neighbour.id)
            await self._answer(pump, neighbour, neighbour.meet(self._here, clock.now()))
        async for who, frame in self._coming:
            neighbour = self._neighbours[who]
            await self._answer(pump, neighbour, neighbour.hear(frame, self._here, clock.now()))

    async def _answer(self, pump: Pump, neighbour: Neighbour, frames: list[bytes]) -> None:
        for frame in frames:
            await pump.receive(neighbour.id, frame)


def live(state: State, neighbours: Sequence[Neighbour], ledger: Ledger) -> int:
    """Anna's node runs for some minutes, and she tries to say something all the time. Returns how often she could."""
    with remembering(state.memory), locked(state.home):
        return trio.run(_live, state, neighbours, ledger, clock=trio.testing.MockClock(autojump_threshold=0.005))


async def _live(state: State, neighbours: Sequence[Neighbour], ledger: Ledger) -> int:
    said = 0
    for _ in range(3):  # a device that is over makes room for another, as in node/app.py
        try:
            with opened(state.home, where=state.here) as profile:
                said += await _run(profile, Roads(neighbours, profile, ledger))
                for device in profile.peer.book.members.of_device:
                    for data in profile.store.read(device, 0, 1_000):
                        ledger.saw(device, data)
                if not profile.peer.over:
                    return said
        except DiskRefused:
            return said  # the database is not there at all
    raise AssertionError("every new device is over at once")


async def _run(profile: Profile, roads: Roads) -> int:
    said = 0
    over = trio.Event()
    start = trio.current_time()

    def now() -> Millis:
        return Millis(clock.now() + round((trio.current_time() - start) * 1_000))

    def told(what: Tell) -> None:
        if what.topic == "ended":
            over.set()

    pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, roads, told, now, profile.lease)
    async with trio.open_nursery() as nursery:
        await nursery.start(pump.run)
        await setup.complete(profile, pump)
        nursery.start_soon(roads.carry, pump)
        for seconds in (0, 1, LEASE_SETTLE_MS / 1_000, LEASE_CLAIM_MS / 1_000, 30):
            with trio.move_on_after(seconds):
                await over.wait()
            try:
                await pump.say(Drafted(Shown(f"Anna at {seconds}")))
                said += 1
            except Refused:
                pass  # it is held, or over
        nursery.cancel_scope.cancel()
    return said


def put_back_and_live(past: Past, way: Way, size: int, around: Around) -> tuple[list[str], int]:
    """The forks that came of it, and how often Anna could say something where the old state was put back."""
    ledger = Ledger(past.community)
    for entry in past.log:
        ledger.saw(entry.device, entry.data)
    state = put_back(past, way, size)
    said = live(state, past.around(around, size), ledger)
    if state.first is not None:
        if state.memory != past.folder / "state":
            _remember(past, SIZE, HERE)
        first = State(state.first, past.folder / "state", HERE)
        live(first, past.around("honest" if around != "nobody" else "nobody", SIZE), ledger)
    return ledger.forks, said
