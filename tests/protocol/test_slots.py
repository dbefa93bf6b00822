"""Slots: nobody is bound but by what they signed, and everybody reads the same.

Every single rule has its vector in tests/vectors/slots/; here stands what must hold for all joins there could be.
"""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import members
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.agreements import Agreements
from ruil.protocol.ballots import NOTHING_AROUND
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Body,
    Cancel,
    Close,
    Decline,
    Deliver,
    Join,
    Lapse,
    Listing,
    Propose,
    Receive,
    Slot,
    Step,
    Term,
)
from ruil.protocol.book import Book
from ruil.protocol.credit import to_pay
from ruil.protocol.drafts import check
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.joins import seats
from ruil.protocol.limits import CLOSE_MS, DAY, HOUR, JOINS_MAX, QUANTITY_MAX
from ruil.protocol.listings import Listings
from ruil.protocol.log import Log, prove_fork
from ruil.protocol.record import Record
from ruil.protocol.reflexes import about, next_deadline
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.slots import (
    Joined,
    best,
    brings,
    full,
    least_paid,
    most_paid,
    standing,
    why_not,
    would_bring,
)
from ruil.protocol.snapshot import open_snapshot, take
from ruil.protocol.turns import fold
from tests.protocol.actors import Device, Village, later, parties, read, seat

SELLER = MemberId(b"seller".ljust(32, b"\0"))
DUE = 9 * DAY
ANSWER_BY = DAY


def member(number: int) -> MemberId:
    return MemberId(b"member" + number.to_bytes(26, "big"))


def term(*, gives: bool = True, unit: str = CREDIT, **price: object) -> Term:
    return Term(gives, SELLER, "transfer", "thing", unit, DUE, **price)  # type: ignore[arg-type]


def joined(number: int, body: Join, *, at: int = 0) -> Joined:
    id_ = EntryId(b"join" + number.to_bytes(4, "big") + at.to_bytes(8, "big") + bytes(16))
    return Joined(id_, member(number), (at, b"device", number), body)


def paid(slots: Sequence[Slot], joins: Sequence[Joined]) -> dict[MemberId, int]:
    """How much credit each comes to pay."""
    amounts: dict[MemberId, int] = {join.member: 0 for join in joins}
    for each in brings(slots, joins):
        if each.unit == CREDIT:
            amounts[each.provider] = amounts.get(each.provider, 0) + each.quantity
    return amounts


QUANTITIES = st.lists(st.integers(1, 1_000), min_size=1, max_size=12)
PRICES = st.one_of(
    st.builds(lambda each: {"each": each}, st.integers(1, 50)),
    st.builds(lambda total: {"total": total}, st.integers(1, 5_000)),
    st.lists(st.tuples(st.integers(2, 40), st.integers(1, 50)), max_size=4).map(
        lambda later_: {
            "steps": (Step(1, 60), *(Step(total, each) for total, each in sorted(dict(later_).items())))
        }
    ),
)  # fmt: skip
SLOTS = st.builds(
    lambda price, least, more, total: Slot("guest", (term(**price),), least, least + more, total_least=total),
    PRICES,
    st.integers(0, 4),
    st.integers(1, 6),
    st.integers(0, 30),
)
JOINS = st.lists(
    st.builds(
        lambda who, slot, quantity, people, total, pays, by, at: joined(
            who, Join(slot, quantity, people, total, pays, Millis(by) if by is not None else None), at=at
        ),
        st.integers(0, 9),
        st.integers(0, 1),
        st.integers(1, 9),
        st.integers(0, 6),
        st.integers(0, 30),
        st.none() | st.integers(0, 300),
        st.none() | st.integers(0, 20),
        st.integers(0, 5),
    ),
    max_size=14,
    unique_by=lambda join: join.id,
)


@given(st.integers(1, QUANTITY_MAX), QUANTITIES)
def test_a_total_is_split_to_the_last_part_and_nobody_is_a_whole_part_from_their_share(
    total: int, quantities: list[int]
) -> None:
    slot = Slot("guest", (term(total=total),))
    joins = [joined(number, Join(0, quantity)) for number, quantity in enumerate(quantities)]

    shares = paid([slot], joins)

    together = sum(quantities)
    assert sum(shares.values()) == total
    for number, quantity in enumerate(quantities):
        assert abs(shares[member(number)] * together - total * quantity) < together


@given(QUANTITIES, st.randoms())
def test_a_split_does_not_depend_on_the_order_of_the_joins(quantities: list[int], chance: object) -> None:
    slot = Slot("guest", (term(total=1_000),))
    joins = [joined(number, Join(0, quantity)) for number, quantity in enumerate(quantities)]
    mixed = list(joins)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    assert paid([slot], mixed) == paid([slot], joins)


@given(st.lists(SLOTS, min_size=2, max_size=2), JOINS, st.integers(0, 20))
def test_what_an_honest_proposer_closes_on_always_binds(slots: list[Slot], joins: list[Joined], at: int) -> None:
    chosen = best(slots, joins, Millis(at))

    if chosen is not None:
        assert why_not(slots, chosen, Millis(at)) is None
        assert set(chosen) <= set(standing(joins))


@given(st.lists(SLOTS, min_size=2, max_size=2), JOINS, st.randoms())
def test_what_an_honest_proposer_closes_on_does_not_depend_on_what_arrived_first(
    slots: list[Slot], joins: list[Joined], chance: object
) -> None:
    mixed = list(joins)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    assert best(slots, mixed, Millis(0)) == best(slots, joins, Millis(0))
    assert full(slots, mixed) == full(slots, joins)


@given(SLOTS, JOINS)
def test_nobody_comes_to_pay_more_than_was_pledged_when_they_joined(slot: Slot, joins: list[Joined]) -> None:
    chosen = best([slot], [join for join in joins if join.body.slot == 0], Millis(0))

    for join in chosen or ():
        assert paid([slot], chosen or ())[join.member] <= most_paid(slot, join.body)


@given(SLOTS, JOINS)
def test_what_one_join_would_bring_is_its_part_of_what_all_bring(slot: Slot, joins: list[Joined]) -> None:
    chosen = best([slot], [join for join in joins if join.body.slot == 0], Millis(0)) or []

    alone = [would_bring([slot], [other for other in chosen if other != join], join) for join in chosen]

    assert [each for added in alone for each in added] == list(brings([slot], chosen))
    for join in chosen:
        assert paid([slot], chosen)[join.member] >= least_paid(slot, join.body)


def test_what_a_join_would_bring_depends_on_who_else_is_in() -> None:
    slot = Slot("buyer", (term(steps=(Step(1, 20), Step(5, 12))),))
    ben, carla = joined(1, Join(0, 2)), joined(2, Join(0, 3))

    assert [each.quantity for each in would_bring([slot], [], carla)] == [60]
    assert [each.quantity for each in would_bring([slot], [ben], carla)] == [36]


def test_the_least_is_what_somebody_really_could_come_to_pay() -> None:
    bus = Slot("rider", (term(total=120),), most=10, quantity_most=3, total_most=20)
    steps = Slot("buyer", (term(steps=(Step(1, 20), Step(10, 12), Step(50, 5))),), total_most=40)

    assert least_paid(bus, Join(0, 2)) == 12
    assert least_paid(steps, Join(0, 3)) == 36


def test_a_pledge_is_what_somebody_really_could_come_to_pay() -> None:
    # Of 120 over at least six, two places cost at most 120 * 2 / 7, and not the whole bus.
    slot = Slot("rider", (term(total=120),), least=6)

    assert most_paid(slot, Join(0, 2)) == 35
    assert most_paid(slot, Join(0, 2, people=12)) == 19
    assert most_paid(slot, Join(0, 2, pays=10)) == 10


def test_a_later_joiner_does_not_push_an_earlier_one_out() -> None:
    slot = Slot("guest", (term(each=1),), most=2)
    joins = [joined(number, Join(0), at=number) for number in (3, 1, 2)]

    assert best([slot], joins, Millis(0)) == [joins[1], joins[2]]


def test_the_last_word_of_a_member_counts_and_gives_them_their_turn() -> None:
    first, other, again = joined(1, Join(0, 1), at=1), joined(2, Join(0), at=2), joined(1, Join(0, 5), at=3)

    for order in ([first, other, again], [again, other, first]):
        assert standing(order) == [other, again]


def test_those_whose_conditions_fail_make_room_for_who_came_later() -> None:
    slot = Slot("guest", (term(each=5),), most=2)
    dear, next_, last = joined(1, Join(0, pays=4)), joined(2, Join(0), at=2), joined(3, Join(0), at=3)

    assert best([slot], [dear, next_, last], Millis(0)) == [next_, last]


def test_no_close_names_more_people_than_an_agreement_can_hold() -> None:
    slots = [Slot("guest", (term(each=1),)), Slot("cook", (term(each=1),))]
    joins = [joined(number, Join(number % 2)) for number in range(JOINS_MAX + 1)]

    chosen = best(slots, joins, Millis(0))

    assert why_not(slots, joins, Millis(0)) == f"{JOINS_MAX + 1} joined; at most {JOINS_MAX} can"
    assert chosen is not None
    assert len(chosen) == JOINS_MAX


# Told in any order ----------------------------------------


class Told:
    """One open proposal by a seller, and what is said about it, as records of logs."""

    def __init__(self, slot: Slot) -> None:
        self.seqs: dict[DeviceId, int] = {}
        self.first = self.record(SELLER, Propose((SELLER,), (), ANSWER_BY, slots=(slot,)), 0)
        self.said: list[Record] = []

    def record(self, who: MemberId, body: Body, at: int) -> Record:
        device = DeviceId(who)
        seq = self.seqs[device] = self.seqs.get(device, 1) + 1
        ref = None if isinstance(body, Propose) else self.first.id
        return Record(EntryId(who[:8] + who[-16:] + seq.to_bytes(8, "big")), device, seq, Millis(at), who, ref, body)

    def tell(self, who: MemberId, body: Body, at: int) -> Record:
        said = self.record(who, body, at)
        self.said.append(said)
        return said

    def now(self) -> Agreement:
        return fold(self.first, self.said)


SAYINGS = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "close", "cancel", "lapse"]), st.integers(0, 4), st.integers(1, 9)),
    max_size=14,
)


def told(sayings: list[tuple[str, int, int]]) -> Told:
    """The story these sayings make, a quarter of a day passing before each; the seller closes on all it has heard."""
    story = Told(Slot("guest", (term(each=3),), least=2))
    for hour, (what, who, quantity) in enumerate(sayings):
        at = hour * DAY // 4
        if what == "join":
            story.tell(member(who), Join(0, quantity), at)
        elif what == "leave":
            story.tell(member(who), Cancel(), at)
        elif what == "close" and (answers := seats(story.now(), standing(story.now().staying()))):
            story.tell(SELLER, Close(seats=answers), at)
        elif what in ("cancel", "lapse"):
            story.tell(SELLER, Cancel() if what == "cancel" else Lapse(), at)
    return story


@given(SAYINGS, st.randoms())
def test_every_order_of_arrival_gives_the_same_agreement(sayings: list[tuple[str, int, int]], chance: object) -> None:
    story = told(sayings)
    before = story.now()

    chance.shuffle(story.said)  # type: ignore[attr-defined]

    assert story.now() == before


@given(SAYINGS)
def test_nothing_is_open_once_it_can_not_be_closed_any_more(sayings: list[tuple[str, int, int]]) -> None:
    agreement = told(sayings).now()

    assert agreement.bound_by == ANSWER_BY + CLOSE_MS
    assert agreement.state_at(agreement.bound_by + 1) is not State.PROPOSED
    assert agreement.state_at(agreement.closes_at + 1).ended


@given(SAYINGS)
def test_nobody_is_bound_who_did_not_join_and_nobody_owes_who_is_not_bound(sayings: list[tuple[str, int, int]]) -> None:
    story = told(sayings)
    agreement = story.now()

    joiners = {record.member for record in story.said if isinstance(record.body, Join)}
    assert set(agreement.parties) <= {SELLER, *joiners}
    assert {commitment.provider for commitment in agreement.commitments} <= set(agreement.parties)
    assert bool(agreement.commitments) == agreement.was_agreed()


def test_a_join_that_is_taken_back_leaves_no_trace() -> None:
    # A fork cuts a log where it stood, with whatever had been read of it.
    story = Told(Slot("guest", (term(each=3),)))
    second = story.record(SELLER, Propose((SELLER,), (), DAY, story.first.id, slots=story.first.body.slots), HOUR)  # type: ignore[union-attr]
    joins = [story.record(member(who), Join(0, rolls=True), who) for who in (1, 1, 2)]
    kept, read = (Agreements(Listings(), NOTHING_AROUND) for _ in range(2))
    for record in (story.first, second, joins[2]):
        kept.add(record)
    for record in (joins[0], second, joins[1], story.first, joins[2]):
        read.add(record)

    for record in (joins[1], joins[0]):
        read.take_back(record)

    for proposal in (story.first.id, second.id):
        assert set(read.involved(proposal)) == set(kept.involved(proposal)) == {SELLER, member(2)}
        assert read.get(proposal) == kept.get(proposal)
    assert not read.of_member[member(1)]
    assert set(read.of_member[member(2)]) == {story.first.id, second.id}


# What a node says, and what it does not ----------------------------------------


class Street:
    """Anna sells flour at 200 a sack, to two people at least and three at most. A member can owe 600."""

    def __init__(self, *, people: int = 2, most: int = 3) -> None:
        self.village = Village(credit_limit=600)
        self.anna = self.village.founder
        self.ben, self.carla, self.dora = (self.village.joins(self.anna, name) for name in ("ben", "carla", "dora"))
        self.most = most
        self.flour = group_buy(
            self.anna.member, "flour", "sack", 200, later(9 * DAY), later(DAY), people=people, most=most
        )
        self.first = self.anna.say(self.flour)

    def join(self, who: Device, quantity: int = 1, **more: object) -> Entry:
        return who.say(Join(0, quantity, **more), self.first)  # type: ignore[arg-type]

    def book(self) -> Book:
        return self.village.book(self.anna, self.ben, self.carla, self.dora)

    def says(self, at: int, *, judge: bool = True) -> list[Body]:
        """What Anna's node says by itself after looking round at `at`."""
        book = self.book()
        agreement = book.agreements.get(self.first.id)
        assert agreement is not None
        found = about(book, agreement, self.anna.member, self.anna.key, Millis(at), judge=judge)
        return [body for body, _ in found]

    def draft(self, who: Device, body: Body, *, ref: Entry | None = None, at: int = later(HOUR)) -> str | None:
        """The sentence with which the member's own node refuses it; None when it would be signed."""
        ref = ref or self.first
        record = Record(EntryId(bytes(32)), who.id, who.log.size, Millis(at), who.member, ref.id, body)
        try:
            check(self.book(), record, Millis(at))
        except Refused as why:
            return str(why)
        return None


def closed_on(*joins: tuple[Device, Entry]) -> list[Close]:
    return [Close(seats=tuple(sorted((seat(*each) for each in joins), key=lambda each: each.at)))]


def test_a_node_closes_when_nobody_else_can_come_in() -> None:
    street = Street(most=2)
    ben = street.join(street.ben)
    assert street.says(later(HOUR)) == []

    carla = street.join(street.carla)

    assert street.says(later(HOUR)) == closed_on((street.ben, ben), (street.carla, carla))


def test_a_node_closes_when_the_last_could_have_joined() -> None:
    street = Street()
    ben, carla = street.join(street.ben), street.join(street.carla)

    assert street.says(later(DAY)) == []
    assert street.says(later(DAY) + 1, judge=False) == []
    assert street.says(later(DAY) + 1) == closed_on((street.ben, ben), (street.carla, carla))


def test_a_node_says_that_too_few_came() -> None:
    street = Street()
    street.join(street.ben)

    assert street.says(later(DAY)) == []
    assert street.says(later(DAY) + 1) == [Lapse()]


def test_a_node_that_wakes_up_too_late_to_close_says_that_it_lapsed() -> None:
    street = Street()
    street.join(street.ben)
    street.join(street.carla)

    assert street.says(later(2 * DAY)) != [Lapse()]
    assert street.says(later(2 * DAY) + 1) == [Lapse()]


def test_a_node_does_not_close_on_whom_it_knows_to_have_left() -> None:
    street = Street()
    ben, _, dora = street.join(street.ben), street.join(street.carla), street.join(street.dora)

    street.carla.say(Cancel(), street.first)

    assert street.says(later(DAY) + 1) == closed_on((street.ben, ben), (street.dora, dora))


def test_a_node_does_not_close_before_all_named_parties_have_accepted() -> None:
    street = Street(most=2)
    ben = street.village.joins(street.anna, "emil")
    sold = group_buy(street.ben.member, "eggs", "box", 5, later(9 * DAY), later(DAY), organiser=ben.member, most=1)
    proposal = ben.say(sold)
    street.carla.say(Join(0), proposal)
    devices = (street.anna, street.ben, street.carla, ben)

    def says() -> list[Body]:
        book = street.village.book(*devices)
        agreement = book.agreements.get(proposal.id)
        assert agreement is not None
        return [body for body, _ in about(book, agreement, ben.member, ben.key, later(HOUR), judge=True)]

    assert says() == []
    street.ben.say(Accept(), proposal)
    assert [type(body) for body in says()] == [Close]


def test_a_node_says_that_a_named_party_did_not_answer_however_many_joined() -> None:
    street = Street()
    eggs = group_buy(street.anna.member, "eggs", "box", 5, later(9 * DAY), later(DAY), organiser=street.ben.member)
    proposal = street.ben.say(eggs)
    street.carla.say(Join(0), proposal)
    book = street.book()
    agreement = book.agreements.get(proposal.id)
    assert agreement is not None

    said = about(book, agreement, street.ben.member, street.ben.key, Millis(later(DAY) + 1), judge=True)

    assert [body for body, _ in said] == [Lapse()]


def test_a_party_that_joins_has_still_signed_with_their_acceptance() -> None:
    # Of several devices of a member it is the one that signed which confirms credit by itself.
    street = Street()
    eggs = group_buy(street.anna.member, "eggs", "box", 5, later(9 * DAY), later(DAY), organiser=street.ben.member)
    proposal = street.anna.say(eggs)
    accepted, join = street.ben.say(Accept(), proposal), street.ben.say(Join(0), proposal)

    street.anna.say(Close((accepted.id,), (seat(street.ben, join),)), proposal)

    agreement = street.book().agreements.get(proposal.id)
    assert agreement is not None
    assert agreement.accepted == {street.ben.member: accepted.id}
    assert agreement.counting == (join.id,)


def test_a_node_wakes_up_when_the_last_could_have_joined() -> None:
    street = Street()

    due = next_deadline(street.book(), [street.first.id], street.anna.member, street.anna.id, later(0))

    assert due == later(DAY) + 1


def test_nobody_joins_for_more_than_they_can_spend() -> None:
    street = Street()

    assert street.draft(street.ben, Join(0, 3)) is None
    refusal = street.draft(street.ben, Join(0, 4))

    assert refusal == ("that costs 13+20/60 hours, and you can spend 10 hours: earn some first, or swap instead")
    assert street.draft(street.ben, Join(0, 4, pays=600)) is None


def test_what_is_pledged_can_not_be_spent_twice() -> None:
    street = Street()
    street.join(street.ben, 2)
    other = street.anna.say(street.flour)

    assert street.draft(street.ben, Join(0, 1), ref=other) is None
    assert street.draft(street.ben, Join(0, 2), ref=other) is not None


def test_who_joins_anew_pledges_only_the_new() -> None:
    street = Street()
    street.join(street.ben, 3)

    assert street.draft(street.ben, Join(0, 2)) is None
    assert street.draft(street.ben, Join(0, 3)) is None


def test_a_second_kind_of_place_is_pledged_beside_the_first() -> None:
    # What was pledged for one place is not there to be spent on another.
    street = Street()
    pays = Term(True, street.anna.member, "transfer", "credit", CREDIT, later(9 * DAY), each=200)
    two = Propose(parties(street.anna), (), later(DAY), slots=(Slot("buyer", (pays,)), Slot("baker", (pays,))))
    proposal = street.anna.say(two)
    street.ben.say(Join(0, 3), proposal)

    assert street.draft(street.ben, Join(1, 1), ref=proposal) is not None


def test_who_left_can_spend_again_what_they_had_pledged() -> None:
    street = Street()
    street.join(street.ben, 3)

    street.ben.say(Cancel(), street.first)

    assert street.book().credit.promised(street.ben.member, later(HOUR)) == 0


def test_a_party_that_joins_has_pledged_once() -> None:
    street = Street()
    eggs = group_buy(
        street.anna.member, "eggs", "box", 5, later(9 * DAY), later(DAY), organiser=street.ben.member, people=1
    )
    proposal = street.ben.say(eggs)
    street.ben.say(Join(0, 2), proposal)

    assert street.book().credit.promised(street.ben.member, later(HOUR)) == 10


@pytest.mark.parametrize("said", [Cancel(), "close"])
def test_nobody_is_let_join_what_they_know_to_be_over(said: Body | str) -> None:
    street = Street()
    answers = [street.join(street.ben), street.join(street.carla)]

    inside = tuple(seat(*each) for each in zip((street.ben, street.carla), answers, strict=True))
    street.anna.say(Close(seats=inside) if said == "close" else Cancel(), street.first)

    refusal = street.draft(street.dora, Join(0))
    assert refusal is not None
    assert "nobody can join it any more" in refusal


def test_who_stayed_for_the_next_round_has_it_among_their_agreements() -> None:
    # Their node confirms what is paid to them, and counts what they pledged, in what they have a say in.
    street = Street()
    street.join(street.ben, rolls=True)

    again = street.anna.say(
        group_buy(
            street.anna.member, "flour", "sack", 200, later(9 * DAY), later(DAY), replaces=EntryId(street.first.id)
        )
    )

    book = street.book()
    agreement = book.agreements.get(again.id)
    assert agreement is not None
    assert [join.member for join in agreement.staying()] == [street.ben.member]
    assert again.id in book.agreements.of_member[street.ben.member]
    assert street.ben.member in book.agreements.involved(again.id)
    assert book.credit.promised(street.ben.member, later(HOUR)) == 200


@given(st.lists(st.integers(1, 3), min_size=3, max_size=3))
def test_all_balances_together_are_zero_when_everything_was_delivered(sacks: list[int]) -> None:
    street = Street()
    people = (street.ben, street.carla, street.dora)
    joins = [street.join(who, much) for who, much in zip(people, sacks, strict=True)]
    street.anna.say(Close(seats=tuple(seat(*each) for each in zip(people, joins, strict=True))), street.first)
    devices = {device.member: device for device in (street.anna, *people)}
    agreement = street.book().agreements.get(street.first.id)
    assert agreement is not None

    for number, promised in enumerate(agreement.commitments):
        given_ = devices[promised.provider].say(Deliver(number, promised.quantity), street.first)
        devices[promised.receiver].say(Receive(given_.id, promised.quantity), street.first)

    book = street.book()
    ended = book.agreements.get(street.first.id)
    assert ended is not None
    assert ended.state is State.COMPLETED
    assert book.credit.balances() == {
        street.anna.member: 200 * sum(sacks),
        **{who.member: -200 * much for who, much in zip(people, sacks, strict=True)},
    }
    assert sum(book.credit.balances().values()) == 0


@pytest.mark.parametrize("place", range(3), ids=["at their certificate", "at their entrance", "at their join"])
@given(st.randoms(use_true_random=False))
def test_who_forks_takes_their_own_seat_and_nobody_elses_whatever_is_read_first(
    place: int, chance: random.Random
) -> None:
    street = Street()
    people = street.ben, street.carla
    joins = [street.join(who) for who in people]
    twin = Device(street.carla.key, street.carla.owner, street.village.community, Log(street.carla.id))
    for entry in street.carla.entries[:place]:
        twin.take(entry)
    said = Decline() if place else members.certify(street.carla.owner, street.carla.id, "another", later(0))
    proof = prove_fork(street.carla.entries[place], twin.sign(said, street.first if place else None))
    street.anna.say(Close(seats=tuple(seat(*each) for each in zip(people, joins, strict=True))), street.first)
    entries = [*street.anna.entries, *street.ben.entries, *street.carla.entries]
    chance.shuffle(entries)
    first = chance.randrange(len(entries) + 1)

    book = read(Book(street.village.community), *entries[:first])
    book.freeze(proof)
    read(book, *entries[first:])

    agreement = book.agreements.get(street.first.id)
    assert agreement is not None
    assert agreement.state is State.AGREED
    assert agreement.parties == parties(street.anna, street.ben)
    assert [each.member for each in agreement.lost] == [street.carla.member]
    owed = {each.provider: each.quantity for each in agreement.commitments if each.unit == CREDIT}
    assert owed == {street.ben.member: 200, street.carla.member: 200}
    assert to_pay(agreement, street.ben.member) == 200
    assert to_pay(agreement, street.carla.member) == 0
    again = open_snapshot(b"".join(take(book).parts()), street.village.community)
    assert again.agreements.get(street.first.id) == agreement


def test_what_a_struck_seat_would_have_taken_is_free_again() -> None:
    street = Street()
    sacks = street.anna.say(Listing("offer", "flour", "flour", 5, "sack", later(9 * DAY)))
    flour = Term(False, street.anna.member, "transfer", "flour", "sack", later(9 * DAY), each=1, listing=sacks.id)
    proposal = street.anna.say(Propose(parties(street.anna), (), later(DAY), slots=(Slot("buyer", (flour,)),)))
    joins = [(who, who.say(Join(0, 2), proposal)) for who in (street.ben, street.carla)]
    street.anna.say(Close(seats=tuple(seat(*each) for each in joins)), proposal)
    book = street.book()
    assert book.left(sacks.id, later(HOUR)) == 1

    twin = Device(street.carla.key, street.carla.owner, street.village.community, Log(street.carla.id))
    for entry in street.carla.entries[:-1]:
        twin.take(entry)
    book.freeze(prove_fork(street.carla.entries[-1], twin.sign(Decline(), proposal)))

    assert book.left(sacks.id, later(HOUR)) == 3
