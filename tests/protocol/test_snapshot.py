"""A snapshot: a Book that was kept is the same Book when it is opened, whatever came before or comes after."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.crypto.contexts import SNAPSHOT
from ruil.crypto.hashes import blake2b
from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import DeviceId, Millis
from ruil.protocol.log import Place, prove_fork
from ruil.protocol.snapshot import open_snapshot, take
from tests.protocol.actors import T0, Village, loaves, read
from tests.protocol.test_book import SEEDS, Told, arrive, shuffled


def kept(book: Book) -> bytes:
    return b"".join(take(book).parts())


def again(book: Book) -> Book:
    return open_snapshot(kept(book), book.community)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(5, 60), st.booleans())
def test_a_book_taken_up_at_any_moment_ends_as_the_one_that_read_everything(seed: int, steps: int, forks: bool) -> None:
    chance = Random(seed)
    told = Told(chance=chance)
    for _ in range(steps):
        told.step(forks)
    entries = told.entries()
    order = shuffled(entries, chance)
    store: dict[tuple[DeviceId, int], Entry] = {}
    early = arrive(Book(told.village.community), order[: chance.randrange(len(order))], stored=store)
    digest = early.digest()

    late = again(early)

    assert late.digest() == digest
    assert (late.forks, late.revocations) == (early.forks, early.revocations)
    assert arrive(late, entries, stored=dict(store)).digest() == arrive(early, entries, stored=store).digest()
    assert late.entries() == early.entries()


def test_what_waits_for_a_gap_is_not_kept_and_comes_again() -> None:
    village = Village()
    anna = village.founder
    anna.say(Profile("Anna"))
    early = read(village.book(), anna.entries[0], anna.entries[2])

    late = again(early)

    assert late.waiting == {}
    assert read(late, *anna.entries[1:]).digest() == read(early, anna.entries[1]).digest()


def test_an_entry_that_was_not_understood_keeps_its_place() -> None:
    village = Village()
    anna = village.founder
    anna.take(anna.sign_bytes(999, b"\x80"))
    anna.say(Profile("Anna"))

    late = again(village.book(anna))

    assert late.apply(anna.entries[2]).place is Place.SEEN
    assert late.members.name(anna.member) == "Anna"
    assert late.apply(anna.say(loaves())).place is Place.NEXT


def test_a_log_goes_on_by_its_own_rules() -> None:
    village = Village()
    anna = village.founder
    ben = village.joins(anna, "ben")
    back = anna.sign(loaves(), at=Millis(T0 - 1))
    ben.say(Profile("Ben"), end=True)
    after = ben.sign(Profile("Benjamin"))
    late = again(village.book(anna, ben))

    with pytest.raises(Rejected, match="time goes back"):
        late.apply(back)
    with pytest.raises(Rejected, match="ended"):
        late.apply(after)


def test_a_cut_log_stays_cut() -> None:
    village = Village()
    anna = village.founder
    other = anna.twin()
    anna.say(loaves(3))
    other.say(loaves(9))
    early = village.book(anna)
    early.freeze(prove_fork(anna.entries[2], other.entries[2]))

    late = again(early)

    assert late.apply(anna.entries[2]).place is Place.FROZEN
    assert late.silenced() == {anna.member}


def test_a_snapshot_is_of_the_moment_it_was_taken() -> None:
    village = Village()
    anna = village.founder
    book = village.book(anna)
    digest = book.digest()
    snapshot = take(book)

    read(book, anna.say(loaves()))

    assert open_snapshot(b"".join(snapshot.parts()), book.community).digest() == digest
    assert book.digest() != digest


# What is thrown away


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_damaged_snapshot_is_noticed(place: int, change: int) -> None:
    village = Village()
    data = bytearray(kept(village.book(village.founder)))
    data[place % len(data)] ^= change

    with pytest.raises(Rejected):
        open_snapshot(bytes(data), village.community)


@given(st.integers(min_value=0))
def test_a_snapshot_that_was_cut_off_is_noticed(size: int) -> None:
    village = Village()
    data = kept(village.book(village.founder))

    with pytest.raises(Rejected):
        open_snapshot(data[: size % len(data)], village.community)


@given(st.binary(max_size=300))
def test_bytes_with_a_good_sum_are_no_snapshot_for_that(data: bytes) -> None:
    village = Village()
    body = b"ruil snapshot 1\n" + data

    with pytest.raises(Rejected):
        open_snapshot(body + blake2b(SNAPSHOT, body), village.community)


def test_a_snapshot_of_another_community_is_noticed() -> None:
    elsewhere = Village("zoe")

    with pytest.raises(Rejected, match="another community"):
        open_snapshot(kept(elsewhere.book(elsewhere.founder)), Village().community)


def test_a_snapshot_by_a_version_that_reads_otherwise_is_noticed() -> None:
    village = Village()
    body = kept(village.book(village.founder))[:-32]
    start = body.index(village.community) - 34  # the reader's hash stands in front of the community
    other = body[:start] + bytes(32) + body[start + 32 :]

    with pytest.raises(Rejected, match="another version"):
        open_snapshot(other + blake2b(SNAPSHOT, other), village.community)
