"""The Book: what is known after reading logs does not depend on the order in which they came."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.protocol.bodies import (
    Accept,
    Body,
    Cancel,
    Close,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Listing,
    Profile,
    Propose,
    Receive,
    Renew,
    Revoke,
    Withdraw,
)
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import DeviceId, EntryId, Millis
from ruil.protocol.limits import DAY, GAP_ENTRIES_MAX, HOUR
from ruil.protocol.log import Place, prove_fork
from ruil.protocol.revocations import Proof, open_proof, revoke
from tests.protocol.actors import T0, Device, Village, admits, bread, later, loaves, parties, read


def arrive(
    book: Book,
    entries: Sequence[Entry],
    proofs: Sequence[Proof] = (),
    stored: dict[tuple[DeviceId, int], Entry] | None = None,
) -> Book:
    """Feed entries as a peer does: contradictions are proved, and what was refused or lost may come again. `stored` is
    what stood before, and stands afterwards."""
    stored = {} if stored is None else stored
    for proof in proofs:
        book.freeze(proof)
    while True:
        before = book.digest(), book.proofs()
        for entry in entries:
            try:
                applied = book.apply(entry)
            except Rejected:
                continue  # it follows the other branch of a fork
            stored.update({(new.device, new.seq): new for new in applied.entries})
            if applied.place is Place.FORK:
                other = applied.other or stored[entry.device, entry.seq]
                book.freeze(prove_fork(entry, other))
        if before == (book.digest(), book.proofs()):
            return book


# The random village: Hypothesis chooses what happens, actors only sign it.


@dataclass
class Told:
    """Four members, six devices, and all they ever signed, forks and revocations included."""

    village: Village = field(default_factory=Village)
    chance: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        anna = self.village.founder
        ben = self.village.joins(anna, "ben")
        self.devices = [
            anna,
            ben,
            self.village.joins(ben, "carla"),
            self.village.enters(anna, "dora"),
            self.village.device("anna", "phone"),
            self.village.device("ben", "phone"),
        ]
        self.twins: list[tuple[Device, int]] = []
        self.now = T0

    def entries(self) -> list[Entry]:
        own = [entry for device in self.devices for entry in device.entries]
        return own + [entry for twin, start in self.twins for entry in twin.entries[start:]]

    def of_kind(self, kind: type[Body]) -> list[Entry]:
        return [entry for entry in self.entries() if isinstance(entry.body, kind)]

    def step(self, fork: bool) -> None:
        self.now = Millis(self.now + self.chance.randrange(HOUR))
        device = self.chance.choice([*self.devices, *(twin for twin, _ in self.twins)])
        if fork and self.chance.random() < 0.1 and device.log.size > 3:
            self.twins.append((device.twin(), len(device.entries)))
        body, about = self.say(device)
        if fork and self.chance.random() < 0.1:
            body, about = self.revocation(device), None
        try:
            device.say(body, about, at=Millis(max(self.now, device.log.at)))
        except Rejected:
            pass

    def say(self, device: Device) -> tuple[Body, Entry | None]:
        chance = self.chance
        other = chance.choice([each for each in self.devices if each.member != device.member])
        listings = self.of_kind(Listing)
        proposals = [entry for entry in self.of_kind(Propose) if device.member in _parties(entry)][-3:]
        about = chance.choice(proposals) if proposals else None
        listing = chance.choice(listings) if listings else None
        choices: list[tuple[Body, Entry | None]] = [
            (Profile(f"name {chance.randrange(9)}"), None),
            (loaves(chance.randrange(1, 6)), None),
            (self.proposal(device, other, about, listing), None),
        ]
        if listing is not None:
            choices += [(Renew(T0 + chance.randrange(90) * DAY), listing), (Withdraw(), listing)]
        if about is not None:
            answers = [entry for entry in self.of_kind(Accept) if entry.reference and entry.reference.id == about.id]
            deliveries = self.of_kind(Deliver)
            delivery = chance.choice(deliveries).id if deliveries else EntryId(bytes(32))
            choices += [
                *[(Accept(), about)] * 4,
                *[(Deliver(chance.randrange(2), chance.randrange(1, 3)), about)] * 4,
                *[(Receive(delivery, chance.randrange(1, 3)), about)] * 4,
                (Correct(delivery, chance.randrange(3)), about),
                (Decline(), about),
                (Cancel(), about),
            ]
            if answers:
                choices.append((Close(tuple(sorted(entry.id for entry in answers[:64]))), about))
        return chance.choice(choices)

    def revocation(self, device: Device) -> Body:
        """Of any device, their own, another of theirs or a neighbour's, from some entry on."""
        revoked = self.chance.choice(self.devices)
        return revoke(device.owner, device.community, revoked.id, self.chance.randrange(1, revoked.log.size + 2))

    def proposal(self, one: Device, other: Device, replaced: Entry | None, listing: Entry | None) -> Propose:
        until = self.now + self.chance.randrange(HOUR, 2 * DAY)
        given = bread(one, other, self.chance.randrange(1, 3), due=until + DAY, listing=listing)
        paid = Commitment(other.member, one.member, "transfer", "credit", 2, "credit", until + DAY)
        replaces = replaced.id if replaced is not None and self.chance.random() < 0.3 else None
        return Propose(parties(one, other), (given, paid), until, replaces)


def _parties(entry: Entry) -> tuple[bytes, ...]:
    return entry.body.parties if isinstance(entry.body, Propose) else ()


# A seed, not Hypothesis' own chance: that one prefers the smallest choice, and then little happens in a village.
SEEDS = st.integers(0, 2**32)


def shuffled(entries: Sequence[Entry], chance: Random) -> list[Entry]:
    mixed = list(entries)
    chance.shuffle(mixed)
    return mixed


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(5, 60), st.booleans())
def test_any_order_of_the_same_entries_gives_the_same_book(seed: int, steps: int, forks: bool) -> None:
    chance = Random(seed)
    told = Told(chance=chance)
    for _ in range(steps):
        told.step(forks)
    entries = told.entries()

    books = [arrive(Book(told.village.community), order) for order in (entries, entries[::-1])]
    books += [arrive(Book(told.village.community), shuffled(entries, chance)) for _ in range(2)]

    assert len({book.digest() for book in books}) == 1
    assert len({book.silenced() for book in books}) == 1
    # A fork behind a revocation is seen by those only who read it first, and then shown to the others.
    shown = [open_proof(proof) for book in books for proof in book.proofs()]
    assert len({tuple(sorted(arrive(book, entries, shown).forks)) for book in books}) == 1
    assert len({book.digest() for book in books}) == 1


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(10, 40))
def test_a_proof_that_comes_first_and_one_that_comes_last_give_the_same_book(seed: int, steps: int) -> None:
    chance = Random(seed)
    told = Told(chance=chance)
    for _ in range(steps):
        told.step(True)
    entries = told.entries()
    late = arrive(Book(told.village.community), entries)

    proofs = [open_proof(data) for data in late.proofs()]
    early = arrive(Book(told.village.community), shuffled(entries, chance), proofs)

    assert early.digest() == late.digest()


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(5, 40))
def test_an_honest_village_is_read_in_one_pass_whatever_the_order(seed: int, steps: int) -> None:
    chance = Random(seed)
    told = Told(chance=chance)
    for _ in range(steps):
        told.step(False)
    entries = told.entries()

    mixed = read(Book(told.village.community), *shuffled(entries, chance))

    assert mixed.digest() == read(Book(told.village.community), *entries).digest()
    assert mixed.entries() == len(entries)
    assert mixed.waiting == {}


# One rule at a time


def test_an_entry_that_comes_too_early_waits() -> None:
    village = Village()
    anna = village.founder
    anna.say(Profile("Anna"))
    book = village.book()

    applied = [book.apply(entry) for entry in (anna.entries[2], anna.entries[1], anna.entries[0])]

    assert [each.place for each in applied] == [Place.GAP, Place.GAP, Place.NEXT]
    assert list(applied[-1].entries) == anna.entries
    assert book.members.name(anna.member) == "Anna"


def test_only_so_many_entries_wait() -> None:
    village = Village()
    anna = village.founder
    while anna.log.size < GAP_ENTRIES_MAX + 9:
        anna.say(Profile(f"Anna {anna.log.size}"))

    book = read(village.book(), *anna.entries[1:])
    read(book, anna.entries[0])

    assert book.logs[anna.id].size == GAP_ENTRIES_MAX


def test_what_waits_before_a_cut_is_not_lost() -> None:
    village = Village()
    anna = village.founder
    other = anna.twin()
    for device in (anna, other):
        device.say(Profile(f"on {id(device)}"))
    proof = prove_fork(anna.entries[2], other.entries[2])
    book = read(village.book(), anna.entries[1])

    book.freeze(proof)
    read(book, anna.entries[0])

    assert book.logs[anna.id].size == 2


def test_an_entry_twice_is_seen() -> None:
    village = Village()
    book = village.book(village.founder)
    before = book.digest()

    applied = book.apply(village.founder.entries[1])

    assert (applied.place, applied.entries) == (Place.SEEN, ())
    assert book.digest() == before


def test_a_foreign_entry_is_refused() -> None:
    village, elsewhere = Village(), Village("zoe")

    with pytest.raises(Rejected, match="another community"):
        village.book().apply(elsewhere.founder.entries[0])


def test_a_refused_entry_leaves_the_book_as_it_was() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    carla = village.joins(anna, "carla")
    book = village.book(anna, ben, carla)
    before = book.digest()
    wrong = [
        ben.sign(Propose(parties(anna, carla), (bread(anna, carla),), later(HOUR))),
        ben.sign(Profile("Ben"), at=Millis(T0 - 1)),
        ben.sign(Revoke(ben.member, anna.id, 1, bytes(64))),
    ]

    for entry in wrong:
        with pytest.raises(Rejected):
            book.apply(entry)

    assert book.digest() == before


def test_a_fork_takes_back_what_was_said_behind_it() -> None:
    village = Village()
    anna = village.founder
    ben = village.joins(anna, "ben")
    other = ben.twin()
    ben.say(loaves(3))
    other.say(loaves(9))
    book = village.book(anna, ben)
    assert len(list(book.listings.all())) == 1

    news = book.freeze(prove_fork(ben.entries[2], other.entries[2]))
    again = book.freeze(prove_fork(ben.entries[2], other.entries[2]))

    assert (news, again) == (True, False)
    assert list(book.listings.all()) == []
    assert book.silenced() == {ben.member}


def test_who_revokes_a_forked_device_keeps_their_voice() -> None:
    village = Village()
    anna = village.founder
    ben = village.joins(anna, "ben")
    phone = village.device("ben", "phone")
    other = ben.twin()
    ben.say(loaves(3))
    other.say(loaves(9))
    book = village.book(anna, ben, phone)
    book.freeze(prove_fork(ben.entries[2], other.entries[2]))

    read(book, phone.say(revoke(ben.owner, village.community, ben.id, 2)))

    assert book.silenced() == frozenset()
    assert book.revoked(ben.id)


def test_an_entry_behind_a_cut_is_frozen() -> None:
    village = Village()
    anna = village.founder
    other = anna.twin()
    anna.say(loaves(3))
    other.say(loaves(9))
    book = village.book()
    book.freeze(prove_fork(anna.entries[2], other.entries[2]))

    read(book, *anna.entries[:2])

    assert book.apply(anna.entries[2]).place is Place.FROZEN


def test_what_a_later_version_says_stands_in_its_log() -> None:
    village = Village()
    anna = village.founder
    anna.take(anna.sign_bytes(999, b"\x80"))
    anna.say(Profile("Anna"))

    book = village.book(anna)

    assert book.logs[anna.id].size == 4
    assert book.members.name(anna.member) == "Anna"


def test_two_books_that_know_different_facts_differ() -> None:
    village = Village()
    ben = village.enters(village.founder, "ben")
    before = village.book(village.founder, ben).digest()

    admits(village.founder, ben)

    assert village.book(village.founder, ben).digest() != before
