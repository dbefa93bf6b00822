"""A whole profile when the power is cut: its identity, what was said, and the Book, whatever the snapshot is worth."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from ruil.node import devices, setup, snapshot, whole_file
from ruil.node.cli import backup
from tests.node.power import IN_MEMORY, Disk, images
from tests.node.profile_cuts import Beginning, faults

SEEDS = range(3)
IMAGES = 18


@pytest.fixture
def memory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        yield Path(made)


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


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was synced to the disk, in its order."""
    seen: list[Path] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_a_new_profile_is_on_the_disk_with_the_folders_it_is_in(tmp_path: Path, synced: list[Path]) -> None:
    home = tmp_path / "a" / "b" / "profile"

    setup.begin(home, "Anna")

    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} <= set(synced)
    assert synced.index(tmp_path) < synced.index(home / "identity.json.new") < synced.index(home)
    synced.clear()
    whole_file.folder(home)  # nothing is new: nothing waits for the disk
    assert synced == []


def test_the_key_of_a_device_that_asks_and_a_backup_are_on_the_disk_with_their_names(
    tmp_path: Path, synced: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, stick, passphrase = tmp_path / "profile", tmp_path / "stick", tmp_path / "passphrase"
    monkeypatch.setenv("RUIL_HOME", str(home))
    stick.mkdir()
    passphrase.write_text("correct horse battery staple\n")
    setup.begin(home, "Anna")
    setup.found(home, "Elm Street")
    synced.clear()

    devices.ask(tmp_path / "phone", "phone")
    backup.create(stick / "anna.ruil", passphrase_file=passphrase)

    assert {tmp_path, tmp_path / "phone", stick} <= set(synced)
    assert synced.index(stick / "anna.ruil.new") < synced.index(stick)
