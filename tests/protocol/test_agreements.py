"""Agreements: every row of the table can be reached, and whatever has no row is refused with a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.agreement import TABLE, Agreement, Said, State, Who
from ruil.protocol.agreements import Agreements
from ruil.protocol.ballots import NOTHING_AROUND
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Body,
    Cancel,
    Close,
    Commitment,
    Correct,
    Debt,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Mediate,
    Motion,
    Propose,
    Receive,
    Settle,
    Slot,
    Term,
    Vote,
)
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.joins import seats
from ruil.protocol.limits import ANSWER_MS_MAX, DAY, DUE_MS_MAX, HOUR, RECEIPT_MS
from ruil.protocol.listings import Listings
from ruil.protocol.record import Record
from ruil.protocol.turns import fold

ANNA, BEN, CARLA, MEDIATOR, STRANGER = (
    MemberId(name.ljust(32, b"\0")) for name in (b"anna", b"ben", b"carla", b"mia", b"stranger")
)
NONE = (EntryId(bytes(32)),)
ANSWER_BY = 10 * HOUR
DUE = 20 * HOUR


@dataclass
class Story:
    """One agreement as it is told, an hour passing before each saying. Anna's desktop proposes; she gives bread."""

    three: bool = False
    open: bool = False  # with places for others, who pay Ben
    binding: bool = False  # what the mediator says
    voted: bool = False  # among those who take a place
    clearing: bool = False  # of a debt of Anna's to Ben and one of Ben's to Anna
    motion: bool = False  # Anna moves that Ben has an office
    quantity: int = 2
    said: list[Record] = field(default_factory=list)
    hour: int = 0
    _seqs: dict[DeviceId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bread = Commitment(ANNA, BEN, "transfer", "bread", self.quantity, "loaf", DUE)
        work = Commitment(BEN, ANNA, "work", "garden", 1, "hour", DUE)
        parties = (ANNA, BEN, CARLA) if self.three else (ANNA, BEN)
        promised: tuple[Commitment, ...] = (bread, work)
        if self.clearing:
            debt = Debt(NONE[0], 0)
            ends = ((ANNA, BEN), (BEN, ANNA))
            promised = tuple(Commitment(*two, "transfer", "credit", 5, CREDIT, DUE, clears=debt) for two in ends)
        split = {"total": 9, "voted": True} if self.voted else {"each": 1}
        seat = Slot("guest", (Term(not self.voted, BEN, "transfer", "soup", "bowl", DUE, **split),))
        self.proposal = Propose(
            parties,
            promised,
            ANSWER_BY,
            slots=(seat,) if self.open else (),
            mediator=MEDIATOR,
            binding=self.binding,
        )
        if self.motion:
            self.proposal = Propose((ANNA,), (), ANSWER_BY, motion=Motion(BEN, "host"))
        self.first = self.record(ANNA, self.proposal, at=0)

    def record(self, who: MemberId, body: Body, *, at: int | None = None, device: str = "desktop") -> Record:
        on = DeviceId(who[:16] + device.encode().ljust(16, b"\0"))
        seq = self._seqs[on] = self._seqs.get(on, 1) + 1
        ref = None if isinstance(body, Propose) else self.first.id
        id_ = EntryId(blake2b(on + seq.to_bytes(8, "big"), digest_size=32).digest())
        return Record(id_, on, seq, Millis(self.hour * HOUR if at is None else at), who, ref, body)

    def tell(self, who: MemberId, body: Body, *, at: int | None = None, device: str = "desktop") -> Record:
        self.hour += 1
        record = self.record(who, body, at=at, device=device)
        self.said.append(record)
        return record

    def counter(self) -> Propose:
        return Propose(self.proposal.parties, self.proposal.commitments, ANSWER_BY, replaces=self.first.id)

    @property
    def now(self) -> Agreement:
        return fold(self.first, self.said, around=replace(NOTHING_AROUND, belonged=lambda _, __: True))

    def refusal(self, record: Record) -> str | None:
        return self.now.out_of_turn.get(record.id)

    # Common beginnings

    def agreed(self) -> "Story":
        self.tell(BEN, Accept())
        if self.three:
            self.tell(CARLA, Accept())
        self.tell(ANNA, Close(tuple(sorted(self.now.accepted.values()))))
        return self

    def delivered(self, quantity: int | None = None) -> Record:
        return self.tell(ANNA, Deliver(0, self.quantity if quantity is None else quantity))

    def completed(self) -> "Story":
        self.agreed()
        self.tell(BEN, Receive(self.delivered().id, self.quantity))
        self.tell(ANNA, Receive(self.tell(BEN, Deliver(1, 1)).id, 1))
        return self


def proposed() -> Story:
    return Story()


def agreed() -> Story:
    story = Story(quantity=4).agreed()
    story.tell(BEN, Receive(story.delivered(1).id, 1))
    story.delivered(1)
    return story


def completed() -> Story:
    return Story(quantity=4).completed()


def cancelled() -> Story:
    story = agreed()
    story.tell(ANNA, Cancel())
    story.tell(BEN, Cancel())
    return story


def declined() -> Story:
    story = Story()
    story.tell(BEN, Decline("too much"))
    return story


def replaced() -> Story:
    story = Story()
    story.tell(BEN, story.counter())
    return story


def withdrawn() -> Story:
    story = Story()
    story.tell(ANNA, Cancel())
    return story


def lapsed() -> Story:
    story = Story()
    story.tell(ANNA, Lapse(), at=ANSWER_BY + 1)
    story.hour = 11
    return story


def settled() -> Story:
    story = agreed()
    story.tell(ANNA, Settle((1, 0)))
    story.tell(BEN, Settle((1, 0)))
    return story


BEGINNINGS: dict[State, Callable[[], Story]] = {
    State.PROPOSED: proposed,
    State.AGREED: agreed,
    State.COMPLETED: completed,
    State.CANCELLED: cancelled,
    State.SETTLED: settled,
    State.DECLINED: declined,
    State.REPLACED: replaced,
    State.WITHDRAWN: withdrawn,
    State.LAPSED: lapsed,
}


def first_delivery(story: Story, *, received: bool) -> EntryId:
    for delivery in story.now.deliveries.values():
        if (delivery.receipt is not None) is received and delivery.commitment == 0:
            return delivery.id
    return EntryId(bytes(32))


def answering(said: Said) -> Callable[[Story], Body]:
    makers: dict[Said, Callable[[Story], Body]] = {
        Said.ACCEPT: lambda _: Accept(),
        Said.LAST_ACCEPT: lambda _: Accept(),
        Said.DECLINE: lambda _: Decline(),
        Said.COUNTER: lambda story: story.counter(),
        Said.CANCEL: lambda _: Cancel(),
        Said.LAST_CANCEL: lambda _: Cancel(),
        Said.LAPSE: lambda _: Lapse(),
        Said.JOIN: lambda _: Join(0),
        Said.VOTE: lambda story: Vote(next(iter(story.now.joins), NONE[0])),
        Said.EXTEND: lambda _: Extend(DUE + 9 * DAY),
        Said.LAST_EXTEND: lambda _: Extend(DUE + 9 * DAY),
        Said.SETTLE: lambda _: Settle((1, 0)),
        Said.LAST_SETTLE: lambda _: Settle((1, 0)),
        Said.DISPUTE: lambda _: Dispute("half of it was burnt"),
        Said.MEDIATE: lambda _: Mediate((1, 1)),
        Said.BINDING_MEDIATE: lambda _: Mediate((1, 1)),
        Said.BINDING_CLOSE: lambda story: Close(
            tuple(sorted(story.now.accepted.values())) or NONE, seats(story.now, story.now.joins.values())
        ),
        Said.CARRYING_CLOSE: lambda story: (
            Close(votes=(story.now.votes[each].position,))
            if (each := next(iter(story.now.votes), None))
            else Close(NONE)
        ),
        Said.CLEARING_CLOSE: lambda story: Close(tuple(sorted(story.now.accepted.values())) or NONE),
        Said.CLOSE: lambda story: Close(tuple(sorted(story.now.accepted.values())) or NONE),
    }
    return makers[said]


def moving(said: Said) -> Callable[[Story], Body]:
    makers: dict[Said, Callable[[Story], Body]] = {
        Said.DELIVER: lambda _: Deliver(0, 1),
        Said.RECEIVE: lambda story: Receive(first_delivery(story, received=False), 1),
        Said.LAST_RECEIVE: lambda story: Receive(first_delivery(story, received=False), 1),
        Said.CORRECT: lambda story: Correct(first_delivery(story, received=True), 0),
        Said.LAST_CORRECT: lambda story: Correct(first_delivery(story, received=True), 0),
        Said.FULL_CORRECT: lambda story: Correct(first_delivery(story, received=True), story.quantity),
    }
    return makers[said]


CLOSES = (Said.BINDING_CLOSE, Said.CLEARING_CLOSE, Said.CARRYING_CLOSE)
ANSWERS = tuple(
    said for said in Said if said not in (Said.TIME, Said.TIME_ENOUGH, Said.DELIVER) and "rec" not in said.value
)
MOVES = (Said.DELIVER, Said.RECEIVE, Said.LAST_RECEIVE, Said.CORRECT, Said.LAST_CORRECT, Said.FULL_CORRECT)
SPEAKERS = {
    Who.PROPOSER: ANNA,
    Who.ANSWERER: BEN,
    Who.JOINER: CARLA,
    Who.MEDIATOR: MEDIATOR,
    Who.MEMBER: STRANGER,
    Who.PROVIDER: ANNA,
    Who.RECEIVER: BEN,
}


def absent_rows() -> Iterator[tuple[State, Who, Said]]:
    """Every row the table does not have, where somebody can say such a thing at all."""
    for state in State:
        for who in SPEAKERS:
            for said in MOVES if who in (Who.PROVIDER, Who.RECEIVER) else ANSWERS:
                # What binds is a close like others in an agreement that is bound already.
                if (state, who) == (State.AGREED, Who.PROPOSER) and said in CLOSES:
                    continue
                # Before all have signed, only the proposer's own word takes the offer back: there is no last one.
                # A mediator's word that would bind is a proposal where nobody said that it binds.
                if (state, who, said) not in TABLE and (state, said) != (State.PROPOSED, Said.LAST_CANCEL):
                    yield state, who, said


def named(row: tuple[State, Who, Said]) -> str:
    return "-".join(part.value for part in row)


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached(state: State) -> None:
    assert BEGINNINGS[state]().now.state is state


@pytest.mark.parametrize("row", list(absent_rows()), ids=named)
def test_what_has_no_row_is_refused_and_changes_nothing(row: tuple[State, Who, Said]) -> None:
    state, who, said = row
    story = BEGINNINGS[state]()
    body = (answering(said) if said in ANSWERS else moving(said))(story)
    before = story.now

    record = story.tell(SPEAKERS[who], body)

    assert story.refusal(record) is not None
    after = story.now
    assert (after.state, after.received, after.accepted) == (before.state, before.received, before.accepted)


@pytest.mark.parametrize("row", [row for row in TABLE if row[1] is not Who.CLOCK], ids=named)
def test_every_row_of_the_table_is_reached(row: tuple[State, Who, Said]) -> None:
    state, who, said = row
    story = _before(row)
    assert story.now.state is state
    body = (answering(said) if said in ANSWERS else moving(said))(story)

    record = story.tell(SPEAKERS[who], body, at=ANSWER_BY + 1 if said is Said.LAPSE else None)

    assert story.refusal(record) is None
    assert story.now.state is TABLE[row]


def _before(row: tuple[State, Who, Said]) -> Story:
    """A story in which the row's saying is exactly that: the last acceptance, one of two cancellations."""
    state, who, said = row
    other = BEN if SPEAKERS[who] == ANNA else ANNA
    if said is Said.ACCEPT:
        return Story(three=True)
    if said is Said.CARRYING_CLOSE:
        story = Story(motion=True)
        story.tell(STRANGER, Vote(story.first.id))
        return story
    if said is Said.CLEARING_CLOSE:
        story = Story(clearing=True)
        story.tell(BEN, Accept())
        return story
    if who in (Who.JOINER, Who.MEMBER) or said is Said.BINDING_CLOSE:
        story = Story(open=True, voted=who is Who.MEMBER)
        story.tell(BEN, Accept())
        if said is not Said.JOIN:
            story.tell(CARLA, Join(0))
        return story
    if said is Said.CLOSE:
        story = Story()
        story.tell(BEN, Accept())
        return story
    if said is Said.LAST_RECEIVE:
        story = Story(quantity=1).agreed()
        story.tell(ANNA, Receive(story.tell(BEN, Deliver(1, 1)).id, 1))
        story.delivered(1)
        return story
    if said is Said.FULL_CORRECT and state is State.AGREED:
        story = Story(quantity=2).agreed()
        story.tell(ANNA, Receive(story.tell(BEN, Deliver(1, 1)).id, 1))
        story.tell(BEN, Receive(story.delivered().id, 1))
    else:
        story = BEGINNINGS[state]()
    if said in (Said.MEDIATE, Said.BINDING_MEDIATE):
        story = Story(binding=said is Said.BINDING_MEDIATE).agreed()
        story.tell(BEN, Dispute())
    if said is Said.LAST_EXTEND:
        story.tell(other, Extend(DUE + 9 * DAY))
    if said is Said.LAST_SETTLE:
        story.tell(other, Settle((1, 0)))
    if said is Said.LAST_CANCEL:
        story.tell(other, Cancel())
    if said is Said.LAST_CORRECT:
        story.tell(other, Correct(first_delivery(story, received=True), 0))
    if said is Said.FULL_CORRECT:
        story.tell(other, Correct(first_delivery(story, received=True), story.quantity))
    return story


def test_a_correction_after_the_end_completes_nothing() -> None:
    story = _before((State.AGREED, Who.PROVIDER, Said.FULL_CORRECT))

    late = story.tell(ANNA, Correct(first_delivery(story, received=True), 2), at=story.now.closes_at + 1)

    assert story.refusal(late) is None
    assert story.now.received == [2, 1]
    assert story.now.state_at(late.at) is State.LAPSED


def test_no_deadline_is_further_away_than_the_longest_allowed() -> None:
    story = Story()
    endless = msgspec.structs.replace(story.proposal, answer_by=10**13, commitments=tuple(
        msgspec.structs.replace(each, due=2 * 10**13) for each in story.proposal.commitments
    ))  # fmt: skip
    story.first = msgspec.structs.replace(story.first, body=endless)

    assert story.now.answer_by == story.first.at + ANSWER_MS_MAX
    assert story.now.closes_at == story.first.at + DUE_MS_MAX + RECEIPT_MS


def test_the_clock_ends_what_nobody_answered() -> None:
    agreement = Story().now

    assert agreement.state_at(ANSWER_BY) is State.PROPOSED
    assert agreement.state_at(ANSWER_BY + 1) is State.LAPSED


def test_the_clock_ends_what_was_never_finished() -> None:
    agreement = agreed().now

    assert agreement.closes_at == DUE + RECEIPT_MS
    assert agreement.state_at(agreement.closes_at) is State.AGREED
    assert agreement.state_at(agreement.closes_at + 1) is State.LAPSED


@pytest.mark.parametrize("state", [state for state in State if state.ended and state is not State.LAPSED])
def test_the_clock_does_not_touch_what_has_ended(state: State) -> None:
    assert BEGINNINGS[state]().now.state_at(10**15) is state


# Answering


def test_nobody_is_bound_before_all_have_signed() -> None:
    story = Story(three=True)
    story.tell(BEN, Accept())
    assert story.now.state is State.PROPOSED
    assert story.now.missing() == {CARLA}

    last = story.tell(CARLA, Accept())

    assert story.now.state is State.AGREED
    assert story.now.agreed_at == last.at


def test_accepting_twice_counts_once() -> None:
    story = Story(three=True)
    first = story.tell(BEN, Accept())

    again = story.tell(BEN, Accept(), device="phone")

    assert story.refusal(again) == "you have answered this proposal already"
    assert story.now.accepted == {BEN: first.id}
    assert story.now.state is State.PROPOSED


def test_an_acceptance_after_the_deadline_does_not_count() -> None:
    story = Story()

    late = story.tell(BEN, Accept(), at=ANSWER_BY + 1)

    assert story.refusal(late) == "the proposal had to be answered by 1970-01-01 10:00 UTC"
    assert story.now.state is State.PROPOSED


def test_a_stranger_has_no_say() -> None:
    story = Story()

    said = [story.tell(STRANGER, body) for body in (Accept(), Decline(), Cancel(), Deliver(0, 1))]

    assert {story.refusal(record) for record in said} == {"only the parties of an agreement have a say in it"}


def test_a_counter_offer_ends_the_version_it_replaces() -> None:
    story = Story()

    counter = story.tell(BEN, story.counter())
    late = story.tell(BEN, Accept())

    assert story.now.state is State.REPLACED
    assert story.now.replaced_by == counter.id
    assert story.refusal(late) is not None


# Who decides: the proposer's log


def test_an_offer_taken_back_before_its_proposer_knew_of_the_answer_binds_nobody() -> None:
    # Ben accepted first by the clock, but Anna's log does not show that she knew.
    story = Story()
    accepted = story.tell(BEN, Accept())

    story.tell(ANNA, Cancel())

    assert story.now.state is State.WITHDRAWN
    assert story.refusal(accepted) is not None


def test_an_offer_can_not_be_taken_back_once_its_proposer_has_closed_it() -> None:
    story = Story().agreed()

    asked = story.tell(ANNA, Cancel())

    assert story.now.state is State.AGREED
    assert story.refusal(asked) is None
    assert story.now.cancelled_by == {ANNA}


def test_only_the_proposing_device_takes_an_offer_back_after_an_answer() -> None:
    story = Story()
    story.tell(BEN, Accept())

    story.tell(ANNA, Cancel(), device="phone")

    assert story.now.state is State.AGREED


@pytest.mark.parametrize("regret", [Decline(), Story().counter()])
def test_a_new_device_that_backdates_its_regret_changes_nothing_that_was_closed(regret: Body) -> None:
    story = Story().agreed()

    for who in (ANNA, BEN):
        story.tell(who, regret, at=1, device="a new phone")

    assert story.now.state is State.AGREED


def test_a_lapse_before_the_deadline_does_not_count() -> None:
    story = Story()

    early = story.tell(ANNA, Lapse(), at=ANSWER_BY)

    assert story.now.state is State.PROPOSED
    assert story.refusal(early) is not None


def test_a_lapse_in_the_proposers_log_beats_a_backdated_acceptance() -> None:
    story = Story()
    story.tell(ANNA, Lapse(), at=ANSWER_BY + 1)

    backdated = story.tell(BEN, Accept(), at=1)

    assert story.now.state is State.LAPSED
    assert story.refusal(backdated) is not None


def test_a_close_must_name_every_acceptance() -> None:
    story = Story()
    story.tell(BEN, Accept())

    wrong = story.tell(ANNA, Close((EntryId(bytes(32)),)))

    assert story.refusal(wrong) == "the close leaves an acceptance out"


# Delivering


def test_only_the_pair_counts() -> None:
    story = Story().agreed()

    delivery = story.delivered()
    assert story.now.received == [0, 0]
    story.tell(BEN, Receive(delivery.id, 2))

    assert story.now.received == [2, 0]


def test_a_delivery_can_come_in_parts() -> None:
    story = Story(quantity=3).agreed()
    for part in (1, 2):
        story.tell(BEN, Receive(story.delivered(part).id, part))

    story.tell(ANNA, Receive(story.tell(BEN, Deliver(1, 1)).id, 1))

    assert story.now.received == [3, 1]
    assert story.now.state is State.COMPLETED


def test_what_did_not_arrive_whole_is_delivered_again() -> None:
    story = Story(quantity=2).agreed()
    story.tell(BEN, Receive(story.delivered(2).id, 1))

    again = story.delivered(1)
    story.tell(BEN, Receive(again.id, 1))

    assert story.refusal(again) is None
    assert story.now.received == [2, 0]


def test_more_than_promised_is_refused() -> None:
    story = Story(quantity=2).agreed()

    more = story.delivered(3)

    assert story.refusal(more) == "that delivers more than promised: 3 of 2 loaf bread"


def test_more_than_promised_in_parts_is_refused() -> None:
    story = Story(quantity=2).agreed()
    story.delivered(2)

    more = story.delivered(1)

    assert story.refusal(more) == "that delivers more than promised: 3 of 2 loaf bread"


def test_more_than_was_delivered_can_not_be_confirmed() -> None:
    story = Story(quantity=2).agreed()
    delivery = story.delivered(1)

    more = story.tell(BEN, Receive(delivery.id, 2))

    assert story.refusal(more) == "that confirms 2 loaf, but 1 were delivered"


def test_a_delivery_is_confirmed_once() -> None:
    story = Story().agreed()
    delivery = story.delivered()
    story.tell(BEN, Receive(delivery.id, 2))

    again = story.tell(BEN, Receive(delivery.id, 2))

    assert story.refusal(again) == "you have confirmed this delivery already"


def test_each_side_says_only_its_own_half() -> None:
    story = Story().agreed()
    delivery = story.delivered()

    taken = story.tell(BEN, Deliver(0, 1))
    given = story.tell(ANNA, Receive(delivery.id, 1))
    missing = story.tell(ANNA, Deliver(7, 1))

    assert story.refusal(taken) == "bread is not yours to deliver"
    assert story.refusal(given) == "bread was not for you to receive"
    assert story.refusal(missing) == "the agreement has 2 commitments; there is no number 7"


def test_a_receivers_slow_clock_does_no_harm() -> None:
    story = Story().agreed()
    delivery = story.delivered()

    receipt = story.tell(BEN, Receive(delivery.id, 2), at=delivery.at - HOUR // 2)

    assert story.refusal(receipt) is None
    assert story.now.received == [2, 0]


# Correcting and cancelling


def test_a_correction_counts_when_both_sides_say_the_same() -> None:
    story = Story().agreed()
    delivery = story.delivered()
    story.tell(BEN, Receive(delivery.id, 2))

    story.tell(ANNA, Correct(delivery.id, 1))
    assert story.now.received == [2, 0]
    story.tell(BEN, Correct(delivery.id, 1))

    assert story.now.received == [1, 0]
    assert story.delivered(1).id in story.now.deliveries


def test_two_different_corrections_change_nothing() -> None:
    story = completed()
    delivery = first_delivery(story, received=True)

    story.tell(ANNA, Correct(delivery, 1))
    story.tell(BEN, Correct(delivery, 0))

    assert story.now.received == [4, 1]


def test_a_correction_upwards_leaves_no_room_for_more_than_promised() -> None:
    story = Story(quantity=2).agreed()
    first = story.delivered(2)
    story.tell(BEN, Receive(first.id, 1))
    second = story.delivered(1)
    story.tell(ANNA, Correct(first.id, 2))
    story.tell(BEN, Correct(first.id, 2))

    more = story.tell(BEN, Receive(second.id, 1))

    assert story.now.received == [2, 0]
    assert story.refusal(more) is not None


def test_a_correction_stands_when_the_rest_is_cancelled_later() -> None:
    story = Story().agreed()
    delivery = story.delivered()
    story.tell(BEN, Receive(delivery.id, 2))
    for who in (ANNA, BEN):
        story.tell(who, Correct(delivery.id, 1))

    for who in (ANNA, BEN):
        story.tell(who, Cancel())

    assert story.now.state is State.CANCELLED
    assert story.now.received == [1, 0]


def test_it_takes_both_to_cancel() -> None:
    story = Story().agreed()

    story.tell(ANNA, Cancel())
    again = story.tell(ANNA, Cancel())
    assert story.refusal(again) == "you have asked to cancel this already"
    assert story.now.state is State.AGREED
    story.tell(BEN, Cancel())

    assert story.now.state is State.CANCELLED


def test_nothing_is_delivered_after_the_end() -> None:
    story = Story().agreed()
    at = story.now.closes_at + 1

    late = story.tell(ANNA, Deliver(0, 1), at=at)

    assert (story.refusal(late) or "").startswith("the agreement ended by itself on")


# Any order


def bodies(story: Story) -> st.SearchStrategy[tuple[MemberId, Body]]:
    own = [record.id for record in story.said]
    delivery = st.sampled_from([*own, EntryId(bytes(32))])
    small = st.integers(1, 3)
    body = st.one_of(
        st.just(Accept()),
        st.just(Decline()),
        st.just(story.counter()),
        st.just(Cancel()),
        st.just(Lapse()),
        st.builds(Close, st.lists(delivery, min_size=1, max_size=2).map(tuple)),
        st.builds(Deliver, st.integers(0, 2), small),
        st.builds(Receive, delivery, small),
        st.builds(Correct, delivery, st.integers(0, 3)),
    )
    return st.tuples(st.sampled_from([ANNA, BEN, CARLA, STRANGER]), body)


@given(st.data(), st.booleans())
def test_the_order_of_arrival_does_not_matter(data: st.DataObject, three: bool) -> None:
    story = Story(three=three)
    if data.draw(st.booleans()):
        story.agreed()
        story.delivered(1)
    for _ in range(data.draw(st.integers(0, 10))):
        who, body = data.draw(bodies(story))
        at = data.draw(st.none() | st.integers(0, 15 * HOUR))
        story.tell(who, body, at=at, device=data.draw(st.sampled_from(["desktop", "phone"])))

    shuffled = data.draw(st.permutations(story.said))

    assert fold(story.first, shuffled) == story.now


@given(st.data())
def test_never_more_is_received_than_promised(data: st.DataObject) -> None:
    story = Story().agreed()
    story.delivered(1)
    for _ in range(data.draw(st.integers(0, 12))):
        who, body = data.draw(bodies(story))
        story.tell(who, body)

    agreement = story.now

    for received, delivered, commitment in zip(
        agreement.received, agreement.delivered, story.proposal.commitments, strict=True
    ):
        assert 0 <= received <= commitment.quantity
        assert received <= delivered


# All agreements together


def test_an_answer_that_comes_before_its_proposal_is_not_lost() -> None:
    story = Story().agreed()
    known = Agreements(Listings(), NOTHING_AROUND)

    for record in reversed([story.first, *story.said]):
        known.add(record)

    found = known.get(story.first.id)
    assert found is not None
    assert found.state is State.AGREED


def test_trying_out_says_what_would_be_refused_and_changes_nothing() -> None:
    story = Story()
    known = Agreements(Listings(), NOTHING_AROUND)
    known.add(story.first)
    record = story.record(ANNA, Accept(), at=1)

    why = known.try_out(record)

    assert why == "the agreement is proposed: the proposer can not accept now"
    assert known.get(story.first.id) == story.now


def test_what_is_about_an_unknown_proposal_is_refused() -> None:
    story = Story()

    assert (
        Agreements(Listings(), NOTHING_AROUND).try_out(story.record(BEN, Accept(), at=1))
        == "that proposal is not known here yet"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"parties": (ANNA,)}, "needs two parties and a commitment"),
        ({"parties": (BEN, ANNA)}, "must be sorted"),
        ({"parties": (ANNA, ANNA)}, "must be sorted"),
        ({"parties": (ANNA, CARLA)}, "somebody who is not a party"),
        ({"commitments": ()}, "needs two parties and a commitment"),
        ({"answer_by": DUE + 1}, "due before the proposal has to be answered"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(change: dict[str, object], why: str) -> None:
    whole = Story().proposal
    fields: dict[str, object] = {
        "parties": whole.parties, "commitments": whole.commitments, "answer_by": whole.answer_by, **change
    }  # fmt: skip

    with pytest.raises(Refused, match=why):
        Propose(**fields)  # type: ignore[arg-type]
