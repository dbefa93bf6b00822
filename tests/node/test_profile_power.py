"""A whole profile when the power is cut: its identity, what was said, and the Book, whatever the snapshot is worth."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
import trio

from ruil.node import clock, identity, setup, snapshot, whole_file
from ruil.node.errors import NoProfile
from ruil.node.identity import Identity
from ruil.node.offline import NoLinks
from ruil.node.profile import locked, opened
from ruil.node.pump import Pump
from ruil.protocol.book import Book
from ruil.protocol.entry import open_entry
from ruil.protocol.events import Drafted
from ruil.protocol.limits import DAY
from tests.node.power import IN_MEMORY, Disk, Image, images
from tests.protocol.actors import loaves

SEEDS = range(3)
IMAGES = 18


@pytest.fixture
def memory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        yield Path(made)


@dataclass
class Beginning:
    """Somebody begins a profile, founds a community and says things, in several starts. After so many steps of the
    disk, so much of it was acknowledged."""

    disk: Disk
    who: list[tuple[int, Identity]] = field(default_factory=list)
    said: list[tuple[int, int]] = field(default_factory=list)

    def run(self, chance: Random) -> None:
        for step in (
            lambda: setup.begin(self.disk.folder, "Anna"),
            lambda: setup.found(self.disk.folder, "Elm Street"),
        ):
            who = step()
            self.who.append((self._now(), who))
        for _ in range(3):
            trio.run(self._start, chance.randint(1, 12))

    def _now(self) -> int:
        return len(self.disk.record)

    async def _start(self, words: int) -> None:
        with locked(self.disk.folder), opened(self.disk.folder) as profile:
            pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, NoLinks())
            async with trio.open_nursery() as nursery:
                await nursery.start(pump.run)
                await setup.complete(profile, pump)
                for number in range(words):
                    await pump.say(Drafted(loaves(number + 1, ends=clock.now() + DAY)))
                    self.said.append((self._now(), profile.peer.book.logs[profile.peer.device].size))
                nursery.cancel_scope.cancel()


def faults(image: Image, folder: Path, begun: Beginning) -> list[str]:
    """What a start finds that must not be."""
    image.write(folder)
    due = [who for at, who in begun.who if at <= image.at]
    try:
        who = identity.read(folder)
    except NoProfile:
        return ["the identity is gone"] if due else []
    found = []
    if who not in [each for _, each in begun.who] or (due and due[-1].community and who != due[-1]):
        found.append("the identity is another")
    if who.community is None:
        return found
    with opened(folder) as profile:
        book, entries = (
            profile.peer.book,
            [open_entry(data, who.community, device) for device, data in profile.store.all()],
        )
        fresh = Book(who.community)
        for entry in entries:
            fresh.apply(entry)
        if book.digest() != fresh.digest():
            found.append("the Book is not what the entries say")
        if len(entries) < max((count for at, count in begun.said if at <= image.at), default=0):
            found.append("acknowledged words are gone")
        found += profile.store.damage()
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_profile_is_whole_after_a_power_cut(memory: Path, seed: int) -> None:
    chance = Random(seed)
    (memory / "disk").mkdir()
    with Disk(memory / "disk") as disk:
        begun = Beginning(disk)
        begun.run(chance)

    last = len(disk.record)
    points = [chance.randint(1, last) for _ in range(IMAGES)] + [at for at, _ in begun.who]
    for image in images(disk.record, points, chance):
        assert faults(image, memory / "left", begun) == [], (seed, image.at, image.way)


def test_a_snapshot_that_the_power_cut_tore_is_noticed_and_made_anew(memory: Path) -> None:
    (memory / "disk").mkdir()
    with Disk(memory / "disk") as disk:
        begun = Beginning(disk)
        begun.run(Random(4))
        kept = (disk.folder / snapshot.FILE).read_bytes()

    torn = 0
    for image in images(disk.record, [len(disk.record)] * 30, Random(5)):
        left = image.files.get(snapshot.FILE)
        torn += left not in (None, kept)
        assert faults(image, memory / "left", begun) == [], image.way
        assert (memory / "left" / snapshot.FILE).read_bytes() == kept, image.way  # made anew, and the same
    assert torn > 3


def test_a_new_profile_is_on_the_disk_with_the_folders_it_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    setup.begin(tmp_path / "a" / "b" / "profile", "Anna")

    home = tmp_path / "a" / "b" / "profile"
    assert synced.index(tmp_path) < synced.index(home)
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b", home} <= set(synced)
    assert synced.index(home / "identity.json.new") < synced.index(home)

    synced.clear()
    whole_file.folder(home)  # nothing is new: nothing waits for the disk
    assert synced == []
