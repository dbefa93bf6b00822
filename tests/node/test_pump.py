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
from ruil.protocol.bodies import Accept, Deliver, Enter, Profile, Propose
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Restored
from ruil.protocol.ids import DeviceId, EntryId, Millis
from ruil.protocol.limits import DAY, HEAL_EVERY_MS, HOUR
from ruil.protocol.opener import Opener
from ruil.protocol.peer import Peer
from tests.protocol.actors import T0, Device, Village, bread, loaves, parties


def now() -> Millis:
    """The time of day on a clock that starts when the test does."""
    return Millis(T0 + HOUR + round(trio.current_time() * 1_000))


@dataclass
class House:
    """One device at work: its pump, its disk, and its end of the road to the other, on which so many frames fit."""

    device: Device
    store: Store
    room: int = 10_000
    pump: Pump = field(init=False)
    road: trio.MemorySendChannel[bytes] = field(init=False)
    way: trio.MemoryReceiveChannel[bytes] = field(init=False)
    telling: Callable[[], None] = lambda: None
    blamed: list[str] = field(default_factory=list)
    sent: list[wire.AnyFrame] = field(default_factory=list)
    dropped: int = 0
    linked: bool = True
    drained: trio.Event = field(default_factory=trio.Event)

    def __post_init__(self) -> None:
        opener = Opener(self.device.community)
        peer = Peer(self.device.community, self.device.key, b"epoch 01", opener)
        self.pump = Pump(peer, self.store, opener, self, lambda _: self.telling(), now)
        self.road, self.way = trio.open_memory_channel[bytes](self.room)

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
        del neighbour, size
        await trio.lowlevel.checkpoint()
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

    The clock jumps to the next thing due once nothing has happened for 5 ms: a thread that writes to the disk
    is not idleness.
    """
    trio.run(_play, folder, story, room, clock=trio.testing.MockClock(autojump_threshold=0.005))


async def _play(folder: Path, story: Story, room: int) -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    with contextlib.ExitStack() as stores:
        houses = []
        for device in (anna, ben):
            (folder / device.id.hex()[:8]).mkdir()
            store = Store(folder / device.id.hex()[:8], DeviceId(device.id))
            stores.callback(store.close)
            houses.append(House(device, store, room))
        made = Street(village, *houses)
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


def test_a_newcomer_who_forks_in_the_frame_they_enter_by_is_answered_once_and_proven(tmp_path: Path) -> None:
    # Their entrance makes Anna's node speak, their rival entry makes it read its store: both before anything is sent.
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        carla = made.village.enters(anna.device, "carla")
        rival = carla.twin().say(Profile("Carlotta"))
        said = (*carla.entries, carla.say(Profile("Carla")), rival)
        before = anna.own_on_disk()

        await anna.pump.receive(ben.device.id, frame_of(*said))
        await made.until(lambda: all(carla.id in house.pump.peer.book.forks for house in (anna, ben)))

        assert anna.own_on_disk() == before + 1
        assert anna.pump.peer.book.members.entrance_used(anna.device.id, carla_token(carla))
        assert anna.store.proofs() == [anna.pump.peer.book.forks[carla.id].data]
        await anna.pump.say(Drafted(loaves(ends=now() + DAY)))  # it goes on

    play(tmp_path, story)


def frame_of(*entries: Entry) -> bytes:
    return wire.encode(wire.Entries(entries[0].device, tuple(entry.data for entry in entries)))


def carla_token(guest: Device) -> bytes:
    entrance = guest.entries[1].body
    assert isinstance(entrance, Enter)
    return entrance.token


async def say_at_once(house: House, count: int) -> None:
    """So many sayings in one go: their frames are sent without a pause in which the road could empty."""
    async with trio.open_nursery() as nursery:
        for number in range(1, count + 1):
            nursery.start_soon(house.pump.say, Drafted(loaves(number, ends=now() + DAY)))


@pytest.mark.parametrize("room", [1, 2, 4])
def test_what_a_full_queue_dropped_is_compared_as_soon_as_there_is_room(tmp_path: Path, room: int) -> None:
    async def story(made: Street) -> None:
        begun = now()

        await say_at_once(made.anna, 20)
        dropped = made.anna.dropped
        await made.until(lambda: len(made.digests()) == 1)

        assert dropped > 0
        assert now() < begun + HEAL_EVERY_MS  # without this they would have compared notes by then
        assert made.anna.blamed + made.ben.blamed == []
        await made.ben.pump.say(Drafted(loaves(ends=now() + DAY)))  # neither takes the other for a stranger
        await made.until(lambda: len(made.digests()) == 1)

    play(tmp_path, story, room)


def test_two_who_drop_frames_at_once_are_not_busy_with_each_others_hellos_for_ever(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        async with trio.open_nursery() as nursery:
            for house in (made.anna, made.ben):
                nursery.start_soon(say_at_once, house, 30)
        dropped = [house.dropped for house in (made.anna, made.ben)]

        await made.until(lambda: len(made.digests()) == 1)
        before = now()
        with trio.move_on_at(trio.current_time() + HOUR / 1_000):
            await trio.sleep_forever()  # an hour passes in a moment only for who is idle

        assert min(dropped) > 0
        assert now() >= before + HOUR
        for house in (made.anna, made.ben):
            hellos = [frame for frame in house.sent if isinstance(frame, wire.Hello)]
            assert len(hellos) <= 1 + house.dropped

    play(tmp_path, story, room=2)


def test_a_neighbour_who_is_gone_is_greeted_no_more_until_they_are_back(tmp_path: Path) -> None:
    async def story(made: Street) -> None:
        anna, ben = made.anna, made.ben
        anna.linked = ben.linked = False  # the network knows; that it said so is still to come
        await anna.pump.say(Drafted(loaves(1, ends=now() + DAY)))
        for house, other in ((anna, ben), (ben, anna)):
            await house.pump.lost(other.device.id)
        for number in range(2, 12):
            await anna.pump.say(Drafted(loaves(number, ends=now() + DAY)))

        assert anna.dropped == 1
        assert len(made.digests()) == 2
        await made.meet()
        await made.until(lambda: len(made.digests()) == 1)

    play(tmp_path, story)
