"""Power cuts: whatever is left of the disk, no acknowledged word of ours is lost, and nothing is corrupt."""

import ctypes
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import apsw
import pytest

from ruil.node import store as store_module
from ruil.node.errors import DiskRefused
from ruil.node.store import Store, settle
from ruil.protocol.limits import SEQ_MAX
from tests.node.power import IN_MEMORY, Disk, Made, NamesSynced, Synced, images
from tests.node.power_cuts import Work, look, shelf, start

SEEDS = range(6)
IMAGES = 12  # of each seed, two for each way of being cut


@pytest.fixture
def left() -> Iterator[Path]:
    """Where images are looked at: in memory, where syncs cost nothing."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


def at_work(folder: Path, seed: int, rounds: int = 150, *, believing: bool = True) -> Work:
    """A store that did so many things in this folder."""
    folder.mkdir()
    with Disk(folder) as disk:
        disk.believing = believing
        work = Work(disk, shelf(), Random(seed))
        work.run(rounds)
    return work


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_power_cut_every_acknowledged_word_is_there_and_nothing_is_corrupt(
    tmp_path: Path, left: Path, seed: int
) -> None:
    work = at_work(tmp_path / "disk", seed)

    assert work.said > 20
    for image in work.images(IMAGES):
        found = look(image, left, work)
        assert (found.lost, found.faults) == (0, []), (seed, image.at, image.way, found)


def test_what_a_killed_node_wrote_and_the_next_one_showed_outlives_a_power_cut(tmp_path: Path, left: Path) -> None:
    anna = shelf().own
    (tmp_path / "disk").mkdir()
    with Disk(tmp_path / "disk") as disk:
        store = start(disk.folder, anna)
        store.append(anna.entries[:3])
        disk.failing = lambda kind, _name: kind == "sync"  # written, and killed before the sync
        with pytest.raises(DiskRefused):
            store.append(anna.entries[3:4])
        disk.dead = True
        with pytest.raises(DiskRefused):
            store.close()
        disk.dead, disk.failing = False, lambda _kind, _name: False
        store = start(disk.folder, anna)
        shown = len(store.read(anna.id, 0, SEQ_MAX))
        assert shown == 4

        for number, image in enumerate(images(disk.record, [len(disk.record)] * 60, Random(3))):
            image.write(left)
            after = start(left, anna)
            assert len(after.read(anna.id, 0, SEQ_MAX)) == shown, (number, image.way)
            after.close()
        store.close()


def test_what_an_earlier_device_said_outlives_a_power_cut_when_it_becomes_a_log_like_others(
    tmp_path: Path, left: Path
) -> None:
    earlier, later = shelf().own, shelf().others[0]
    said = [entry.data for entry in earlier.entries[:40]]
    (tmp_path / "disk").mkdir()
    with Disk(tmp_path / "disk") as disk:
        store = start(disk.folder, earlier)
        store.append(earlier.entries[:40])
        store.close()
        before = len(disk.record)
        store = Store(disk.folder, later.id, restoring=True)  # it has said nothing yet
        after = len(disk.record)
        assert store.read(earlier.id, 0, SEQ_MAX) == said
        store.close()

    points = [before + number % (after - before + 1) for number in range(30)] + [after] * 30
    for image in images(disk.record, points, Random(6)):
        image.write(left)
        settle(left)
        found = Store(left, later.id, restoring=True)
        assert found.read(earlier.id, 0, SEQ_MAX) == said, (image.at, image.way)
        found.close()


@pytest.mark.parametrize("worse", ["NORMAL", "OFF"])
def test_the_simulator_catches_a_store_that_does_not_sync_what_we_say(
    tmp_path: Path, left: Path, monkeypatch: pytest.MonkeyPatch, worse: str
) -> None:
    real = store_module.open_database

    def carelessly(path: Path, synchronous: str) -> apsw.Connection:
        database = real(path, synchronous)
        database.pragma("synchronous", worse)
        return database

    monkeypatch.setattr(store_module, "open_database", carelessly)
    work = at_work(tmp_path / "disk", 1)
    monkeypatch.undo()

    found = [look(image, left, work) for image in work.images(2 * IMAGES)]

    assert sum(each.lost for each in found) > 0
    if worse == "OFF":  # a checkpoint that nobody waited for
        return
    assert not any(each.faults for each in found)


def test_the_simulator_catches_a_disk_that_only_says_it_has_synced(tmp_path: Path, left: Path) -> None:
    work = at_work(tmp_path / "disk", 1, believing=False)

    found = [look(image, left, work) for image in work.images(IMAGES)]

    assert sum(each.lost for each in found) > 0


def test_the_record_has_the_folder_synced_only_when_sqlite_really_does_it(tmp_path: Path) -> None:
    opened: list[str] = []
    unix = apsw.VFS("asked", "unix")
    was = unix.xGetSystemCall("openDirectory")
    assert was is not None
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)

    @call
    def open_directory(path: bytes, descriptor: int) -> int:  # SQLite opens a folder to sync it, and for nothing else
        opened.append(Path(path.decode()).name)
        return int(call(was)(path, descriptor))

    def work(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for part in (shelf().own.entries[:10], shelf().own.entries[10:40]):
            store = start(folder, shelf().own)
            for entry in part:
                store.append([entry])
            store.close()

    pointer = ctypes.cast(open_directory, ctypes.c_void_p).value
    assert pointer is not None
    unix.xSetSystemCall("openDirectory", pointer)
    try:
        work(tmp_path / "real")
    finally:
        unix.xSetSystemCall("openDirectory", was)
        unix.unregister()
    (tmp_path / "seen").mkdir()
    with Disk(tmp_path / "seen") as disk:
        work(disk.folder)

    names = {each.number: each.name for each in disk.record if isinstance(each, Made)}
    recorded = [
        names[before.number]
        for before, each in itertools.pairwise(disk.record)
        if isinstance(each, NamesSynced) and isinstance(before, Synced)
    ]
    assert recorded == opened
    assert len(opened) > 3
