"""A store at work on a disk whose power can be cut, and what must hold of whatever is left of it."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from ruil.node.errors import DiskRefused
from ruil.node.store import Store, settle
from ruil.protocol.bodies import Listing
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId
from ruil.protocol.limits import SEQ_MAX
from ruil.protocol.revocations import revocation, revoke
from tests.node.power import Disk, Image, images, killed
from tests.protocol.actors import T0, Device, Village


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be said: the log of the device whose disk it is, and others'."""

    own: Device
    others: tuple[Device, ...]
    proofs: tuple[bytes, ...]


@functools.cache
def shelf(own: int = 700, others: int = 300) -> Shelf:
    """So many entries of everybody's, signed once. Short ones and long ones."""
    chance = Random(4)
    village = Village()
    anna = village.founder
    guests = [village.joins(anna, name) for name in ("ben", "carla", "dora")]
    for device, count in ((anna, own), *((guest, others) for guest in guests)):
        for number in range(count):
            words = "word " * chance.choice((0, 5, 20, 100, 1_000))
            device.say(Listing("offer", "bread", f"Loaf {number}", 1, "loaf", T0 + 7 * 86_400_000, text=words))
    proofs = tuple(
        revocation(village.community, revoke(guest.owner, village.community, guest.id, 300)).data for guest in guests
    )
    return Shelf(anna, tuple(guests), proofs)


def start(folder: Path, own: Device) -> Store:
    """As node/profile.py begins, which holds the profile's lock."""
    settle(folder)
    return Store(folder, own.id)


@dataclass(slots=True)
class Work:
    """A store at work. `promised`: after so many steps of the disk, so many of our own entries were acknowledged, or
    read back by a start, which shows them to neighbours; and so many of each other's were heard."""

    disk: Disk
    shelf: Shelf
    chance: Random
    promised: list[tuple[int, int, dict[DeviceId, int]]] = field(default_factory=list)
    said: int = 0
    heard: dict[DeviceId, int] = field(default_factory=dict)
    killed: int = 0

    def run(self, rounds: int) -> None:
        """Begin, and do so many things."""
        store = self._open()
        for _ in range(rounds):
            draw = self.chance.random()
            if draw < 0.94:
                self._append(store, draw)
            elif draw < 0.96:
                proof = self.chance.choice(self.shelf.proofs)
                store.keep(proof[:8], proof)
            elif draw < 0.975:
                store.close()
                store = self._open()
            else:
                store = self._kill(store)
        store.close()

    def _append(self, store: Store, draw: float) -> None:
        own = self.shelf.own.entries[self.said : self.said + self.chance.choice((1, 1, 1, 3))] if draw < 0.7 else []
        others = list(self._hear()) if draw >= 0.62 else []
        store.append([*own, *others])
        self.said += len(own)
        for entry in others:
            self.heard[entry.device] = entry.seq + 1
        self._promise()

    def _hear(self) -> Iterator[Entry]:
        for device in self.shelf.others:
            known = self.heard.get(device.id, 0)
            yield from device.entries[known : known + self.chance.choice((0, 1, 4, 16))]

    def _promise(self) -> None:
        self.promised.append((len(self.disk.record), self.said, dict(self.heard)))

    def _open(self) -> Store:
        """As a start does: what is found is shown to everybody from now on."""
        store = start(self.disk.folder, self.shelf.own)
        self.said = max(self.said, len(store.read(self.shelf.own.id, 0, SEQ_MAX)))
        for device in self.shelf.others:
            self.heard[device.id] = len(store.read(device.id, 0, SEQ_MAX))
        self._promise()
        return store

    def _kill(self, store: Store) -> Store:
        """The process ends at one of the next steps of the disk, wherever that is."""
        left = self.chance.randrange(12)

        def one_less(_kind: str, _name: str) -> bool:
            nonlocal left
            left -= 1
            return left < 0

        said, heard = self.said, dict(self.heard)
        self.disk.failing = one_less
        try:
            while left >= 0:
                self._append(store, self.chance.random() * 0.94)
                said, heard = self.said, dict(self.heard)
        except DiskRefused:
            self.killed += 1
        self.said, self.heard = said, heard
        self.disk.failing = lambda _kind, _name: False
        with killed(self.disk), contextlib.suppress(DiskRefused):
            store.close()
        return self._open()

    def images(self, count: int) -> Iterator[Image]:
        """What is left when the power is cut at so many moments."""
        last = len(self.disk.record)
        return images(self.disk.record, sorted(self.chance.randint(1, last) for _ in range(count)), self.chance)

    def due(self, at: int) -> tuple[int, dict[DeviceId, int]]:
        """How many of our own entries must be there after so many steps, and how many of others' may be."""
        said, heard = 0, dict[DeviceId, int]()
        for when, own, others in self.promised:
            if when <= at:
                said, heard = own, others
        return said, heard


@dataclass(frozen=True, slots=True)
class Found:
    """What a start found in an image. `lost`: our own acknowledged entries that are gone; `faults`: what must never
    be; `again`: how many of others' entries have to be fetched again."""

    lost: int
    faults: list[str]
    again: int


def look(image: Image, folder: Path, work: Work) -> Found:
    """Start on what is left, and go on there."""
    image.write(folder)
    due, heard = work.due(image.at)
    try:
        store = start(folder, work.shelf.own)
    except DiskRefused as why:
        return Found(due, [f"does not open: {why}"], 0)
    try:
        return _look(store, work.shelf, due, heard)
    except (DiskRefused, apsw.ConstraintError) as why:
        return Found(0, [f"ends while it is read: {why}"], 0)
    finally:
        with contextlib.suppress(DiskRefused):
            store.close()


def _look(store: Store, shelf: Shelf, due: int, heard: dict[DeviceId, int]) -> Found:
    own = shelf.own
    faults = store.damage()
    there = store.read(own.id, 0, SEQ_MAX)
    if there != [entry.data for entry in own.entries[: len(there)]]:
        faults.append("our own log is no prefix of what was said")
    again = 0
    for device in shelf.others:
        held = store.read(device.id, 0, SEQ_MAX)
        if held != [entry.data for entry in device.entries[: len(held)]]:
            faults.append("a log of somebody else's is no prefix of what was heard")
        missing = device.entries[len(held) : heard.get(device.id, 0)]
        again += len(missing)
        store.append(missing)  # a neighbour sends it again
        whole = [entry.data for entry in device.entries[: len(held) + len(missing)]]
        if store.read(device.id, 0, SEQ_MAX) != whole:
            faults.append("what was fetched again does not stand")
    store.append(own.entries[len(there) : len(there) + 1])  # we go on
    if len(store.read(own.id, 0, SEQ_MAX)) != min(len(there) + 1, len(own.entries)):
        faults.append("we can not go on where we stopped")
    if not set(store.proofs()).issubset(shelf.proofs):
        faults.append("a proof that nobody kept")
    faults += store.damage()
    return Found(max(0, due - len(there)), faults, again)
