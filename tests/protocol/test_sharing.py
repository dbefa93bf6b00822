"""Sharing saves work and memory, and never changes what a Book says."""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Profile, Propose
from ruil.protocol.book import Book
from ruil.protocol.limits import DAY
from ruil.protocol.log import Log, Place, prove_fork
from ruil.protocol.record import record
from ruil.protocol.sharing import Sharing
from tests.protocol.actors import Device, Village, bread, later, parties, read


def anna(count: int) -> Device:
    """Anna's device, after `count` entries: her certificate, her charter, and profiles."""
    device = Village("anna").founder
    for number in range(2, count):
        device.say(Profile(f"Anna {number}"))
    return device


def test_two_readers_of_one_entry_share_its_record() -> None:
    device = anna(3)
    said = device.entries[2]
    assert isinstance(said.body, Profile)

    sharing = Sharing(8)

    first = sharing.record(said, said.body, device.member)

    assert first == record(said, said.body, device.member)
    assert sharing.record(said, said.body, device.member) is first


def test_two_logs_of_one_past_share_it_and_grow_apart_without_touching_each_other() -> None:
    device = anna(3)
    one, other, pasts = Log(device.id), Log(device.id), Sharing(8).pasts
    for log in (one, other):
        for entry in device.entries[:2]:
            log.append(entry, pasts)
    assert one.ids is other.ids

    one.append(device.entries[2], pasts)

    assert (one.size, other.size) == (3, 2)
    assert other.place(device.entries[2]) is Place.NEXT
    assert other.head == device.entries[1].id


def test_a_log_and_its_contradicting_twin_keep_their_own_ids() -> None:
    device = anna(3)
    twin = Device(device.key, device.owner, device.community, Log(device.id))
    one, other, pasts = Log(device.id), Log(device.id), Sharing(8).pasts
    for entry in device.entries[:2]:
        twin.log.append(entry)
        one.append(entry, pasts)
        other.append(entry, pasts)
    rival = twin.say(Profile("somebody else"))

    one.append(device.entries[2], pasts)
    other.append(rival, pasts)

    assert one.ids[2] == device.entries[2].id
    assert other.ids[2] == rival.id
    assert one.place(rival) is other.place(device.entries[2]) is Place.FORK


def test_a_sharing_too_small_for_a_log_changes_nothing() -> None:
    device = anna(40)
    small = Sharing(4)

    books = [read(Book(device.community, small), *device.entries) for _ in range(3)]

    assert {book.digest() for book in books} == {read(Book(device.community), *device.entries).digest()}


def test_a_cut_in_one_book_leaves_the_log_of_another_whole() -> None:
    device = anna(3)
    twin = device.twin()
    device.say(Profile("Anna"))
    rival = twin.say(Profile("somebody else"))
    sharing = Sharing(64)
    one, other = (read(Book(device.community, sharing), *device.entries) for _ in range(2))

    one.freeze(prove_fork(device.entries[3], rival))

    assert (one.logs[device.id].size, other.logs[device.id].size) == (3, 4)
    assert other.digest() == read(Book(device.community), *device.entries).digest()


def test_an_agreement_is_folded_once_for_all_books_that_read_the_same_of_it() -> None:
    village = Village()
    giver, taker = village.founder, village.joins(village.founder, "ben")
    proposed = taker.say(Propose(parties(giver, taker), (bread(giver, taker),), later(DAY)))
    before = village.book(giver, taker)
    sharing = Sharing(64)
    one, other = (read(Book(village.community, sharing), *giver.entries, *taker.entries) for _ in range(2))
    assert one.agreements.get(proposed.id) is other.agreements.get(proposed.id)

    one.apply(giver.say(Accept(), proposed))

    known = one.agreements.get(proposed.id)
    assert known is not None
    assert known.state is State.AGREED
    assert other.digest() == before.digest()  # who has not heard of it reads as before
