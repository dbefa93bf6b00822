"""The pump: what a member says is on the disk before it is sent, and hours pass in a moment of trio's clock."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio
import trio.testing

from ruil.node.pump import Pump
from ruil.node.store import Store
from ruil.protocol import wire
from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Deliver, Propose
from ruil.protocol.entry import open_entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Restored
from ruil.protocol.ids import DeviceId, EntryId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.opener import Opener
from ruil.protocol.peer import Peer
from tests.protocol.actors import T0, Device, Village, bread, loaves, parties


def now() -> Millis:
    """The time of day on a clock that starts when the test does."""
    return Millis(T0 + HOUR + round(trio.current_time() * 1_000))


@dataclass
class House:
    """One device at work: its pump, its disk, and its end of the road to the other."""

    device: Device
    store: Store
    pump: Pump = field(init=False)
    road: trio.MemorySendChannel[bytes] = field(init=False)
    way: trio.MemoryReceiveChannel[bytes] = field(init=False)
    telling: Callable[[], None] = lambda: None
    blamed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        opener = Opener(self.device.community)
        peer = Peer(self.device.community, self.device.key, b"epoch 01", opener)
        self.pump = Pump(peer, self.store, opener, self, lambda _: self.telling(), now)
        self.road, self.way = trio.open_memory_channel[bytes](10_000)

    def knows(self, *others: Device) -> None:
        """Its own log and these are stored, and read back as at a start."""
        for device in (self.device, *others):
            self.store.append(device.entries)
            for entry in device.entries:
                self.pump.peer.handle(Restored(entry), now())

    def own_on_disk(self) -> int:
        return len(self.store.read(self.device.id, 0, 10_000))

    def send(self, neighbour: bytes, frame: bytes) -> bool:
        del neighbour
        read = wire.decode(frame)
        if isinstance(read, wire.Push) and read.device == self.device.id:
            entry = open_entry(read.data, self.device.community, self.device.id)
            assert self.own_on_disk() > entry.seq, "sent before it was on the disk"
        self.road.send_nowait(frame)
        return True

    async def wait_room(self, neighbour: bytes, size: int) -> bool:
        del neighbour, size
        await trio.lowlevel.checkpoint()
        return True

    def blame(self, neighbour: bytes, reason: str, weight: int = 1) -> None:
        del neighbour, weight
        self.blamed.append(reason)


@dataclass
class Street:
    """Anna and Ben, each with a pump at work, and a road between them."""

    anna: House
    ben: House
    news: trio.Event = field(default_factory=trio.Event)

    async def carry(self, one: House, other: House) -> None:
        async for frame in one.way:
            await other.pump.receive(one.device.id, frame)

    async def work(self, nursery: trio.Nursery) -> None:
        for one, other in ((self.anna, self.ben), (self.ben, self.anna)):
            await nursery.start(one.pump.run)
            nursery.start_soon(self.carry, one, other)
        for one, other in ((self.anna, self.ben), (self.ben, self.anna)):
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


def play(folder: Path, story: Story) -> None:
    """Play a story in two houses that know each other.

    The clock jumps to the next thing due once nothing has happened for 5 ms: a thread that writes to the disk
    is not idleness.
    """
    trio.run(_play, folder, story, clock=trio.testing.MockClock(autojump_threshold=0.005))


async def _play(folder: Path, story: Story) -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    with contextlib.ExitStack() as stores:
        houses = []
        for device in (anna, ben):
            (folder / device.id.hex()[:8]).mkdir()
            store = Store(folder / device.id.hex()[:8], DeviceId(device.id))
            stores.callback(store.close)
            houses.append(House(device, store))
        made = Street(*houses)
        for house in houses:
            house.telling = lambda: made.news.set()
        made.anna.knows(ben)
        made.ben.knows(anna)
        async with trio.open_nursery() as nursery:
            await made.work(nursery)
            await story(made)
            nursery.cancel_scope.cancel()


def test_what_one_says_is_on_their_disk_before_it_stands_at_the_other(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        said = await made.anna.pump.say(Drafted(loaves(ends=now() + DAY)))

        assert made.anna.own_on_disk() == len(made.anna.device.entries) + 1
        await made.until(lambda: made.ben.pump.peer.book.listings.get(said) is not None)
        assert len(made.digests()) == 1
        assert made.anna.blamed + made.ben.blamed == []

    play(tmp_path, story)


def test_a_proposal_that_nobody_answers_is_ended_by_its_proposers_node_at_its_deadline(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna.device, made.ben.device
        begun = now()
        proposal = Propose(parties(anna, ben), (bread(anna, ben, due=begun + 3 * DAY),), begun + HOUR)
        said = await made.anna.pump.say(Drafted(proposal))

        await made.until(lambda: made.state(said) == [State.LAPSED, State.LAPSED])

        assert now() > begun + HOUR
        assert len(made.digests()) == 1

    play(tmp_path, story)


def test_an_agreement_is_closed_by_its_proposers_node_without_a_word_from_the_member(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna.device, made.ben.device
        proposal = Propose(parties(anna, ben), (bread(anna, ben, due=now() + 3 * DAY),), now() + DAY)
        said = await made.anna.pump.say(Drafted(proposal))
        await made.until(lambda: made.state(said)[1] is State.PROPOSED)

        await made.ben.pump.say(Drafted(Accept(), said))

        def closed() -> bool:
            known = made.ben.pump.peer.book.agreements.get(said)
            return known is not None and known.closed

        await made.until(closed)
        assert made.state(said) == [State.AGREED, State.AGREED]

    play(tmp_path, story)


def test_what_can_not_be_said_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        before = made.anna.own_on_disk()

        with pytest.raises(Refused, match="must name the entry"):
            await made.anna.pump.say(Drafted(Deliver(0, 1)))

        assert made.anna.own_on_disk() == before

    play(tmp_path, story)
