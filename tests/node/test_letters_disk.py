"""Letters on the disk: whatever is left after a power cut, a letter that was said to be kept is there, and whole."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from ruil.node import conversations
from ruil.node.errors import DiskRefused
from ruil.node.letters import NAME, Letters
from ruil.node.store import settle
from ruil.protocol.events import DropLetter, KeepLetter, Wrote
from ruil.protocol.ids import DeviceId, LetterId, MemberId
from ruil.protocol.letters import OURS, Note
from tests.node.power import IN_MEMORY, Disk, images
from tests.protocol.actors import T0
from tests.protocol.test_peer import NOW, peer_of
from tests.protocol.test_successions import Place

IMAGES = 40


@pytest.fixture
def left() -> Iterator[Path]:
    """Where images are looked at: in memory, where syncs cost nothing."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


def note(number: int, size: int = 1_200) -> Note:
    id_, device = LetterId(number.to_bytes(32, "big")), DeviceId(bytes(32))
    who = MemberId(b"a" * 32), MemberId(b"b" * 32)
    return Note(id_, OURS, device, T0 + 9, (device,), size, *who, T0, T0)


def bytes_of(number: int, size: int) -> bytes:
    return Random(number).randbytes(size)


def found(letters: Letters) -> dict[LetterId, tuple[Note, bytes]]:
    return {each.id: (each, letters.read(each.id)) for each in letters.notes()}


def test_after_a_power_cut_every_letter_that_was_said_to_be_kept_is_there(tmp_path: Path, left: Path) -> None:
    chance = Random(5)
    promised: list[tuple[int, dict[LetterId, tuple[Note, bytes]]]] = [(0, {})]
    (tmp_path / "disk").mkdir()
    with Disk(tmp_path / "disk") as disk:
        letters = Letters(disk.folder)
        kept: dict[LetterId, tuple[Note, bytes]] = {}
        for number in range(60):
            size = chance.choice((1_200, 1_200, 30_000, 200_000))
            changes: list[KeepLetter | DropLetter] = [KeepLetter(note(number, size), bytes_of(number, size))]
            after = {**kept, note(number).id: (note(number, size), bytes_of(number, size))}
            if number % 7 == 6:
                old = note(number - 3)
                changes.append(DropLetter(old.id))
                del after[old.id]
            if number % 5 == 4:
                seen = replace(after[note(number - 1).id][0], seen=True)
                changes.append(KeepLetter(seen))
                after[seen.id] = (seen, after[seen.id][1])
            letters.keep(changes)
            kept = after
            promised.append((len(disk.record), kept))
        letters.close()
        points = sorted(chance.randint(promised[1][0], len(disk.record)) for _ in range(IMAGES))
        cuts = list(images(disk.record, points, chance))

    for image in cuts:
        image.write(left)
        settle(left)
        letters = Letters(left)
        last = max(number for number, (at, _) in enumerate(promised) if at <= image.at)
        there = found(letters)
        assert there in [each for _, each in promised[last : last + 2]], (image.at, image.way)
        assert letters.damage() == []
        letters.close()


def test_what_a_disk_refuses_was_not_kept_and_what_was_kept_stays(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        letters = Letters(disk.folder)
        letters.keep([KeepLetter(note(1), b"one")])
        disk.failing = lambda kind, _name: kind == "write"
        with pytest.raises(DiskRefused, match="The disk reports an error"):
            letters.keep([KeepLetter(note(2), b"two")])
        disk.failing = lambda _kind, _name: False
        letters.close()

        letters = Letters(disk.folder)
        assert found(letters) == {note(1).id: (note(1), b"one")}
        letters.close()


def test_damage_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no database at all, and long enough to be looked at" * 100)

    with pytest.raises(DiskRefused, match="which holds your letters, is damaged"):
        Letters(tmp_path)


def test_a_picture_that_was_drawn_goes_with_its_letter(tmp_path: Path) -> None:
    letters = Letters(tmp_path)
    one, two, three = note(1), note(2), note(3)
    letters.keep([KeepLetter(each, b"data") for each in (one, two)])
    for each in (one, two, three):
        letters.keep_picture(each.id, b"drawn")
    assert [letters.picture(each.id) for each in (one, two, three)] == [b"drawn", b"drawn", b""]

    letters.keep([DropLetter(one.id), KeepLetter(replace(two, gone=True), b"")])

    assert [letters.picture(each.id) for each in (one, two)] == [b"", b""]
    assert letters.read(two.id) == b""
    letters.close()


def test_a_letter_that_the_disk_damaged_says_so_and_the_others_can_be_read() -> None:
    place = Place()
    anna = peer_of(place.anna, place.ben)
    kept = [
        effect
        for text in ("Hello", "Are you there?")
        for effect in anna.handle(Wrote(place.ben.member, text), NOW)
        if isinstance(effect, KeepLetter)
    ]
    disk = {each.note.id: each.data or b"" for each in kept}
    first, second = (each.note for each in kept)
    disk[first.id] = disk[first.id][:-1] + bytes([disk[first.id][-1] ^ 1])

    shown = [conversations.letter(anna.book, [place.anna.key], each, disk.__getitem__, NOW) for each in (first, second)]

    assert [each["text"] for each in shown if each] == [conversations.DAMAGED, "Are you there?"]
