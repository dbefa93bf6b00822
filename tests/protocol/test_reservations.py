"""Reservations: whatever is signed and in whatever order it arrives, nobody is promised what somebody else has."""

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.protocol.agreement import State
from ruil.protocol.bodies import (
    Accept,
    Cancel,
    Close,
    Commitment,
    Decline,
    Deliver,
    Lent,
    Listing,
    Propose,
    Receive,
    Renew,
    Slot,
    Term,
    Withdraw,
)
from ruil.protocol.book import Book
from ruil.protocol.drafts import check
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.log import prove_fork
from ruil.protocol.record import Record
from ruil.protocol.reservations import Held, Span, Verdict, free, judge, next_free, stretches, twice
from ruil.protocol.shapes.share import share
from ruil.protocol.turns import TAKEN
from ruil.protocol.valueflows import graph, listings
from tests.protocol.actors import T0, Device, Village, later, parties, read


class Street:
    """Anna, her phone, Ben and Carla; and Anna's cargo bikes, lent by the hour. Spans are in hours from tomorrow on."""

    def __init__(self, quantity: int = 1) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.anna, "carla")
        self.phone = self.village.device("anna", "phone")
        self.bike = self.anna.say(bikes(quantity))

    @property
    def devices(self) -> tuple[Device, ...]:
        return self.anna, self.phone, self.ben, self.carla

    @property
    def book(self) -> Book:
        return self.village.book(*self.devices)

    def span(self, taker: Device, begins: int, ends: int, quantity: int = 1, bike: Entry | None = None) -> Commitment:
        about = EntryId((bike or self.bike).id)
        times = {"begins": hour(begins), "due": hour(ends)}
        return Commitment(self.anna.member, taker.member, "use", "cargo bike", quantity, "bike", listing=about, **times)

    def lend(self, taker: Device, *spans: Commitment, answer_by: int = 24, replaces: Entry | None = None) -> Propose:
        old = EntryId(replaces.id) if replaces else None
        return Propose(parties(self.anna, taker), spans, later(answer_by * HOUR), old)

    def asks(self, taker: Device, begins: int, ends: int, quantity: int = 1, at: int = 0) -> Entry:
        """A neighbour would like to have it."""
        return taker.say(self.lend(taker, self.span(taker, begins, ends, quantity)), at=later(at))

    def lends(self, taker: Device, begins: int, ends: int, quantity: int = 1, at: int = 0) -> Entry:
        """A neighbour would like to have it, and Anna's desktop says yes."""
        asked = self.asks(taker, begins, ends, quantity, at)
        self.anna.say(Accept(), asked, at=later(at))
        return asked

    def state(self, agreement: Entry, book: Book | None = None, at: int = HOUR) -> State:
        known = (book or self.book).agreements.get(agreement.id)
        assert known is not None
        return known.state_at(later(at))

    def free(self, begins: int, ends: int, at: int = HOUR) -> int:
        return self.book.free(self.bike.id, hour(begins), hour(ends), later(at))

    def refusal(self, who: Device, body: Propose | Accept, about: Entry | None = None, at: int = HOUR) -> str:
        """What the node of somebody says instead of signing this; empty when it would sign."""
        ref = EntryId(about.id) if about else None
        draft = Record(EntryId(bytes(32)), who.id, who.log.size, later(at), MemberId(who.owner.public), ref, body)
        try:
            check(self.book, draft, later(at))
        except Refused as why:
            return str(why)
        return ""


def bikes(quantity: int = 1) -> Listing:
    return Listing("offer", "transport", "Cargo bike", quantity, "bike", later(60 * DAY), "use", lent="hourly")


def hour(number: int) -> int:
    return later(DAY + number * HOUR)


# Who has it ----------------------------------------


def test_what_was_promised_first_stands_and_the_later_promise_binds_nobody() -> None:
    street = Street()

    first = street.lends(street.ben, 10, 14)
    second = street.lends(street.carla, 13, 16, at=1)

    assert street.state(first) is State.AGREED
    assert street.state(second) is State.PROPOSED
    known = street.book.agreements.get(second.id)
    assert known is not None
    assert list(known.out_of_turn.values()) == [TAKEN]
    assert street.state(second, at=DAY + 1) is State.LAPSED


def test_one_may_come_as_the_other_leaves() -> None:
    street = Street()

    first, second = street.lends(street.ben, 10, 14), street.lends(street.carla, 14, 16, at=1)

    assert [street.state(each) for each in (first, second)] == [State.AGREED, State.AGREED]


def test_of_several_as_many_are_lent_at_once_as_there_are() -> None:
    street = Street(quantity=3)

    lent = [street.lends(street.ben, 10, 14, 2), street.lends(street.carla, 12, 16, 1, 1)]
    third = street.lends(street.ben, 13, 15, 1, 2)
    after = street.lends(street.ben, 14, 20, 2, 3)

    assert [street.state(each) for each in lent] == [State.AGREED, State.AGREED]
    assert street.state(third) is State.PROPOSED
    assert street.state(after) is State.AGREED
    assert [street.free(begins, begins + 1) for begins in (9, 10, 12, 14, 16, 20)] == [3, 1, 0, 0, 1, 3]


def test_only_the_owners_word_holds_a_span() -> None:
    street = Street()

    asked = street.asks(street.ben, 10, 14)

    assert street.free(10, 14) == 1
    street.anna.say(Accept(), asked)
    assert street.free(10, 14) == 0


def test_the_owners_own_proposal_holds_its_span_until_it_must_be_answered() -> None:
    street = Street()
    offered = street.anna.say(street.lend(street.ben, street.span(street.ben, 10, 14), answer_by=2))

    too_early = street.lends(street.carla, 10, 14, at=2 * HOUR)
    in_time = street.lends(street.carla, 10, 14, at=2 * HOUR + 1)

    assert street.free(10, 14, at=2 * HOUR) == 0
    assert street.state(too_early, at=3 * HOUR) is State.PROPOSED
    assert street.state(in_time, at=3 * HOUR) is State.AGREED
    street.ben.say(Accept(), offered, at=later(2 * HOUR))
    assert [street.state(each, at=3 * HOUR) for each in (offered, in_time)] == [State.AGREED, State.PROPOSED]


def test_whoever_accepts_an_offer_of_what_was_promised_before_binds_nobody() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)
    offered = street.anna.say(street.lend(street.carla, street.span(street.carla, 12, 16)), at=later(1))

    street.carla.say(Accept(), offered, at=later(2))

    assert street.state(offered) is State.PROPOSED
    assert "somebody before" in street.refusal(street.carla, Accept(), offered)


def test_the_owners_own_offer_of_what_was_promised_before_holds_nothing() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)

    offered = street.anna.say(street.lend(street.carla, street.span(street.carla, 12, 16)), at=later(1))

    known = street.book.agreements.get(offered.id)
    assert known is not None
    assert (known.signed, known.waits_for(later(HOUR))) == (set(), {})
    assert street.free(14, 16) == 1
    assert street.book.left(street.bike.id, hour(15)) == 1


def test_what_is_said_about_a_promise_that_binds_nobody_is_still_read() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)
    second = street.lends(street.carla, 12, 16, at=1)
    book = street.book
    assert street.state(second, book) is State.PROPOSED

    read(book, street.anna.say(Decline("it is Ben's then"), second, at=later(2)))

    assert street.state(second, book) is State.DECLINED


def test_one_agreement_can_not_have_the_same_thing_twice() -> None:
    street = Street(quantity=2)
    same = street.span(street.ben, 10, 14)
    twofold = street.ben.say(street.lend(street.ben, same, same))
    threefold = street.ben.say(street.lend(street.ben, *[street.span(street.ben, 20, 22)] * 3))

    for asked in (threefold, twofold):
        street.anna.say(Accept(), asked)

    assert street.state(twofold) is State.AGREED
    assert street.state(threefold) is State.PROPOSED


def test_joining_what_was_promised_before_binds_nobody() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)
    term = Term(True, street.anna.member, "transfer", "cake", "piece", hour(20), each=1)
    open_ = Propose(
        parties(street.anna, street.carla),
        (street.span(street.carla, 12, 16),),
        later(DAY),
        slots=(Slot("guest", (term,)),),
    )
    outing = street.anna.say(open_, at=later(1))
    yes = street.carla.say(Accept(), outing, at=later(2))

    street.anna.say(Close((yes.id,)), outing, at=later(3))

    assert street.state(outing) is State.PROPOSED


def test_what_is_not_lent_is_not_reserved() -> None:
    street = Street()
    street.bike = street.anna.say(Listing("offer", "transport", "Bike", 1, "bike", later(60 * DAY), "use"))

    lent = [street.lends(street.ben, 10, 14), street.lends(street.carla, 10, 14)]

    assert [street.state(each) for each in lent] == [State.AGREED, State.AGREED]


# When it is free again ----------------------------------------


def test_what_both_cancel_is_free_at_once() -> None:
    street = Street()
    lent = street.lends(street.ben, 10, 14)
    street.ben.say(Close((street.anna.entries[-1].id,)), lent, at=later(1))
    for who in (street.anna, street.ben):
        who.say(Cancel(), lent, at=later(5))

    again = street.lends(street.carla, 10, 14, at=5)

    assert [street.state(each) for each in (lent, again)] == [State.CANCELLED, State.AGREED]
    assert street.free(10, 14) == 0


def test_what_was_given_back_early_is_free_at_once() -> None:
    street = Street()
    lent = street.lends(street.ben, 10, 14)
    given_at = hour(10) - T0
    given = street.anna.say(Deliver(0, 1), lent, at=later(given_at))
    back = hour(11) - T0
    street.ben.say(Receive(given.id, 1), lent, at=later(back))

    assert street.free(12, 14, at=back - 1) == 0
    assert street.free(12, 14, at=back) == 1
    assert street.book.left(street.bike.id, hour(11)) == 1


@pytest.mark.parametrize("answer", [Decline(), "counter"])
def test_a_span_offered_and_refused_is_free_at_once(answer: Decline | str) -> None:
    street = Street()
    offered = street.anna.say(street.lend(street.ben, street.span(street.ben, 10, 14)))
    if isinstance(answer, Decline):
        street.ben.say(answer, offered, at=later(5))
    else:
        street.ben.say(street.lend(street.ben, street.span(street.ben, 20, 21), replaces=offered), at=later(5))

    again = street.lends(street.carla, 10, 14, at=5)

    assert street.state(again) is State.AGREED


def test_a_lent_thing_is_away_only_while_it_is_lent() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)

    assert [street.book.left(street.bike.id, hour(at)) for at in (9, 10, 13, 14)] == [1, 0, 0, 1]


def test_a_promise_stands_though_the_listing_is_withdrawn() -> None:
    street = Street()
    lent = street.lends(street.ben, 10, 14)

    street.anna.say(Withdraw(), street.bike, at=later(5))

    assert street.state(lent) is State.AGREED
    assert street.free(10, 14) == 0


# In whatever order ----------------------------------------


def test_a_listing_read_after_its_reservations_changes_nothing() -> None:
    street = Street()
    first, second = street.lends(street.ben, 10, 14), street.lends(street.carla, 13, 16, at=1)
    book = Book(street.village.community)
    for device in (street.ben, street.carla):
        read(book, *device.entries)
    assert street.state(first, book) is State.PROPOSED

    read(book, *street.anna.entries, *street.phone.entries)

    assert [street.state(each, book) for each in (first, second)] == [State.AGREED, State.PROPOSED]
    assert book.digest() == street.book.digest()


def test_credit_is_paid_only_for_what_was_promised_first() -> None:
    street = Street()
    phone = street.phone
    lent = [street.span(street.ben, 10, 14)]
    paid = Commitment(street.ben.member, phone.member, "transfer", "credit", 50, "credit", hour(14))
    asked = street.ben.say(Propose(parties(phone, street.ben), (*lent, paid), later(DAY)))
    phone.say(Accept(), asked, at=later(9))
    payment = street.ben.say(Deliver(1, 50), asked, at=later(10))
    phone.say(Receive(payment.id, 50), asked, at=later(11))
    other = street.asks(street.carla, 12, 16)
    book = street.book
    assert book.credit.balance(street.ben.member) == -50

    read(book, street.anna.say(Accept(), other, at=later(20)))

    assert book.credit.balance(street.ben.member) == 0


@pytest.mark.parametrize("cut", ["the acceptance", "the proposal"])
def test_a_promise_that_is_cut_away_frees_its_span(cut: str) -> None:
    street = Street()
    twin = street.anna.twin()
    if cut == "the acceptance":
        street.lends(street.ben, 10, 14)
    else:
        street.anna.say(street.lend(street.ben, street.span(street.ben, 10, 14)))
    second = street.asks(street.carla, 12, 16)
    street.phone.say(Accept(), second, at=later(9))
    book = street.book
    assert street.state(second, book) is State.PROPOSED

    other = twin.say(Renew(later(50 * DAY)), street.bike)
    book.freeze(prove_fork(street.anna.entries[other.seq], other))

    assert street.state(second, book) is State.AGREED
    assert book.free(street.bike.id, hour(10), hour(12), later(HOUR)) == 1


# Two devices ----------------------------------------


def test_the_device_that_keeps_the_listing_comes_first_whatever_the_clocks_say() -> None:
    street = Street()
    kept, other = street.asks(street.ben, 10, 14), street.asks(street.carla, 12, 16)

    street.phone.say(Accept(), other, at=later(1))
    street.anna.say(Accept(), kept, at=later(9))

    assert [street.state(each) for each in (kept, other)] == [State.AGREED, State.PROPOSED]


def test_what_the_other_device_promised_stands_where_there_is_room() -> None:
    street = Street()
    street.lends(street.ben, 10, 14)
    other = street.asks(street.carla, 14, 16)

    street.phone.say(Accept(), other, at=later(1))

    assert street.state(other) is State.AGREED


def test_a_device_takes_over_by_renewing() -> None:
    street = Street()
    late, new = street.asks(street.ben, 10, 14), street.asks(street.carla, 12, 16)
    before = street.lends(street.ben, 20, 22)
    street.phone.say(Renew(later(50 * DAY)), street.bike, at=later(5))
    both = street.asks(street.carla, 21, 23)
    street.phone.say(Accept(), both, at=later(6))

    street.anna.say(Accept(), late, at=later(7))
    street.phone.say(Accept(), new, at=later(8))

    assert [street.state(each) for each in (late, new)] == [State.PROPOSED, State.AGREED]
    assert [street.state(each) for each in (before, both)] == [State.AGREED, State.PROPOSED]


def test_a_take_over_is_heard_whenever_it_arrives() -> None:
    street = Street()
    late, new = street.asks(street.ben, 10, 14), street.asks(street.carla, 12, 16)
    street.phone.say(Accept(), new, at=later(6))
    street.anna.say(Accept(), late, at=later(7))
    book = street.book
    assert [street.state(each, book) for each in (late, new)] == [State.AGREED, State.PROPOSED]

    tablet = street.village.device("anna", "tablet")
    tablet.say(Renew(later(50 * DAY)), street.bike, at=later(5))
    read(book, *tablet.entries)

    # Neither kept it when it signed: the clocks decide.
    assert [street.state(each, book) for each in (late, new)] == [State.PROPOSED, State.AGREED]


def test_a_device_that_does_not_keep_the_listing_promises_nothing_of_it() -> None:
    street = Street()
    asked = street.asks(street.ben, 10, 14)

    assert "renew the listing here" in street.refusal(street.phone, Accept(), asked)
    assert street.refusal(street.anna, Accept(), asked) == ""
    street.phone.say(Renew(later(50 * DAY)), street.bike, at=later(5))
    assert street.refusal(street.phone, Accept(), asked) == ""
    assert "another device of yours" in street.refusal(street.anna, Accept(), asked)


# What an honest node does not sign ----------------------------------------


def test_a_span_that_somebody_has_is_neither_asked_for_nor_promised() -> None:
    street = Street(quantity=2)
    asked = street.asks(street.carla, 12, 16)
    street.lends(street.ben, 10, 14, 2)

    why = "'Cargo bike' is reserved between 2026-01-02 12:00 UTC and 2026-01-02 16:00 UTC: 0 of 2 are free then"
    assert street.refusal(street.anna, Accept(), asked) == why
    assert street.refusal(street.carla, street.lend(street.carla, street.span(street.carla, 12, 16))) == why
    assert street.refusal(street.carla, street.lend(street.carla, street.span(street.carla, 14, 16))) == ""


def test_what_one_asks_for_oneself_counts_together() -> None:
    street = Street(quantity=2)
    asked = street.lend(street.ben, *[street.span(street.ben, 10, 14)] * 3)

    assert "0 of 2 are free then" in street.refusal(street.ben, asked)


def test_other_terms_for_ones_own_offer_may_be_for_the_same_time() -> None:
    street = Street()
    offered = street.anna.say(street.lend(street.ben, street.span(street.ben, 10, 14)))

    again = street.lend(street.ben, street.span(street.ben, 11, 15), replaces=offered)

    assert street.refusal(street.anna, again) == ""
    assert "is reserved" in street.refusal(street.anna, street.lend(street.ben, street.span(street.ben, 11, 15)))


def test_a_reservation_is_for_a_time_to_come_and_of_one_thing() -> None:
    street = Street()
    trailer = street.anna.say(bikes())
    carla = street.carla
    both = street.lend(carla, street.span(carla, 2, 3), street.span(carla, 2, 3, bike=trailer))
    kept = Commitment(
        street.anna.member, carla.member, "transfer", "cargo bike", 1, "bike", hour(3), listing=EntryId(trailer.id)
    )

    assert "begins in the past" in street.refusal(carla, street.lend(carla, street.span(carla, -20, 3)), at=5 * HOUR)
    assert "ends before it begins" in street.refusal(carla, street.lend(carla, street.span(carla, 3, 3)))
    assert "reserve one thing" in street.refusal(carla, both)
    assert "say from when until when" in street.refusal(carla, street.lend(carla, kept))


# The shape ----------------------------------------


@pytest.mark.parametrize(
    ("lent", "hours", "price", "quantity", "cost"),
    [("hourly", 3, 20, 1, 60), ("hourly", 3, 20, 2, 120), ("daily", 24, 50, 1, 50), ("daily", 25, 50, 1, 100)],
)
def test_what_is_lent_costs_each_hour_or_day_that_has_begun(
    lent: Lent, hours: int, price: int, quantity: int, cost: int
) -> None:
    street = Street()
    anna, ben = street.anna.member, street.ben.member
    span = Span(hour(10), hour(10 + hours), quantity)

    made = share(anna, ben, EntryId(street.bike.id), "bike", "one", span, later(DAY), lent=lent, price=price)

    assert [(given.action, given.quantity, given.unit) for given in made.commitments] == [
        ("use", quantity, "one"),
        ("transfer", cost, "credit"),
    ]


@pytest.mark.parametrize(
    ("ends", "answer_by", "why"),
    [(10, 10, "comes after its beginning"), (9, 0, "comes after its beginning"), (14, 11, "answered before it begins")],
)
def test_a_share_that_is_none_has_a_sentence(ends: int, answer_by: int, why: str) -> None:
    street = Street()
    span, until = Span(hour(10), hour(ends), 1), Millis(hour(answer_by))

    with pytest.raises(Refused, match=why):
        share(street.anna.member, street.ben.member, EntryId(street.bike.id), "bike", "one", span, until)


def test_a_document_says_how_it_is_lent_and_is_read_back_as_it_was() -> None:
    street = Street()

    document = graph(street.book, later(HOUR))
    (found,) = listings(document, later(HOUR), street.village.community)

    assert found.body == bikes()


# The leaves ----------------------------------------

SPANS = st.builds(
    lambda begins, length, quantity: Span(begins, begins + length, quantity),
    st.integers(0, 40),
    st.integers(0, 12),
    st.integers(1, 3),
)


def at_each(taken: list[Span], begins: int, ends: int) -> list[int]:
    """How much is taken at each whole moment."""
    return [sum(each.quantity for each in taken if each.begins <= moment < each.ends) for moment in range(begins, ends)]


@given(st.lists(SPANS, max_size=12), st.integers(0, 40), st.integers(0, 12))
def test_stretches_say_for_every_moment_what_is_free(taken: list[Span], begins: int, length: int) -> None:
    found = stretches(5, taken, begins, begins + length)

    said = [each.quantity for each in found for _ in range(each.begins, each.ends)]
    assert said == [5 - held for held in at_each(taken, begins, begins + length)]
    assert all(one.quantity != other.quantity for one, other in itertools.pairwise(found))
    assert free(5, taken, Span(begins, begins + length, 1)) == min(said, default=5)


@given(
    st.lists(SPANS, max_size=12), st.builds(Span, st.integers(0, 40), st.just(0), st.integers(1, 3)), st.integers(1, 9)
)
def test_the_next_free_span_is_free_and_none_before_it_is(taken: list[Span], wanted: Span, length: int) -> None:
    wanted = Span(wanted.begins, wanted.begins + length, wanted.quantity)

    found = next_free(3, taken, wanted)

    assert (found.ends - found.begins, found.quantity) == (length, wanted.quantity)
    fits = [
        3 - max(at_each(taken, begins, begins + length)) >= wanted.quantity
        for begins in range(wanted.begins, found.begins + 1)
    ]
    assert fits == [False] * (len(fits) - 1) + [True]


SIGNED = st.builds(
    lambda number, kept, at, spans, length: Held(
        EntryId(bytes([number]) * 32), EntryId(bytes(32)), kept, (at, bytes([number]), 0), tuple(spans), at + length
    ),
    st.integers(0, 30), st.sampled_from([True, True, True, False]), st.integers(0, 20),
    st.lists(SPANS, min_size=1, max_size=2), st.integers(0, 30),
)  # fmt: skip


def by_hand(quantity: int, signed: list[Held]) -> set[EntryId]:
    """The rule of the spec, as slowly as it is said."""
    standing: list[Held] = []
    found = set()
    for held in sorted(signed, key=lambda each: (not each.kept, each.order)):
        others = [span for each in standing if held.order[0] < each.until for span in each.spans]
        together = at_each([*others, *held.spans], 0, 60)
        own = at_each(list(held.spans), 0, 60)
        if any(own[moment] and together[moment] > quantity for moment in range(60)):
            found.add(held.agreement)
        else:
            standing.append(held)
    return found


@settings(max_examples=400, deadline=None)
@given(st.lists(SIGNED, max_size=12, unique_by=lambda held: held.agreement), st.data())
def test_judging_bit_by_bit_is_judging_at_once(signed: list[Held], data: st.DataObject) -> None:
    known = Verdict()
    arrived: dict[EntryId, Held] = {}
    for held in data.draw(st.permutations(signed)):
        arrived[held.agreement] = held
        if data.draw(st.booleans()):  # and one of them turns out to end at another time
            other = data.draw(st.sampled_from(sorted(arrived)))
            until = data.draw(st.integers(0, 60))
            was = arrived[other]
            arrived[other] = Held(was.agreement, was.signature, was.kept, was.order, was.spans, until)
        known = judge(3, arrived.values(), known)

        assert known.twice == by_hand(3, list(arrived.values()))
        assert [each.then.agreement for each in twice(known)] == [
            each.agreement for each in known.signed if each.agreement in known.twice
        ]


def test_an_end_that_comes_early_is_heard_by_all_who_signed_later_on_whichever_device() -> None:
    def held(name: int, kept: bool, at: int, begins: int, until: int) -> Held:
        span = Span(begins, begins + 1, 1)
        return Held(EntryId(bytes([name]) * 32), EntryId(bytes(32)), kept, (at, b"", 0), (span,), until)

    rest = [held(2, True, 10, 0, 99), held(3, False, 5, 20, 99), held(4, False, 8, 30, 99)]
    known = judge(1, [held(1, True, 0, 0, 20), *rest])
    assert known.twice == {rest[0].agreement}

    assert judge(1, [held(1, True, 0, 0, 7), *rest], known).twice == frozenset()


# Whatever is signed ----------------------------------------

DO = ["ask", "offer", "accept", "accept", "decline", "cancel", "counter", "deliver", "receive", "renew", "withdraw"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(DO),
        st.integers(0, 3),  # who
        st.integers(0, 9),  # about which agreement
        st.integers(0, 8), st.integers(0, 6), st.integers(1, 2),  # the span: from, how long, how many
        st.integers(0, 8),  # hours since the step before
        st.integers(0, 6),  # how many hours somebody's clock is behind
    ),
    max_size=24,
)  # fmt: skip


def tell(street: Street, steps: list[tuple[str, int, int, int, int, int, int, int]]) -> list[Entry]:
    """Everybody signs anything. The agreements that came of it."""
    made: list[Entry] = []
    clock = 0
    for what, who, about, begins, length, quantity, hours, behind in steps:
        clock += hours * HOUR
        device = street.devices[who]
        at = Millis(max(device.log.at, later(clock - behind * HOUR)))
        known = made[about % len(made)] if made else None
        span = street.span((street.ben, street.carla)[about % 2], begins, begins + length, quantity)
        taker = street.ben if span.receiver == street.ben.member else street.carla
        proposal = street.lend(taker, span, answer_by=12, replaces=known if what == "counter" else None)
        if what in ("ask", "offer", "counter"):
            signer = device if device.member in proposal.parties else street.anna
            made.append(signer.say(proposal, at=Millis(max(signer.log.at, at))))
        elif what in ("renew", "withdraw"):
            device.say(Renew(later(50 * DAY)) if what == "renew" else Withdraw(), street.bike, at=at)
        elif known is not None:
            said = {"accept": Accept(), "decline": Decline(), "cancel": Cancel(), "deliver": Deliver(0, quantity)}
            delivered = [each for each in street.anna.entries if isinstance(each.body, Deliver)] or [known]
            device.say(said.get(what, Receive(delivered[about % len(delivered)].id, quantity)), known, at=at)
    return made


def arrivals(street: Street, chance: random.Random) -> Iterator[Entry]:
    """What all have said, in some order: each log in its own, as a Book holds what comes too early."""
    waiting = [list(device.entries) for device in street.devices]
    while waiting:
        row = chance.choice(waiting)
        yield row.pop(0)
        waiting = [each for each in waiting if each]


@settings(max_examples=60, deadline=None)
@given(STEPS, st.integers(1, 3), st.integers(0, 2**32))
def test_whatever_is_signed_no_two_have_the_same_and_every_order_of_arrival_gives_that(
    steps: list[tuple[str, int, int, int, int, int, int, int]], quantity: int, seed: int
) -> None:
    street = Street(quantity)
    made = tell(street, steps)
    end = max(device.log.at for device in street.devices)

    book = street.book

    for now in (end, Millis(end + 6 * HOUR), Millis(end + 3 * DAY)):
        standing = []
        for each in made:
            known = book.agreements.get(each.id)
            assert known is not None
            if street.anna.member in known.signed and not known.state_at(now).ended:
                standing += [Span(given.begins or 0, given.due, given.quantity) for given in known.commitments]
        for begins in range(15):
            moment = hour(begins)
            taken = sum(span.quantity for span in standing if span.begins <= moment < span.ends)
            assert taken <= quantity, f"{taken} of {quantity} promised at hour {begins}"
            assert book.free(street.bike.id, moment, moment + 1, now) == quantity - taken
        assert book.free(street.bike.id, hour(0), hour(15), now) >= 0
    chance = random.Random(seed)
    for _ in range(3):
        other = Book(street.village.community)
        for entry in arrivals(street, chance):
            other.apply(entry)
            if chance.random() < 0.3:
                other.digest()  # so that something is known before the next arrives
        assert other.digest() == book.digest()
