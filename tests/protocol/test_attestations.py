"""Attestations: nobody reads a rating before both are in, or fourteen days have passed."""

from itertools import permutations

import pytest

from ruil.protocol.attestations import rating_seal, why_not
from ruil.protocol.bodies import Accept, Close, Deliver, Open, Propose, Rate, Receive
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY, RATING_BLIND_MS
from ruil.protocol.ratings import Graphs
from tests.protocol.actors import Device, Village, bread, later, parties

NONCE = bytes(range(16))


class Trade:
    """Anna gave Ben two loaves; Carla looks on."""

    def __init__(self, *, finished: bool = True) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben, self.carla = (self.village.joins(self.anna, name) for name in ("ben", "carla"))
        promise = (bread(self.anna, self.ben),)
        self.proposal = self.anna.say(Propose(parties(self.anna, self.ben), promise, later(DAY)))
        accepted = self.ben.say(Accept(), self.proposal)
        self.anna.say(Close((accepted.id,)), self.proposal)
        if finished:
            delivery = self.anna.say(Deliver(0, 2), self.proposal)
            self.ben.say(Receive(delivery.id, 2), self.proposal, at=later(10))

    @property
    def id(self) -> EntryId:
        return self.proposal.id

    def rates(self, who: Device, about: Device, *, good: bool = True, at: Millis | None = None) -> Entry:
        seal = rating_seal(self.id, about.member, good, "fine", NONCE)
        return who.say(Rate(about.member, seal), self.proposal, at=at or later(DAY))

    def opens(
        self, who: Device, rate: Entry, *, good: bool = True, words: str = "fine", at: Millis | None = None
    ) -> Entry:
        return who.say(Open(rate.id, good, words, NONCE), self.proposal, at=at or later(DAY))

    @property
    def book(self) -> Book:
        return self.village.book(self.anna, self.ben, self.carla)

    @property
    def shown(self) -> list[tuple[str, bool]]:
        names = {self.anna.member: "anna", self.ben.member: "ben", self.carla.member: "carla"}
        return sorted((names[each.rater], each.good) for each in self.book.attestations.all())


def test_a_rating_that_is_opened_alone_is_not_read() -> None:
    trade = Trade()

    trade.opens(trade.ben, trade.rates(trade.ben, trade.anna))

    assert trade.shown == []


def test_both_are_read_when_both_are_in() -> None:
    trade = Trade()
    by_ben = trade.rates(trade.ben, trade.anna)
    by_anna = trade.rates(trade.anna, trade.ben, good=False)

    trade.opens(trade.ben, by_ben)
    trade.opens(trade.anna, by_anna, good=False)

    assert trade.shown == [("anna", False), ("ben", True)]


def test_the_silence_of_the_other_side_ends_after_fourteen_days() -> None:
    early, late = Trade(), Trade()

    for trade, wait in ((early, RATING_BLIND_MS - 1), (late, RATING_BLIND_MS)):
        rate = trade.rates(trade.ben, trade.anna, at=later(DAY))
        trade.opens(trade.ben, rate, at=later(DAY + wait))

    assert early.shown == []
    assert late.shown == [("ben", True)]


def test_another_rating_than_the_sealed_one_is_not_read() -> None:
    trade = Trade()
    trade.rates(trade.anna, trade.ben)
    rate = trade.rates(trade.ben, trade.anna)

    trade.opens(trade.ben, rate, good=False)
    trade.opens(trade.ben, rate, words="other words")

    assert trade.shown == []


def test_a_wrong_opening_does_not_spoil_the_right_one() -> None:
    trade = Trade()
    trade.rates(trade.anna, trade.ben)
    rate = trade.rates(trade.ben, trade.anna)
    trade.opens(trade.ben, rate, good=False)

    trade.opens(trade.ben, rate)

    assert trade.shown == [("ben", True)]


def test_nobody_opens_another_members_rating() -> None:
    trade = Trade()
    trade.rates(trade.anna, trade.ben)
    rate = trade.rates(trade.ben, trade.anna)

    trade.opens(trade.anna, rate)

    assert trade.shown == []


def test_who_is_no_party_has_no_rating() -> None:
    trade = Trade()
    rate = trade.rates(trade.carla, trade.anna)
    trade.opens(trade.carla, rate, at=later(30 * DAY))
    agreement = trade.book.agreements.get(trade.id)

    assert trade.shown == []
    assert agreement is not None
    for rater, about in ((trade.carla, trade.anna), (trade.anna, trade.carla), (trade.anna, trade.anna)):
        why = why_not(agreement, rater.member, about.member, later(DAY))
        assert why == "only who promised each other something can rate each other"


def test_a_rating_before_the_end_does_not_count() -> None:
    trade = Trade(finished=False)
    rate = trade.rates(trade.ben, trade.anna, at=later(1))
    trade.opens(trade.ben, rate, at=later(40 * DAY))
    agreement = trade.book.agreements.get(trade.id)

    assert trade.shown == []
    assert agreement is not None
    assert (why_not(agreement, trade.ben.member, trade.anna.member, later(1)) or "").startswith("the trade is not over")


def test_a_trade_that_was_never_finished_can_be_rated_when_its_time_is_over() -> None:
    trade = Trade(finished=False)
    agreement = trade.book.agreements.get(trade.id)
    assert agreement is not None

    assert why_not(agreement, trade.ben.member, trade.anna.member, agreement.closes_at + 1) is None


def test_a_proposal_nobody_accepted_can_not_be_rated() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    proposal = anna.say(Propose(parties(anna, ben), (bread(anna, ben),), later(DAY)))
    agreement = village.book(anna, ben).agreements.get(proposal.id)

    assert agreement is not None
    why = why_not(agreement, ben.member, anna.member, later(60 * DAY))
    assert why == "there was no trade: not everybody agreed"


def test_the_first_of_two_ratings_counts() -> None:
    trade = Trade()
    trade.rates(trade.anna, trade.ben)
    first = trade.rates(trade.ben, trade.anna, good=False)
    second = trade.rates(trade.ben, trade.anna, good=True)

    trade.opens(trade.ben, second, good=True)
    assert trade.shown == []
    trade.opens(trade.ben, first, good=False)

    assert trade.shown == [("ben", False)]


def test_the_order_in_which_logs_are_read_does_not_matter() -> None:
    trade = Trade()
    for who, about in ((trade.ben, trade.anna), (trade.anna, trade.ben)):
        trade.opens(who, trade.rates(who, about))

    books = [
        trade.village.book(trade.anna, trade.ben, trade.carla),
        trade.village.book(trade.ben, trade.anna, trade.carla),
        trade.village.book(trade.carla, trade.ben, trade.anna),
    ]

    assert len({book.digest() for book in books}) == 1
    assert len(books[0].attestations.all()) == 2


@pytest.mark.parametrize("answer", [None, "sealed", "opened"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_asking_in_between_changes_no_later_answer(order: tuple[int, ...], answer: str | None) -> None:
    # What was counted is kept until something is said that may change it: in any order of arrival, asked after each.
    trade = Trade()
    by_ben = trade.rates(trade.ben, trade.anna) if answer else None
    rate = trade.rates(trade.anna, trade.ben)
    if by_ben is not None and answer == "opened":
        trade.opens(trade.ben, by_ben)
    trade.opens(trade.anna, rate, at=None if answer else later(30 * DAY))
    logs = [trade.anna, trade.ben, trade.carla]
    book = Book(trade.village.community)

    found = 0
    for entry in (entry for k in order for entry in logs[k].entries):
        book.apply(entry)
        found = len(book.attestations.all())

    assert book.attestations.all() == trade.book.attestations.all()
    assert found == (2 if answer == "opened" else 1)


def test_what_counts_is_the_same_object_until_something_changes() -> None:
    trade = Trade()
    trade.opens(trade.ben, trade.rates(trade.ben, trade.anna))
    attestations = trade.book.attestations
    counted = attestations.all()
    graphs = Graphs()
    graph = graphs.graph(counted, frozenset())

    assert attestations.all() is counted
    assert graphs.graph(counted, frozenset()) is graph
    assert graphs.graph(counted, frozenset([trade.ben.member])) is not graph


def test_of_three_who_traded_together_each_may_rate_both_others_once() -> None:
    village = Village()
    anna = village.founder
    ben, carla = (village.joins(anna, name) for name in ("ben", "carla"))
    promises = (bread(anna, ben), bread(ben, carla), bread(carla, anna))
    proposal = anna.say(Propose(tuple(sorted(each.member for each in (anna, ben, carla))), promises, later(DAY)))
    accepted = [each.say(Accept(), proposal) for each in (ben, carla)]
    anna.say(Close(tuple(sorted(each.id for each in accepted))), proposal)
    for index, (giver, taker) in enumerate(((anna, ben), (ben, carla), (carla, anna))):
        delivery = giver.say(Deliver(index, 2), proposal)
        taker.say(Receive(delivery.id, 2), proposal, at=later(10))

    said = ((ben, True), (carla, False), (ben, False))
    rates = [
        anna.say(
            Rate(about.member, rating_seal(proposal.id, about.member, good, "fine", NONCE)), proposal, at=later(DAY)
        )
        for about, good in said
    ]
    for rate, (_, good) in zip(rates, said, strict=True):
        anna.say(Open(rate.id, good, "fine", NONCE), proposal, at=later(30 * DAY))

    book = village.book(anna, ben, carla)
    found = {(each.rater, each.ratee): each.good for each in book.attestations.all()}
    assert found == {(anna.member, ben.member): True, (anna.member, carla.member): False}
    assert len(Graphs().graph(book.attestations.all(), frozenset()).ratings) == 2
