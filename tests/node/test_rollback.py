"""The head goes back with a commit that failed: whatever the disk does, no device says two things at one place.

A node stops when its disk refuses, and the next start reads what is there; that is the way back. Tried here: an error
at each step of the disk while somebody speaks, and an end at each step of the loop.
"""

import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio
import trio.testing

from ruil.node.errors import DiskRefused
from ruil.node.letters import Letters
from ruil.node.store import Store
from ruil.protocol import wire
from ruil.protocol.entry import Entry, id_of, open_entry
from ruil.protocol.events import Drafted, Restored
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DAY, SEQ_MAX
from tests.node.disk_errors import NEVER, failing
from tests.node.power import IN_MEMORY, Disk
from tests.node.power_cuts import start
from tests.node.street import House, now
from tests.protocol.actors import Device, Village, loaves


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        yield Path(made)


@dataclass
class Life:
    """Anna's device over several starts. Whatever left it, and whatever was on its disk, is remembered."""

    folder: Path
    anna: Device
    ben: Device
    acknowledged: set[EntryId] = field(default_factory=set)
    seen: dict[int, set[bytes]] = field(default_factory=dict)  # what anybody could have read, by its place

    def house(self) -> House:
        """A start: the peer knows what the disk holds."""
        store = start(self.folder, self.anna)
        house = House(self.anna, self.folder, store, Letters(self.folder))
        for device in (self.anna, self.ben):
            for entry in self._entries(store, device):
                house.pump.peer.handle(Restored(entry), now())
        return house

    def _entries(self, store: Store, device: Device) -> Iterator[Entry]:
        for data in store.read(device.id, 0, SEQ_MAX):
            yield open_entry(data, device.community, device.id)

    async def live(self, house: House, words: int, meanwhile: Callable[[trio.CancelScope], Awaitable[None]]) -> None:
        """Say so many things, each when the one before is acknowledged, with Ben linked. The first refusal ends it."""
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(house.pump.run)
                await house.pump.met(self.ben.id)
                tag = wire.hello_tag(self.anna.community, self.ben.id, self.anna.id)
                card = tuple(entry.data for entry in self.ben.entries[:2])
                await house.pump.receive(self.ben.id, wire.encode(wire.Hello(tag, card, bytes(8), 0)))
                nursery.start_soon(meanwhile, nursery.cancel_scope)
                for number in range(words):
                    said = await house.pump.say(Drafted(loaves(number + 1, ends=now() + DAY)))
                    self.acknowledged.add(said)
                nursery.cancel_scope.cancel()
        finally:
            self.remember(house)

    def remember(self, house: House) -> None:
        """What Ben was sent of Anna's words."""
        for frame in house.sent:
            match frame:
                case wire.Push(device, data) if device == self.anna.id:
                    self._saw(data)
                case wire.Entries(device, entries) if device == self.anna.id:
                    for data in entries:
                        self._saw(data)
                case _:
                    pass

    def _saw(self, data: bytes) -> None:
        self.seen.setdefault(int.from_bytes(data[8:16], "big"), set()).add(data)

    def on_disk(self) -> list[bytes]:
        """Anna's words as a start finds them."""
        store = Store(self.folder, self.anna.id)
        try:
            held = store.read(self.anna.id, 0, SEQ_MAX)
        finally:
            store.close()
        for data in held:
            self._saw(data)
        return held

    def faults(self) -> list[str]:
        """What must never be."""
        held = self.on_disk()
        found = [f"two things are said at {seq}" for seq, said in self.seen.items() if len(said) > 1]
        if len(self.seen) > len(held):
            found.append("somebody heard what is not on the disk")
        ids = {id_of(data, self.anna.community, self.anna.id) for data in held}
        if gone := self.acknowledged - ids:
            found.append(f"{len(gone)} acknowledged are gone")
        return found


def close(house: House) -> None:
    try:
        house.letters.close()
    finally:
        house.store.close()


async def never(_scope: trio.CancelScope) -> None:
    """Nothing happens meanwhile."""


def begin(folder: Path) -> Life:
    folder.mkdir()
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    store = Store(folder, anna.id)
    store.append([*anna.entries, *ben.entries])
    store.close()
    return Life(folder, anna, ben)


def runs(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.02))


def test_after_an_error_at_any_step_no_device_says_two_things_at_one_place(folder: Path) -> None:
    async def tried(step: int) -> bool:
        life = begin(folder / f"{step}")
        refused = False
        with Disk(life.folder) as disk:
            house = life.house()
            disk.failing = failing(step, for_ever=True)
            try:
                await life.live(house, 3, never)
            except* DiskRefused:
                refused = True
            with contextlib.suppress(DiskRefused):
                close(house)
            disk.failing = NEVER
            again = life.house()
            await life.live(again, 2, never)
            close(again)
        assert life.faults() == [], step
        assert len(life.acknowledged) >= 2
        return refused

    async def every() -> None:
        step = 0
        while await tried(step):
            step += 1
        assert step > 10

    runs(every)


def test_cancelled_at_any_moment_no_device_says_two_things_at_one_place(folder: Path) -> None:
    async def tried(moments: int) -> bool:
        life = begin(folder / f"{moments}")

        async def cancel(scope: trio.CancelScope) -> None:
            for _ in range(moments):
                await trio.lowlevel.checkpoint()
            scope.cancel()

        house = life.house()
        await life.live(house, 3, cancel)
        done = len(life.acknowledged) == 3
        close(house)
        again = life.house()
        await life.live(again, 2, never)
        close(again)
        assert life.faults() == [], moments
        return done

    async def every() -> None:
        moments = 0
        while not await tried(moments):
            moments += 1
        assert moments > 5

    runs(every)


def test_a_peer_that_is_ahead_of_the_disk_is_never_asked_again(folder: Path) -> None:
    life = begin(folder / "disk")

    async def main() -> None:
        with Disk(life.folder) as disk:
            house = life.house()
            disk.failing = lambda kind, name: (kind, name) == ("sync", "own.sqlite-wal")
            with pytest.RaisesGroup(DiskRefused, DiskRefused, flatten_subgroups=True):  # the member and the node
                await life.live(house, 1, never)
            disk.failing = NEVER
            with pytest.RaisesGroup(AssertionError, flatten_subgroups=True):
                await house.pump.run()
            close(house)

    runs(main)
