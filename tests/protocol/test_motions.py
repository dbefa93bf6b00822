"""Motions: what the members decide is the same for everybody, whatever arrives first, and nobody is bound by it who
signed before.

Every single rule has its vector in tests/vectors/motions/; here stands what must hold for all that could be moved.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ruil.protocol import charters, invitations
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    Accept,
    Admit,
    Body,
    Cancel,
    Close,
    Dispute,
    Enter,
    Join,
    Lapse,
    Listing,
    Mediate,
    Motion,
    Propose,
    Vote,
)
from ruil.protocol.book import Book
from ruil.protocol.drafts import check
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Millis, position
from ruil.protocol.limits import DAY, HOUR, MOTION_CLOSES_MAX
from ruil.protocol.log import prove_fork
from ruil.protocol.members import Standing
from ruil.protocol.motions import share
from ruil.protocol.record import Record
from ruil.protocol.reflexes import about, after
from ruil.protocol.revocations import revoke
from ruil.protocol.snapshot import open_snapshot, take
from tests.protocol.actors import T0, Device, Village, at, bread, later, loaves, parties, read


class Hall:
    """Anna founded the village; Ben, Carla and Dora belong to it. Three of four carry what anybody moves."""

    def __init__(self) -> None:
        self.village = Village()
        self.anna = self.village.founder
        self.ben, self.carla, self.dora = (self.village.joins(self.anna, name) for name in ("ben", "carla", "dora"))
        self.guests: list[Device] = []

    @property
    def people(self) -> list[Device]:
        return [self.anna, self.ben, self.carla, self.dora]

    @property
    def entries(self) -> list[Entry]:
        return [entry for each in (*self.people, *self.guests) for entry in each.entries]

    def book(self, *more: Device) -> Book:
        return self.village.book(*self.people, *self.guests, *more)

    def move(self, by: Device, hour: int, motion: Motion) -> Entry:
        return by.say(Propose((by.member,), (), later(hour * HOUR + DAY), motion=motion), at=later(hour * HOUR))

    def carry(self, first: Entry, by: Device, hour: int, *voters: Device) -> Entry:
        votes = [each.say(Vote(EntryId(first.id)), first, at=later(hour * HOUR)) for each in voters]
        return by.say(Close(votes=tuple(at(vote) for vote in votes)), first, at=later(hour * HOUR))

    def decide(self, hour: int, motion: Motion, *voters: Device) -> Entry:
        first = self.move(self.anna, hour, motion)
        self.carry(first, self.anna, hour + 1, *(voters or (self.anna, self.carla, self.dora)))
        return first

    def refusal(self, who: Device, body: Body, ref: Entry | None = None, *, hour: int = 9) -> str:
        """The sentence with which the member's own node refuses it; empty when it would be signed."""
        now, about_ = later(hour * HOUR), EntryId(ref.id) if ref is not None else None
        draft = Record(EntryId(bytes(32)), who.id, who.log.size, now, who.member, about_, body)
        try:
            check(self.book(), draft, now)
        except Refused as why:
            return str(why)
        return ""

    def charter(self, **changes: object) -> bytes:
        held = self.book().members.charter
        assert held is not None
        return charters.charter_bytes(replace(held, **changes))


def known(book: Book, first: Entry) -> Agreement:
    found = book.agreements.get(EntryId(first.id))
    assert found is not None
    return found


# The same for everybody ----------------------------------------

SAID = st.tuples(
    st.sampled_from(
        [
            "office",
            "remove",
            "return",
            "charter",
            "carry",
            "carry",
            "vote",
            "close",
            "cancel",
            "trade",
            "accept",
            "mediate",
            "guest",
        ]
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)


def told(sayings: list[tuple[str, int, int, int]], *, at_once: bool = False) -> Hall:
    """What these sayings make of a hall: motions about anybody, votes and closes that are right and wrong. One an hour,
    or all of them in one moment."""
    hall = Hall()
    people, moved, sold = hall.people, [], []
    percents = (26, 51, 75, 100)
    for number, (what, who, whom, which) in enumerate(sayings):
        hour = 1 if at_once else number + 1
        by, other, now = people[who], people[whom], later(hour * HOUR)
        first = moved[which % len(moved)] if moved else None
        if what in ("office", "remove", "return", "charter"):
            motion = Motion(other.member, holds=what == "return")
            if what == "office":
                motion = Motion(other.member, "host", which % 2 == 0)
            if what == "charter":
                invites = ("members", "hosts", "founder", "members")[whom]
                mediation = "binding" if (who + which) % 2 else "advice"
                charter = hall.charter(decide_percent=percents[which], invites=invites, mediation=mediation)
                motion = Motion(charter=charter)
            moved.append(hall.move(by, hour, motion))
        elif what == "carry" and moved:
            last = moved[-1]
            mover = next(each for each in people if each.id == last.device)
            hall.carry(last, mover, hour, *(each for each in people if which == 0 or each is not other))
        elif what == "vote" and first is not None:
            for voter in people[: which + 1]:
                voter.say(Vote(EntryId(first.id)), first, at=now)
        elif what == "close" and first is not None:
            votes = [
                entry
                for each in people
                for entry in each.entries
                if isinstance(entry.body, Vote) and entry.reference and entry.reference.id == first.id
            ]
            mover = next(each for each in people if each.id == first.device)
            if votes:
                mover.say(Close(votes=tuple({each.device: at(each) for each in votes}.values())), first, at=now)
        elif what == "cancel" and first is not None:
            by.say(Cancel() if whom else Lapse(), first, at=now)
        elif what == "trade" and by is not other:
            asked = next(each.member for each in people if each not in (by, other))
            offer = Propose(parties(by, other), (bread(by, other, due=later(9 * DAY)),), later(5 * DAY), mediator=asked)
            sold.append(by.say(offer, at=now))
        elif what == "guest":
            host = [*people, *hall.guests][(who + which) % (len(hall.guests) + 4)]
            guest = hall.village.enters(host, f"guest {number}", at=now)
            host.say(Admit(entrance_of(guest).token), guest.entries[1], at=now)
            hall.guests.append(guest)
        elif what == "accept" and sold:
            by.say(Accept(), sold[which % len(sold)], at=now)
        elif what == "mediate" and sold:
            trade = sold[which % len(sold)]
            assert isinstance(trade.body, Propose)
            for each in people:
                if each.member in trade.body.parties:
                    each.say(Dispute(), trade, at=now)
                elif each.member == trade.body.mediator:
                    each.say(Mediate((whom,)), trade, at=now)
    return hall


def entrance_of(guest: Device) -> Enter:
    entrance = guest.entries[1].body
    assert isinstance(entrance, Enter)
    return entrance


@given(st.lists(SAID, max_size=25), st.booleans())
def test_who_belongs_since_when_and_how_many_are_needed_is_as_counted_by_hand(
    sayings: list[tuple[str, int, int, int]], at_once: bool
) -> None:
    hall = told(sayings, at_once=at_once)
    book = hall.book()
    ways = [
        (book.members.of_device[entrance_of(guest).inviter], guest.member, admit.at)
        for guest in (*hall.people[1:], *hall.guests)
        for admit in hall.entries
        if admit.reference is not None and admit.reference.id == guest.entries[1].id
    ]
    since = {hall.anna.member: T0}
    for _ in ways:  # each time round one more is reached
        for host, guest, when in ways:
            if host in since and book.members.may_invite(host, when):
                since[guest] = min(since.get(guest, later(99 * DAY)), max(when, since[host]))

    assert {each.id: each.since for each in book.members.all().values() if each.since is not None} == since
    for each in book.agreements.all():
        if each.proposal.motion is not None:
            about = each.proposal.motion.member if each.proposal.motion.office is None else None
            people = [one for one in since if one != about and book.members.belonged(one, each.at)]
            charter = book.members.charter_at(each.at)
            assert charter is not None
            assert book.members.needed(book.records[each.id]) == share(charter.decide_percent, len(people))


def test_what_two_charters_change_holds_both_though_each_was_written_without_the_other() -> None:
    hall = Hall()
    limit = hall.move(hall.anna, 1, Motion(charter=hall.charter(credit_limit=900)))
    invites = hall.move(hall.ben, 1, Motion(charter=hall.charter(invites="hosts")))

    hall.carry(limit, hall.anna, 2, hall.anna, hall.carla, hall.dora)
    hall.carry(invites, hall.ben, 3, hall.anna, hall.carla, hall.dora)

    charter, before = hall.book().members.charter, hall.book().members.charter_at(later(2 * HOUR))
    assert charter is not None
    assert before is not None
    assert (charter.credit_limit, charter.invites) == (900, "hosts")
    assert (before.credit_limit, before.invites) == (900, "members")


@given(st.lists(SAID, max_size=25), st.randoms(use_true_random=False))
def test_every_order_of_arrival_gives_the_same_decisions(
    sayings: list[tuple[str, int, int, int]], chance: random.Random
) -> None:
    hall = told(sayings)
    book = hall.book()
    mixed = hall.entries
    chance.shuffle(mixed)

    other = Book(hall.village.community)
    for entry in mixed:
        other.apply(entry)
        if chance.random() < 0.1:
            other.digest()  # looking between changes nothing

    assert other.digest() == book.digest()
    assert other.members.charter == book.members.charter
    for each in book.agreements.all():
        assert other.agreements.get(each.id) == each
    again = open_snapshot(b"".join(take(other).parts()), hall.village.community)
    assert again.digest() == book.digest()


@given(st.lists(SAID, max_size=25), st.randoms(use_true_random=False))
def test_what_a_fork_takes_away_is_as_if_it_had_never_been_said(
    sayings: list[tuple[str, int, int, int]], chance: random.Random
) -> None:
    hall = told(sayings)
    forker = chance.choice([*hall.people, *hall.guests])
    place = chance.randrange(2, len(forker.entries)) if len(forker.entries) > 2 else None
    if place is None:
        return
    twin = Device(forker.key, forker.owner, hall.village.community, type(forker.log)(forker.id))
    for entry in forker.entries[:place]:
        twin.take(entry)
    real = forker.entries[place]
    proof = prove_fork(real, twin.sign(loaves(1), at=later(30 * DAY)))
    late, early = hall.book(), Book(hall.village.community)

    late.freeze(proof)
    read(early, *hall.anna.entries)
    early.freeze(proof)
    read(early, *hall.entries)

    assert late.digest() == early.digest()
    for each in early.agreements.all():
        assert late.agreements.get(each.id) == each


@given(st.lists(SAID, max_size=25), st.booleans())
def test_what_is_completed_is_what_holds(sayings: list[tuple[str, int, int, int]], at_once: bool) -> None:
    book = told(sayings, at_once=at_once).book()

    moved = [each for each in book.agreements.all() if each.proposal.motion is not None]
    assert {each.id: each.ended_at for each in moved if each.state is State.COMPLETED} == {
        each.id: each.at for each in book.members.decisions.all()
    }


def carried(book: Book) -> set[EntryId]:
    """What holds; and the same is completed, whatever else is read later."""
    ids = {each.id for each in book.members.decisions.all()}
    moved = [each for each in book.agreements.all() if each.proposal.motion is not None]
    assert {each.id for each in moved if each.state is State.COMPLETED} == ids
    return ids


def test_of_two_motions_closed_in_one_moment_the_second_takes_no_vote_from_the_first() -> None:
    hall = Hall()
    one, other = sorted((hall.anna, hall.ben), key=lambda each: each.id)
    office = hall.move(one, 1, Motion(hall.carla.member, "host"))
    removal = hall.move(other, 1, Motion(hall.dora.member, holds=False))

    hall.carry(office, one, 1, hall.anna, hall.carla, hall.dora)
    hall.carry(removal, other, 1, hall.anna, hall.ben, hall.carla)

    assert carried(hall.book()) == {office.id, removal.id}


def test_who_is_let_in_once_more_has_belonged_since_the_first_time() -> None:
    hall = Hall()
    hall.decide(1, Motion(charter=hall.charter(decide_percent=75)))
    first, second, third = sorted((hall.ben, hall.carla, hall.dora), key=lambda each: each.id)  # as they were let in
    emil = hall.village.enters(second, "emil", at=later(2 * HOUR))
    lets_in(second, emil, hour=2)
    office = hall.decide(3, Motion(hall.anna.member, "host"), hall.anna, second, third, emil)
    before = hall.book(emil)
    phone = hall.village.device("emil", "phone", at=later(5 * HOUR))
    phone.say(invitations.enter(phone.owner, phone.id, hall.village.invitation(first)))
    lets_in(first, phone, hour=6)
    removal = hall.decide(7, Motion(first.member, holds=False), hall.anna, second, third, emil)

    after = hall.book(emil, phone)

    assert office.id in carried(before)
    assert {office.id, removal.id} <= carried(after)
    assert after.members.all()[emil.member].since == before.members.all()[emil.member].since == later(2 * HOUR)


def test_a_guest_belongs_no_earlier_than_who_let_them_in() -> None:
    hall = Hall()
    emil = hall.village.enters(hall.ben, "emil", at=later(HOUR))
    fay = hall.village.enters(emil, "fay", at=later(2 * HOUR))
    lets_in(emil, fay, hour=2)
    office = hall.move(hall.anna, 3, Motion(hall.carla.member, "host"))
    lets_in(hall.ben, emil, hour=4)

    vote = fay.say(Vote(EntryId(office.id)), office, at=later(5 * HOUR))

    book = hall.book(emil, fay)
    assert book.members.all()[fay.member].since == later(4 * HOUR)
    assert known(book, office).out_of_turn[EntryId(vote.id)].startswith("only who belonged here before")


def lets_in(host: Device, guest: Device, *, hour: int) -> None:
    host.say(Admit(entrance_of(guest).token), guest.entries[1], at=later(hour * HOUR))


def test_no_vote_is_made_up_of_those_who_once_lost_a_computer() -> None:
    hall = Hall()
    old = [hall.village.device(name, "old") for name in ("ben", "carla")]
    for each, owner in zip(old, (hall.ben, hall.carla), strict=True):
        owner.say(revoke(owner.owner, hall.village.community, each.id, 1), at=later(HOUR))
    first = hall.move(hall.anna, 2, Motion(hall.dora.member, "host"))
    vote = hall.anna.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR))

    made_up = (at(vote), *(position(each.id, 7) for each in old))
    close = hall.anna.say(Close(votes=made_up), first, at=later(3 * HOUR))

    for devices in ((*hall.people, *old), (*old, *reversed(hall.people))):
        book = hall.village.book(*devices)
        assert known(book, first).out_of_turn[EntryId(close.id)] == "1 said yes; 3 are needed"


def test_a_vote_stands_that_its_author_takes_back_by_revoking_the_device_it_was_cast_on() -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))
    phone = hall.village.device("dora", "phone", at=later(HOUR))
    votes = [each.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR)) for each in (hall.anna, hall.carla, phone)]
    hall.anna.say(Close(votes=tuple(at(vote) for vote in votes)), first, at=later(3 * HOUR))
    hall.dora.say(revoke(hall.dora.owner, hall.village.community, phone.id, 1), at=later(4 * HOUR))

    assert hall.book(phone).digest() == hall.village.book(phone, *reversed(hall.people)).digest()
    assert carried(hall.book(phone)) == {first.id}


@pytest.mark.parametrize("entered", [2, 5])  # with a clock that is right, or hours ahead
@pytest.mark.parametrize("guest_first", [True, False])
def test_who_is_read_late_and_had_been_let_in_before_counts_among_the_people(guest_first: bool, entered: int) -> None:
    hall = Hall()
    hall.decide(1, Motion(charter=hall.charter(decide_percent=75)), hall.anna, hall.ben, hall.carla)
    office = hall.decide(4, Motion(hall.ben.member, "host"), hall.anna, hall.ben, hall.carla)
    book = hall.book()
    assert office.id in carried(book)
    emil = hall.village.enters(hall.dora, "emil", at=later(entered * HOUR))
    lets_in(hall.dora, emil, hour=3)

    for entry in [*emil.entries, hall.dora.entries[-1]] if guest_first else [hall.dora.entries[-1], *emil.entries]:
        book.apply(entry)
        carried(book)  # looking between changes nothing

    assert office.id not in carried(book)  # of five people 75 % are four
    assert book.digest() == hall.book(emil).digest()


def test_a_lost_vote_counts_once_it_is_read_whose_device_that_was() -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))
    phone = hall.village.device("dora", "phone", at=later(HOUR))
    twin = phone.twin()
    votes = [each.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR)) for each in (hall.anna, hall.carla, phone)]
    hall.anna.say(Close(votes=tuple(at(vote) for vote in votes)), first, at=later(3 * HOUR))
    book = hall.book()
    book.freeze(prove_fork(votes[-1], twin.sign(loaves(1), at=later(2 * HOUR))))
    assert carried(book) == set()

    book.apply(phone.entries[0])

    assert carried(book) == {first.id}


@pytest.mark.parametrize("more", [0, 1])
def test_of_one_motion_sixteen_closes_are_looked_at(more: int) -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))
    votes = [each.say(Vote(EntryId(first.id)), first, at=later(HOUR)) for each in (hall.anna, hall.carla, hall.dora)]
    for _ in range(MOTION_CLOSES_MAX - 1 + more):
        hall.anna.say(Close(votes=(at(votes[0]),)), first, at=later(2 * HOUR))

    close = hall.anna.say(Close(votes=tuple(at(vote) for vote in votes)), first, at=later(2 * HOUR))

    why = known(hall.book(), first).out_of_turn.get(EntryId(close.id))
    assert carried(hall.book()) == (set() if more else {first.id})
    assert why == ("it was closed 16 times before" if more else None)


@given(st.lists(SAID, max_size=25))
def test_every_motion_ends_and_its_mover_is_never_bound_to_anything(sayings: list[tuple[str, int, int, int]]) -> None:
    hall = told(sayings)
    book = hall.book()

    for each in book.agreements.all():
        if each.proposal.motion is not None:
            assert each.state_at(each.bound_by + 1).ended
            assert each.state in (State.PROPOSED, State.COMPLETED, State.WITHDRAWN, State.LAPSED)
    assert sum(book.credit.balances().values()) == 0


# What it does ----------------------------------------


def test_nobody_who_was_removed_signs_anything_new_and_they_are_told_so() -> None:
    hall = Hall()
    sold = hall.anna.say(
        Propose(parties(hall.anna, hall.ben), (bread(hall.anna, hall.ben, due=later(9 * DAY)),), later(5 * DAY)),
        at=later(1),
    )
    hall.decide(2, Motion(hall.ben.member, holds=False))

    for body, ref in ((loaves(ends=later(9 * DAY)), None), (Accept(), sold), (Admit(hall.ben.id), hall.ben.entries[1])):
        assert "the members removed you" in hall.refusal(hall.ben, body, ref)
    asked = Propose(parties(hall.anna, hall.ben), (bread(hall.anna, hall.ben, due=later(9 * DAY)),), later(5 * DAY))
    assert (
        hall.refusal(hall.anna, asked) == f"{hall.book().members.name(hall.ben.member)} was removed from this community"
    )
    assert hall.book().members.all()[hall.ben.member].standing is Standing.REMOVED


def test_who_left_a_motion_without_their_vote_is_not_counted_though_everybody_reads_it() -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))
    hall.dora.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR))
    close = hall.carry(first, hall.anna, 2, hall.anna, hall.carla)

    book = hall.book()

    assert known(book, first).out_of_turn[EntryId(close.id)] == "2 said yes; 3 are needed"
    assert len(known(book, first).votes) == 3


@pytest.mark.parametrize(
    ("motion", "why"),
    [
        (lambda hall: Motion(hall.ben.member, "host"), "is host already"),
        (lambda hall: Motion(hall.carla.member, "host", holds=False), "is no host"),
        (lambda hall: Motion(hall.carla.member), "belongs here already"),
        (lambda hall: Motion(hall.dora.member, holds=False), "was removed already"),
        (lambda hall: Motion(hall.dora.member, "host"), "was removed from this community"),
        (lambda _: Motion(Village("zoe").founder.member, "host"), "does not belong here"),
        (lambda hall: Motion(charter=hall.charter()), "that is the charter as it stands"),
        (lambda hall: Motion(charter=hall.charter(parts=100)), "a charter's parts can not be amended"),
        (lambda _: Motion(charter=b"\x80"), "not a charter"),
    ],
)
def test_what_can_not_be_decided_is_refused_to_who_would_move_it(motion: object, why: str) -> None:
    hall = Hall()
    hall.decide(1, Motion(hall.ben.member, "host"))
    hall.decide(3, Motion(hall.dora.member, holds=False), hall.anna, hall.ben, hall.carla)

    asked = motion(hall)  # type: ignore[operator]

    assert why in hall.refusal(hall.anna, Propose((hall.anna.member,), (), later(DAY + 9 * HOUR), motion=asked))


def test_who_was_not_let_in_moves_nothing() -> None:
    hall = Hall()
    guest = hall.village.enters(hall.anna, "emil")
    body = Propose((guest.member,), (), later(2 * DAY), motion=Motion(hall.ben.member, "host"))
    now = later(HOUR)

    with pytest.raises(Refused, match="wait until you are let in"):
        check(hall.book(guest), Record(EntryId(bytes(32)), guest.id, 2, now, guest.member, None, body), now)


def test_nobody_joins_once_they_were_removed() -> None:
    from ruil.protocol.shapes.group_buy import group_buy

    hall = Hall()
    buy = hall.anna.say(group_buy(hall.anna.member, "flour", "sack", 5, later(9 * DAY), later(5 * DAY)), at=later(1))
    hall.decide(2, Motion(hall.ben.member, holds=False))

    join = hall.ben.say(Join(0), buy, at=later(4 * HOUR))

    assert known(hall.book(), buy).out_of_turn[EntryId(join.id)].startswith("the members had removed who said this")


def test_what_was_listed_before_can_not_be_taken_by_who_was_removed() -> None:
    hall = Hall()
    offer = hall.ben.say(Listing("offer", "bread", "Loaf", 4, "loaf", later(9 * DAY)), at=later(1))
    hall.decide(2, Motion(hall.ben.member, holds=False))
    wants = Propose(
        parties(hall.anna, hall.ben), (bread(hall.ben, hall.anna, due=later(9 * DAY), listing=offer),), later(5 * DAY)
    )
    asked = hall.ben.say(wants, at=later(4 * HOUR))

    assert known(hall.book(), asked).signed == set()
    assert hall.book().left(EntryId(offer.id), later(5 * HOUR)) == 4


# What a node does by itself ----------------------------------------


def says(hall: Hall, first: Entry, hour: int, *, judge: bool = True) -> list[Body]:
    book = hall.book()
    found = about(book, known(book, first), hall.anna.member, hall.anna.key, Millis(later(hour * HOUR)), judge=judge)
    return [body for body, _ in found]


def test_a_node_closes_its_motion_as_soon_as_enough_have_said_yes() -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))
    votes = [each.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR)) for each in (hall.anna, hall.ben)]
    assert says(hall, first, 3) == []

    votes.append(hall.dora.say(Vote(EntryId(first.id)), first, at=later(2 * HOUR)))

    closed = [Close(votes=tuple(sorted(at(vote) for vote in votes)))]
    assert says(hall, first, 3) == closed
    book = hall.book()
    found = after(book, votes[-1], hall.anna.member, hall.anna.key, Millis(later(3 * HOUR)))
    assert [body for body, _ in found] == closed


def test_a_node_says_that_its_motion_lapsed() -> None:
    hall = Hall()
    first = hall.move(hall.anna, 1, Motion(hall.ben.member, "host"))

    assert says(hall, first, 25) == []
    assert says(hall, first, 26) == [Lapse()]
    assert says(hall, first, 26, judge=False) == []


def test_a_node_lets_nobody_in_whom_it_may_not() -> None:
    hall = Hall()
    hall.decide(1, Motion(charter=hall.charter(invites="hosts")))
    guest = hall.village.enters(hall.ben, "emil", at=later(3 * HOUR))
    book = hall.book(guest)

    found = after(book, guest.entries[1], hall.ben.member, hall.ben.key, Millis(later(4 * HOUR)))

    assert list(found) == []


def test_a_mediators_word_binds_in_what_is_proposed_while_the_charter_says_so() -> None:
    hall = Hall()
    anna, ben, carla, dora = hall.people
    binding = Motion(charter=hall.charter(mediation="binding"))

    def trade(hour: int) -> Entry:
        promised = (bread(ben, carla, due=later(9 * DAY)),)
        made = ben.say(
            Propose(parties(ben, carla), promised, later(5 * DAY), mediator=dora.member), at=later(hour * HOUR)
        )
        carla.say(Accept(), made, at=later(hour * HOUR))
        return made

    def mediated(made: Entry, hour: int) -> State:
        ben.say(Dispute(), made, at=later(hour * HOUR))
        dora.say(Mediate((1,)), made, at=later(hour * HOUR))
        known = hall.book().agreements.get(EntryId(made.id))
        assert known is not None
        return known.state

    before = trade(1)
    hall.decide(2, binding)
    while_it_holds = trade(4)
    assert hall.book().members.mediation_binds(later(4 * HOUR))
    hall.decide(5, Motion(charter=hall.charter(mediation="advice")))
    after = trade(8)

    assert anna.member not in (ben.member, carla.member)
    assert [mediated(made, 9) for made in (before, while_it_holds, after)] == [
        State.AGREED,
        State.SETTLED,
        State.AGREED,
    ]
