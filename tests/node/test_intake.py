"""Intake: what a bundle holds is read and kept piece by piece, and what contradicts it there is proved."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ruil.node.intake import Intake
from ruil.node.store import Store
from ruil.protocol import bundle
from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId
from ruil.protocol.limits import SEQ_MAX
from tests.protocol.actors import Device, Village, loaves


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def ben(village: Village) -> Device:
    made = village.joins(village.founder, "ben")
    for number in range(4):
        made.say(loaves(number + 1))
    return made


@pytest.fixture
def store(tmp_path: Path, village: Village) -> Iterator[Store]:
    made = Store(tmp_path, village.device("cleo").id)
    yield made
    made.close()


def taken(village: Village, store: Store, *pieces: list[Entry], own: DeviceId | None = None) -> Intake:
    """One piece after the other, as bundles are written."""
    intake = Intake(Book(village.community), store, own or village.device("cleo").id)
    for entries in pieces:
        for piece in bundle.pieces(bundle.pack(village.community, [(each.device, each.data) for each in entries])):
            intake.take(*piece)
    return intake


def test_what_others_said_is_read_and_kept(village: Village, ben: Device, store: Store) -> None:
    anna = village.founder

    intake = taken(village, store, [*anna.entries, *ben.entries])

    assert (intake.entries, intake.own, intake.faults) == (len(anna.entries) + len(ben.entries), [], [])
    assert intake.book.digest() == village.book(anna, ben).digest()
    assert store.read(ben.id, 0, SEQ_MAX) == [entry.data for entry in ben.entries]


def test_what_our_own_device_said_is_left_to_one_commit_at_the_end(village: Village, ben: Device, store: Store) -> None:
    anna = village.founder

    intake = taken(village, store, [*anna.entries, *ben.entries[:2]], ben.entries[2:], own=ben.id)

    assert intake.own == ben.entries
    assert intake.entries == len(anna.entries) + len(ben.entries)
    assert store.read(ben.id, 0, SEQ_MAX) == []


def test_one_that_is_wrong_is_named_by_its_place_and_the_others_are_taken(
    village: Village, ben: Device, store: Store
) -> None:
    harmed = ben.entries[-1].data[:-1] + b"?"
    data = bundle.pack(village.community, [(ben.id, each.data) for each in ben.entries[:-1]] + [(ben.id, harmed)])
    intake = Intake(Book(village.community), store, village.device("cleo").id)

    for piece in bundle.pieces(data):
        intake.take(*piece)

    assert intake.faults == [(data.index(harmed), "the payload is not the one that was signed")]
    assert store.read(ben.id, 0, SEQ_MAX) == [entry.data for entry in ben.entries[:-1]]


@pytest.mark.parametrize("way", ["both at once", "one is in the store", "one is ours", "both are held"])
def test_a_fork_is_proved_wherever_the_other_entry_is(village: Village, ben: Device, store: Store, way: str) -> None:
    twin = ben.twin()
    said, otherwise = ben.say(Profile("Ben")), twin.say(Profile("Benny"))
    before = [*village.founder.entries, *ben.entries[: said.seq]]
    pieces = {
        "both at once": ([*before, said, otherwise],),
        "one is in the store": ([*before, said], [otherwise]),
        "one is ours": ([*before, said], [otherwise]),
        "both are held": ([*before[:-1], said, otherwise],),
    }

    intake = taken(village, store, *pieces[way], own=ben.id if way == "one is ours" else None)

    proof = intake.book.forks[ben.id]
    assert (proof.device, proof.seq) == (ben.id, said.seq)
    assert intake.faults == []
