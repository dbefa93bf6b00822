"""Bids: nobody reads one before all are opened, and nobody bids late by a date in the past."""

from itertools import permutations

import pytest

from ruil.protocol.bids import Fate, bid_seal
from ruil.protocol.bodies import CREDIT, Bid, Commitment, Listing, Opening, Propose, Renew, Withdraw
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.events import Bidding, Drafted, Effect, Restored, Store, Wake, Woke
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import BID_OPEN_MS, DAY, HOUR
from ruil.protocol.log import prove_fork
from ruil.protocol.peer import JUDGE, Peer
from ruil.protocol.revocations import revocation, revoke
from tests.protocol.actors import T0, Device, Village, later, read

UNTIL = later(2 * DAY)
COUNTED = later(2 * DAY + HOUR)


class Needed:
    """Anna needs a garden wall, bids until the second day; Ben and Carla can build one."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben, self.carla = (self.village.joins(self.anna, name) for name in ("ben", "carla"))
        self.need = self.anna.say(
            Listing("need", "garden", "A wall", 1, "wall", later(30 * DAY), bids_until=UNTIL), at=later(0)
        )

    def proposal(self, who: Device, price: int = 60) -> Propose:
        due = later(20 * DAY)
        wall = Commitment(who.member, self.anna.member, "work", "A wall", 1, "wall", due, listing=EntryId(self.need.id))
        paid = Commitment(self.anna.member, who.member, "transfer", "credit", price, CREDIT, due)
        return Propose(tuple(sorted((who.member, self.anna.member))), (wall, paid), later(8 * DAY))

    def nonce(self, who: Device) -> bytes:
        return who.id[:16]

    def bid(self, who: Device, price: int = 60, at: Millis | None = None) -> Entry:
        seal = bid_seal(EntryId(self.need.id), who.member, self.proposal(who, price), self.nonce(who))
        return who.say(Bid(seal), self.need, at=at or later(DAY))

    def count(self, *bids: Entry, at: Millis = COUNTED, by: Device | None = None) -> Entry:
        return (by or self.anna).say(Renew(later(30 * DAY), tuple(bid.id for bid in bids)), self.need, at=at)

    def open(self, who: Device, bid: Entry, price: int = 60, at: Millis | None = None) -> Entry:
        opening = Opening(bid.id, self.nonce(who))
        return who.say(self.opened(who, price, opening), at=at or later(2 * DAY + 2 * HOUR))

    def opened(self, who: Device, price: int, opening: Opening) -> Propose:
        made = self.proposal(who, price)
        return Propose(made.parties, made.commitments, made.answer_by, opens=opening)

    def book(self, *more: Device) -> Book:
        return self.village.book(self.anna, self.ben, self.carla, *more)

    def fates(self, book: Book | None = None, at: int = COUNTED) -> list[Fate]:
        """What became of each bid, the first first."""
        book = book or self.book()
        listed = book.listings.get(EntryId(self.need.id))
        assert listed is not None
        return [each.fate_at(listed, at) for each in book.bids.on(listed)]

    def peer(self, device: Device, at: Millis) -> Peer:
        """A device's node that has read everything."""
        peer = Peer(self.village.community, device.key, b"epoch 01")
        for each in (self.anna, self.ben, self.carla):
            for entry in each.entries:
                peer.handle(Restored(entry), at)
        return peer


def test_a_bid_that_was_counted_and_opened_is_the_proposal_that_was_in_it() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    assert needed.fates() == [Fate.SEALED]

    needed.count(bid)
    assert needed.fates() == [Fate.COUNTED]
    opening = needed.open(needed.ben, bid)

    book = needed.book()
    assert needed.fates(book) == [Fate.OPENED]
    assert book.agreements.get(EntryId(opening.id)) is not None


def test_a_bid_made_up_after_others_were_read_counts_for_nothing_whatever_date_it_bears() -> None:
    # Carla's second device begins late and dates its bid back to before the end.
    needed = Needed()
    needed.count(needed.bid(needed.ben))
    new = needed.village.device("carla", "telephone", at=later(DAY))

    needed.bid(new, 10, at=later(DAY + 1))

    assert needed.fates(needed.book(new)) == [Fate.COUNTED, Fate.LEFT_OUT]


def test_the_first_count_stays() -> None:
    needed = Needed()
    ben, carla = needed.bid(needed.ben), needed.bid(needed.carla, 10, at=later(DAY + 1))
    needed.count(ben)

    needed.count(ben, carla, at=Millis(COUNTED + 1))

    assert needed.fates() == [Fate.COUNTED, Fate.LEFT_OUT]


def test_only_the_device_that_asked_counts_and_only_when_their_time_is_over() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    other = needed.village.device("anna", "telephone", at=later(DAY))

    needed.count(bid, at=UNTIL)
    needed.count(bid, by=other)
    needed.count(bid, by=needed.carla)

    assert needed.fates(needed.book(other)) == [Fate.SEALED]


@pytest.mark.parametrize("price", [59, 61])
def test_a_proposal_other_than_was_bid_opens_nothing(price: int) -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    needed.count(bid)

    needed.open(needed.ben, bid, price)

    assert needed.fates() == [Fate.COUNTED]


def test_nobody_opens_the_bid_of_another() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    needed.count(bid)

    needed.open(needed.carla, bid)

    assert needed.fates() == [Fate.COUNTED]


def test_who_opens_late_has_read_all_others_and_is_not_heard() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    needed.count(bid)

    needed.open(needed.ben, bid, at=Millis(COUNTED + BID_OPEN_MS + 1))

    assert needed.fates() == [Fate.COUNTED]
    assert needed.fates(at=COUNTED + BID_OPEN_MS + 1) == [Fate.UNOPENED]


def test_of_several_bids_by_one_the_last_in_time_counts() -> None:
    needed = Needed()
    first, second = needed.bid(needed.ben, 60), needed.bid(needed.ben, 50, at=later(DAY + 1))
    needed.bid(needed.ben, 40, at=Millis(UNTIL + 1))
    assert needed.fates() == [Fate.REPLACED, Fate.SEALED, Fate.LATE]

    needed.count(first, second)

    assert needed.fates() == [Fate.REPLACED, Fate.COUNTED, Fate.LATE]


def test_bids_are_the_same_in_every_order_and_after_every_cut() -> None:
    needed = Needed()
    bids = needed.bid(needed.ben), needed.bid(needed.carla, 50)
    twin = needed.ben.twin()
    needed.count(*bids)
    needed.open(needed.ben, bids[0])
    needed.open(needed.carla, bids[1], 50)
    away = revocation(
        needed.village.community,
        revoke(needed.carla.owner, needed.village.community, needed.carla.id, needed.carla.log.size - 1),
    )
    fork = prove_fork(needed.ben.entries[-1], twin.say(Withdraw(), needed.need, at=later(2 * DAY + 2 * HOUR)))

    devices = (needed.anna, needed.ben, needed.carla)
    digests = set()
    for order in permutations(devices):
        for proofs_first in (True, False):
            book = Book(needed.village.community)
            if proofs_first:
                book.freeze(fork), book.freeze(away)
            read(book, *(entry for device in order for entry in device.entries))
            if not proofs_first:
                book.freeze(away), book.freeze(fork)
            digests.add(book.digest())
            assert needed.fates(book) == [Fate.COUNTED, Fate.COUNTED]  # both openings were cut away

    assert len(digests) == 1


def said(effects: list[Effect], kind: type) -> list[Entry]:
    return [each.entry for each in effects if isinstance(each, Store) and isinstance(each.entry.body, kind)]


def test_nodes_count_and_open_by_themselves() -> None:
    needed = Needed()
    ben = needed.peer(needed.ben, later(HOUR))
    (bid,) = said(ben.handle(Drafted(Bidding(needed.proposal(needed.ben)), EntryId(needed.need.id)), later(HOUR)), Bid)
    needed.ben.take(bid)
    anna = needed.peer(needed.anna, later(HOUR))

    # Nothing is counted before the time is over; then Anna's node says what had come, once.
    assert said(anna.handle(Woke(JUDGE), UNTIL), Renew) == []
    effects = anna.handle(Woke(JUDGE), COUNTED)
    (counted,) = said(effects, Renew)
    assert counted.body == Renew(later(30 * DAY), (bid.id,))
    assert said(anna.handle(Woke(JUDGE), COUNTED), Renew) == []
    needed.anna.take(counted)

    # Ben's node, started again, opens what its log holds.
    again = needed.peer(needed.ben, COUNTED)
    (opening,) = said(again.handle(Woke("started"), COUNTED), Propose)
    assert isinstance(opening.body, Propose)
    assert opening.body.commitments == needed.proposal(needed.ben).commitments
    assert needed.fates(again.book) == [Fate.OPENED]


def test_a_node_wakes_when_the_time_for_bids_is_over() -> None:
    needed = Needed()
    anna = needed.peer(needed.anna, later(0))
    body = Listing("need", "garden", "A gate", 1, "gate", later(30 * DAY), bids_until=UNTIL)

    effects = anna.handle(Drafted(body), later(0))

    assert Wake(UNTIL + 1, JUDGE) in effects


def test_the_length_of_a_box_does_not_tell_one_price_from_another() -> None:
    needed = Needed()

    boxes = []
    for price in (1, 600):
        ben = needed.peer(needed.ben, later(HOUR))
        drafted = Drafted(Bidding(needed.proposal(needed.ben, price)), EntryId(needed.need.id))
        (bid,) = said(ben.handle(drafted, later(HOUR)), Bid)
        assert isinstance(bid.body, Bid)
        boxes.append(len(bid.body.box))

    assert boxes[0] == boxes[1]


def refused(peer: Peer, drafted: Drafted, at: Millis) -> str:
    with pytest.raises(Refused) as why:
        peer.handle(drafted, at)
    return str(why.value)


def test_what_nobody_would_count_is_not_bid() -> None:
    needed = Needed()
    ben, anna = needed.peer(needed.ben, later(HOUR)), needed.peer(needed.anna, later(HOUR))
    need, made = EntryId(needed.need.id), needed.proposal(needed.ben)
    bidding = Drafted(Bidding(made), need)

    assert "were taken until" in refused(ben, bidding, Millis(UNTIL + 1))
    assert "is your own" in refused(anna, Drafted(Bidding(made), need), later(HOUR))
    assert "are sealed until" in refused(ben, Drafted(made), later(HOUR))
    soon = Propose(made.parties, made.commitments, later(4 * DAY))
    assert "leave until" in refused(ben, Drafted(Bidding(soon), need), later(HOUR))
    elsewhere = made.commitments[1]
    about_nothing = Propose(made.parties, (elsewhere,), made.answer_by)
    assert "about what they asked for" in refused(ben, Drafted(Bidding(about_nothing), need), later(HOUR))


def test_a_bid_that_could_not_be_paid_is_refused_before_it_is_sealed() -> None:
    needed = Needed()
    ben, made = needed.peer(needed.ben, later(HOUR)), needed.proposal(needed.ben)
    wall, paid = made.commitments
    dear = Commitment(needed.ben.member, needed.anna.member, "transfer", "credit", 601, CREDIT, paid.due)
    bidding = Bidding(Propose(made.parties, (wall, dear), made.answer_by))

    why = refused(ben, Drafted(bidding, EntryId(needed.need.id)), later(HOUR))

    assert "you can spend" in why


def test_a_bid_is_not_shown_before_its_time_nor_counted_wrongly() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    ben, anna = needed.peer(needed.ben, later(HOUR)), needed.peer(needed.anna, COUNTED)
    need = EntryId(needed.need.id)
    opening = needed.opened(needed.ben, 60, Opening(bid.id, needed.nonce(needed.ben)))

    assert "opened once they are counted" in refused(ben, Drafted(opening), later(DAY + HOUR))
    assert "are taken until" in refused(anna, Drafted(Renew(later(30 * DAY), (bid.id,)), need), UNTIL)
    assert "and no other" in refused(anna, Drafted(Renew(later(30 * DAY), (EntryId(bytes(32)),)), need), COUNTED)
    anna.handle(Drafted(Renew(later(30 * DAY), (bid.id,)), need), COUNTED)
    assert "counted already" in refused(anna, Drafted(Renew(later(30 * DAY), (bid.id,)), need), COUNTED)


def test_a_need_that_was_withdrawn_is_not_counted() -> None:
    needed = Needed()
    needed.bid(needed.ben)
    needed.anna.say(Withdraw(), needed.need, at=later(DAY))

    effects = needed.peer(needed.anna, COUNTED).handle(Woke(JUDGE), COUNTED)

    assert said(effects, Renew) == []


def test_a_need_that_would_be_over_stays_until_its_bids_could_be_opened() -> None:
    needed = Needed()
    bid = needed.bid(needed.ben)
    away = later(29 * DAY)

    (counted,) = said(needed.peer(needed.anna, away).handle(Woke(JUDGE), away), Renew)

    assert counted.body == Renew(later(29 * DAY + BID_OPEN_MS), (bid.id,))
    assert T0 < UNTIL < away
