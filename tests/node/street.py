"""A street of two houses: each with a pump at work and a real disk, a road between them, and a clock that jumps."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import trio
import trio.testing

from ruil.node.letters import Letters
from ruil.node.pump import Pump
from ruil.node.store import Store
from ruil.protocol import wire
from ruil.protocol.agreement import State
from ruil.protocol.bodies import Enter
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.events import Drafted, Restored
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.opener import Opener
from ruil.protocol.peer import Peer
from tests.protocol.actors import T0, Device, Village, loaves


def now() -> Millis:
    """The time of day on a clock that starts when the test does."""
    return Millis(T0 + HOUR + round(trio.current_time() * 1_000))


@dataclass
class House:
    """One device at work: its pump, its disk, and its end of the road to the other, on which so many frames fit."""

    device: Device
    folder: Path
    store: Store
    letters: Letters
    room: int = 10_000
    pump: Pump = field(init=False)
    road: trio.MemorySendChannel[bytes] = field(init=False)
    way: trio.MemoryReceiveChannel[bytes] = field(init=False)
    telling: Callable[[], None] = lambda: None
    blamed: list[str] = field(default_factory=list)
    sent: list[wire.AnyFrame] = field(default_factory=list)
    dropped: int = 0
    linked: bool = True
    deaf: set[bytes] = field(default_factory=set)  # neighbours beside the road who read nothing that is sent to them
    drained: trio.Event = field(default_factory=trio.Event)
    behind: int = 0  # ms by which this house's clock was set back

    def __post_init__(self) -> None:
        opener = Opener(self.device.community)
        peer = Peer(self.device.community, self.device.key, b"epoch 01", opener)
        self.pump = Pump(peer, self.store, self.letters, opener, self, lambda _: self.telling(), self.now)
        self.road, self.way = trio.open_memory_channel[bytes](self.room)

    def now(self) -> Millis:
        """By this house's clock."""
        return Millis(now() - self.behind)

    def knows(self, *others: Device) -> None:
        """Its own log and these are stored, and read back as at a start."""
        for device in (self.device, *others):
            self.store.append(device.entries)
            for entry in device.entries:
                self.pump.peer.handle(Restored(entry), now())

    def own_on_disk(self) -> int:
        return len(self.store.read(self.device.id, 0, 10_000))

    def send(self, neighbour: bytes, frame: bytes, *, now: bool = False) -> bool:
        del now
        if neighbour in self.deaf:
            return True
        read = wire.decode(frame)
        if isinstance(read, wire.Push) and read.device == self.device.id:
            entry = open_entry(read.data, self.device.community, self.device.id)
            assert self.own_on_disk() > entry.seq, "sent before it was on the disk"
        if not self.linked or self.waiting() == self.room:
            self.dropped += 1
            assert self.dropped < 1_000, "busy for ever: the clock never comes on, and the test would hang"
            return False
        self.road.send_nowait(frame)
        assert read is not None
        self.sent.append(read)
        assert len(self.sent) < 10_000, "busy for ever, likewise"
        return True

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        del size
        await trio.lowlevel.checkpoint()
        if neighbour in self.deaf:
            await trio.sleep_forever()
        while self.linked and self.waiting() > self.room // 2:
            self.drained = trio.Event()
            await self.drained.wait()
        return self.linked

    def waiting(self) -> int:
        return self.road.statistics().current_buffer_used

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        del neighbour, weight
        self.blamed.append(reason)


@dataclass
class Street:
    """Anna and Ben, each with a pump at work, and a road between them."""

    village: Village
    anna: House
    ben: House
    news: trio.Event = field(default_factory=trio.Event)

    async def carry(self, one: House, other: House) -> None:
        async for frame in one.way:
            one.drained.set()
            await other.pump.receive(one.device.id, frame)

    async def work(self, nursery: trio.Nursery) -> None:
        for one, other in ((self.anna, self.ben), (self.ben, self.anna)):
            await nursery.start(one.pump.run)
            nursery.start_soon(self.carry, one, other)
        await self.meet()

    async def meet(self) -> None:
        for one, other in ((self.anna, self.ben), (self.ben, self.anna)):
            one.linked = True
            await one.pump.met(other.device.id)
        await trio.testing.wait_all_tasks_blocked()  # each has heard the other's hello

    def digests(self) -> set[bytes]:
        return {house.pump.peer.book.digest() for house in (self.anna, self.ben)}

    async def until(self, true: Callable[[], bool]) -> None:
        """Look again whenever something new stands somewhere. A season of trio's time without it is a failure."""
        with trio.fail_after(90 * DAY / 1_000):
            while not true():
                self.news = trio.Event()
                await self.news.wait()

    def state(self, agreement: EntryId) -> list[State | None]:
        found = [house.pump.peer.book.agreements.get(agreement) for house in (self.anna, self.ben)]
        return [known.state if known else None for known in found]


Story = Callable[["Street"], Awaitable[None]]


def play(folder: Path, story: Story, room: int = 10_000) -> None:
    """Play a story in two houses that know each other, and have room for so many frames on the road between them.

    The clock jumps to the next thing due once nothing has happened for 20 ms: a thread that writes to the disk
    is not idleness.
    """
    trio.run(_play, folder, story, room, clock=trio.testing.MockClock(autojump_threshold=0.02))


async def _play(folder: Path, story: Story, room: int) -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    with contextlib.ExitStack() as stores:
        houses = []
        for device in (anna, ben):
            house = folder / device.id.hex()[:8]
            house.mkdir()
            store = Store(house, device.id)
            stores.callback(store.close)
            letters = Letters(house)
            stores.callback(letters.close)
            houses.append(House(device, house, store, letters, room))
        made = Street(village, *houses)
        for house in houses:
            house.telling = lambda: made.news.set()
        made.anna.knows(ben)
        made.ben.knows(anna)
        async with trio.open_nursery() as nursery:
            await made.work(nursery)
            await story(made)
            nursery.cancel_scope.cancel()


def frame_of(*entries: Entry) -> bytes:
    return wire.encode(wire.Entries(entries[0].device, tuple(entry.data for entry in entries)))


def token_of(guest: Device) -> bytes:
    entrance = guest.entries[1].body
    assert isinstance(entrance, Enter)
    return entrance.token


async def say_at_once(house: House, count: int) -> None:
    """So many sayings in one go: their frames are sent without a pause in which the road could empty."""
    async with trio.open_nursery() as nursery:
        for number in range(1, count + 1):
            nursery.start_soon(house.pump.say, Drafted(loaves(number, ends=now() + DAY)))
