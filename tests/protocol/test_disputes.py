"""Disputes: everything can be ended together, go on longer or go to a mediator, and nothing stays open for ever."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.agreements import Agreements
from ruil.protocol.attestations import why_not
from ruil.protocol.ballots import NOTHING_AROUND
from ruil.protocol.bodies import (
    Accept,
    Body,
    Cancel,
    Close,
    Commitment,
    Correct,
    Deliver,
    Dispute,
    Extend,
    Join,
    Mediate,
    Propose,
    Receive,
    Settle,
    Slot,
    Term,
)
from ruil.protocol.credit import Credit, moves
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, DUE_MS_MAX, HOUR, MEDIATION_DAYS_MAX, RECEIPT_MS
from ruil.protocol.listings import Listings
from ruil.protocol.record import Record

ANNA, BEN, MIA, NILS, GRETA, STRANGER = (
    MemberId(name.ljust(32, b"\0")) for name in (b"anna", b"ben", b"mia", b"nils", b"greta", b"stranger")
)
DUE = 20 * DAY
CLOSES = DUE + RECEIPT_MS
DAYS = 14  # of the mediator


def sold(due: int = DUE) -> tuple[Commitment, ...]:
    """Anna gives Ben five loaves for 100 credit."""
    return (
        Commitment(ANNA, BEN, "transfer", "bread", 5, "loaf", due),
        Commitment(BEN, ANNA, "transfer", "credit", 100, "credit", due),
    )


def lent() -> tuple[Commitment, ...]:
    """Anna lends Ben 100 credit; he gives it back in two halves; Greta stands in for the second."""
    return (
        Commitment(ANNA, BEN, "transfer", "credit", 100, "credit", 2 * DAY),
        Commitment(BEN, ANNA, "transfer", "credit", 50, "credit", 10 * DAY, per=0),
        Commitment(BEN, ANNA, "transfer", "credit", 50, "credit", 20 * DAY, per=0),
        Commitment(GRETA, ANNA, "transfer", "credit", 50, "credit", 30 * DAY, covers=2),
    )


def worked() -> tuple[Commitment, ...]:
    """Ben works for Anna up to ten hours, at least two, for 60 credit each and no more than he works."""
    return (
        Commitment(BEN, ANNA, "work", "painting", 10, "hour", DUE, least=2),
        Commitment(ANNA, BEN, "transfer", "credit", 600, "credit", DUE, per=0),
    )


@dataclass
class Story:
    """One agreement that everybody has accepted, as it is told."""

    commitments: tuple[Commitment, ...] = field(default_factory=sold)
    binding: bool = False
    mediator: MemberId | None = MIA
    said: list[Record] = field(default_factory=list)
    _seqs: dict[DeviceId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        everybody = {each.provider for each in self.commitments} | {each.receiver for each in self.commitments}
        backup = NILS if self.mediator is not None else None
        parties = tuple(sorted(everybody))
        proposal = Propose(
            parties, self.commitments, DAY, mediator=self.mediator, backup=backup, mediation_days=DAYS,
            binding=self.binding,
        )  # fmt: skip
        self.first = self.record(ANNA, proposal, 0)
        for party in parties:
            if party != ANNA:
                self.tell(party, Accept(), HOUR)
        self.tell(ANNA, Close(tuple(record.id for record in self.said)), 2 * HOUR)

    def record(self, who: MemberId, body: Body, at: int, device: bytes = b"desktop") -> Record:
        on = DeviceId(who[:16] + device.ljust(16, b"\0"))
        seq = self._seqs[on] = self._seqs.get(on, 1) + 1
        id_ = EntryId(blake2b(on + seq.to_bytes(8, "big"), digest_size=32).digest())
        return Record(id_, on, seq, Millis(at), who, None if isinstance(body, Propose) else self.first.id, body)

    def tell(self, who: MemberId, body: Body, at: int, device: bytes = b"desktop") -> Record:
        record = self.record(who, body, at, device)
        self.said.append(record)
        return record

    def hand_over(self, number: int, quantity: int, at: int) -> Record:
        given = self.commitments[number]
        delivered = self.tell(given.provider, Deliver(number, quantity), at)
        self.tell(given.receiver, Receive(delivered.id, quantity), at + HOUR)
        return delivered

    def settle(self, received: tuple[int, ...], at: int) -> None:
        for party in self.now.parties:
            self.tell(party, Settle(received), at)

    @property
    def all(self) -> Agreements:
        made = Agreements(Listings(), NOTHING_AROUND)
        for record in (self.first, *self.said):
            made.add(record)
        return made

    @property
    def now(self) -> Agreement:
        known = self.all.get(self.first.id)
        assert known is not None
        return known

    def refusal(self, record: Record) -> str | None:
        return self.now.out_of_turn.get(record.id)

    @property
    def balances(self) -> dict[MemberId, int]:
        return {who: balance for who, balance in Credit(self.all).balances().items() if balance}


# Longer


def test_all_together_make_it_last_longer_and_one_alone_does_not() -> None:
    story = Story()

    story.tell(ANNA, Extend(DUE + DAY), 3 * DAY)
    assert story.now.closes_at == CLOSES
    story.tell(BEN, Extend(DUE + DAY), 4 * DAY)

    assert story.now.closes_at == CLOSES + DAY
    assert story.now.state_at(CLOSES + DAY) is State.AGREED


def test_two_who_name_different_days_have_not_agreed_on_one() -> None:
    story = Story()
    story.tell(ANNA, Extend(DUE + DAY), 3 * DAY)
    story.tell(BEN, Extend(DUE + 2 * DAY), 4 * DAY)
    assert story.now.closes_at == CLOSES

    story.tell(ANNA, Extend(DUE + 2 * DAY), 5 * DAY)

    assert story.now.closes_at == CLOSES + 2 * DAY


def test_what_is_extended_can_be_extended_again_but_never_shortened() -> None:
    story = Story()
    for due in (DUE + 2 * DAY, DUE + 5 * DAY):
        for party in (ANNA, BEN):
            story.tell(party, Extend(due), 3 * DAY)
    assert story.now.last_due == DUE + 5 * DAY

    shorter = story.tell(ANNA, Extend(DUE + 4 * DAY), 4 * DAY)

    assert story.refusal(shorter) == "an agreement can only go on longer, and for no more than two years in all"


@pytest.mark.parametrize(("due", "counts"), [(DUE_MS_MAX, True), (DUE_MS_MAX + 1, False), (DUE, False)])
def test_no_agreement_goes_on_for_more_than_two_years(due: int, counts: bool) -> None:
    story = Story()

    said = [story.tell(party, Extend(due), 3 * DAY) for party in (ANNA, BEN)]

    assert [story.refusal(record) is None for record in said] == [counts, counts]


@pytest.mark.parametrize(("at", "state"), [(CLOSES, State.AGREED), (CLOSES + 1, State.LAPSED)])
def test_what_is_over_is_not_extended_any_more(at: int, state: State) -> None:
    story = Story()
    story.tell(ANNA, Extend(DUE + 9 * DAY), 3 * DAY)

    story.tell(BEN, Extend(DUE + 9 * DAY), at)

    assert story.now.state_at(CLOSES + 2) is state


def test_an_extension_moves_a_schedule_as_a_whole_so_who_stands_in_still_has_their_time() -> None:
    story = Story(lent())

    for party in (ANNA, BEN, GRETA):
        story.tell(party, Extend(37 * DAY), 3 * DAY)

    assert [story.now.due(number) for number in range(4)] == [9 * DAY, 17 * DAY, 27 * DAY, 37 * DAY]


# Settling


def test_all_together_end_it_as_they_say() -> None:
    story = Story()
    story.hand_over(0, 3, 3 * DAY)

    story.tell(ANNA, Settle((3, 60)), 4 * DAY)
    assert story.now.state is State.AGREED
    last = story.tell(BEN, Settle((3, 60)), 5 * DAY)

    assert (story.now.state, story.now.ended_at) == (State.SETTLED, last.at)
    assert story.now.received == [3, 60]
    assert story.balances == {ANNA: 60, BEN: -60}


def test_what_was_paid_already_goes_back_when_all_settle_for_less() -> None:
    story = Story()
    story.hand_over(1, 100, 3 * DAY)
    assert story.balances == {ANNA: 100, BEN: -100}

    story.settle((0, 30), 4 * DAY)

    assert story.balances == {ANNA: 30, BEN: -30}
    assert [amount for *_, amount, _ in moves(story.now)] == [30]


def test_different_words_settle_nothing() -> None:
    story = Story()

    story.tell(ANNA, Settle((3, 60)), 3 * DAY)
    story.tell(BEN, Settle((3, 50)), 4 * DAY)

    assert story.now.state is State.AGREED
    assert story.now.settles == {ANNA: (3, 60), BEN: (3, 50)}


@pytest.mark.parametrize("received", [(5,), (5, 100, 0), (6, 100), (5, 101)])
def test_nobody_settles_for_what_was_never_promised(received: tuple[int, ...]) -> None:
    story = Story()

    said = story.tell(ANNA, Settle(received), 3 * DAY)

    assert story.refusal(said) is not None


def test_nobody_takes_a_settlement_back_by_a_delivery_with_a_date_in_the_past() -> None:
    story = Story()
    story.tell(ANNA, Settle((2, 40)), 4 * DAY)
    story.tell(BEN, Settle((2, 40)), 6 * DAY)
    before = story.now

    story.tell(ANNA, Deliver(0, 3), 5 * DAY)

    assert before.state is story.now.state is State.SETTLED
    assert story.now.received == [2, 40]


def test_nobody_takes_a_settlement_back_by_another_word_with_a_date_in_the_past() -> None:
    # Anna's second device begins late, and dates another ending back to between the two words.
    story = Story()
    story.tell(ANNA, Settle((2, 40)), 4 * DAY)
    story.tell(BEN, Settle((2, 40)), 6 * DAY)

    story.tell(ANNA, Settle((2, 0)), 5 * DAY, b"telephone")

    assert story.now.state is State.SETTLED
    assert story.now.received == [2, 40]


def test_who_says_two_endings_within_a_week_lets_the_others_choose() -> None:
    story = Story()
    story.tell(ANNA, Settle((2, 40)), 4 * DAY)
    story.tell(ANNA, Settle((2, 60)), 5 * DAY)

    story.tell(BEN, Settle((2, 40)), 6 * DAY)

    assert (story.now.state, story.now.received) == (State.SETTLED, [2, 40])


def test_once_it_is_settled_an_older_word_settles_nothing_anew() -> None:
    # Anna had offered another ending before both settled: Ben alone can not go back to it.
    story = Story()
    story.tell(ANNA, Settle((2, 0)), 3 * DAY)
    story.tell(ANNA, Settle((2, 40)), 4 * DAY)
    story.tell(BEN, Settle((2, 40)), 5 * DAY)

    story.tell(BEN, Settle((2, 0)), 6 * DAY)

    assert story.now.received == [2, 40]


def test_a_word_to_settle_stands_for_seven_days() -> None:
    story = Story()
    story.tell(ANNA, Settle((2, 40)), 4 * DAY)

    story.tell(BEN, Settle((2, 40)), 11 * DAY + 1)
    assert story.now.state is State.AGREED

    story.tell(ANNA, Settle((2, 40)), 12 * DAY)
    assert story.now.state is State.SETTLED


def test_nobody_takes_the_others_word_back_by_delivering() -> None:
    story = Story()
    story.tell(BEN, Settle((2, 40)), 4 * DAY)
    story.tell(ANNA, Deliver(0, 3), 5 * DAY)

    story.tell(ANNA, Settle((2, 40)), 6 * DAY)

    assert story.now.state is State.SETTLED


def test_one_who_would_cancel_and_one_who_would_settle_have_ended_nothing() -> None:
    story = Story()

    story.tell(ANNA, Cancel(), 3 * DAY)
    story.tell(BEN, Settle((0, 0)), 4 * DAY)
    assert story.now.state is State.AGREED
    story.tell(BEN, Cancel(), 5 * DAY)
    late = story.tell(ANNA, Settle((0, 0)), 6 * DAY)

    assert story.now.state is State.CANCELLED
    assert story.refusal(late) is not None


def test_after_it_was_settled_all_together_can_still_say_otherwise_while_its_time_lasts() -> None:
    story = Story()
    story.settle((3, 60), 4 * DAY)

    story.settle((3, 50), 5 * DAY)
    late = story.tell(ANNA, Settle((0, 0)), CLOSES + 1)

    assert story.balances == {ANNA: 50, BEN: -50}
    assert story.now.ended_at == 4 * DAY
    assert story.refusal(late) is not None


def test_what_was_settled_can_be_rated() -> None:
    story = Story()
    story.settle((3, 60), 4 * DAY)

    assert why_not(story.now, BEN, ANNA, 4 * DAY) is None
    assert why_not(story.now, BEN, ANNA, 4 * DAY - 1) is not None


def test_what_was_settled_is_neither_delivered_nor_corrected_any_more() -> None:
    story = Story()
    delivered = story.hand_over(0, 2, 3 * DAY)
    story.settle((2, 40), 4 * DAY)

    said = [story.tell(ANNA, body, 5 * DAY) for body in (Deliver(0, 1), Correct(delivered.id, 1), Cancel(), Dispute())]

    assert all(story.refusal(record) is not None for record in said)


# The mediator


def disputed(at: int = 5 * DAY, *, binding: bool = False) -> Story:
    story = Story(binding=binding)
    story.hand_over(0, 3, 3 * DAY)
    story.tell(BEN, Dispute("they were stale"), at)
    return story


def test_the_mediators_word_is_a_proposal_that_all_have_to_say_too() -> None:
    story = disputed()

    said = story.tell(MIA, Mediate((3, 30)), 6 * DAY)

    assert story.refusal(said) is None
    assert (story.now.state, story.now.mediated) == (State.AGREED, (3, 30))
    story.settle((3, 30), 7 * DAY)
    assert story.balances == {ANNA: 30, BEN: -30}


def test_the_mediators_word_binds_where_all_said_so_when_they_signed() -> None:
    story = disputed(binding=True)

    story.tell(MIA, Mediate((3, 30)), 6 * DAY)

    assert story.now.state is State.SETTLED
    assert story.balances == {ANNA: 30, BEN: -30}


@pytest.mark.parametrize("at", [5 * DAY + HOUR, 8 * DAY])
def test_what_all_settle_counts_whenever_the_mediator_says_it_was(at: int) -> None:
    # The second of the two is dated back: it would have ended the agreement before the parties did.
    story = disputed(binding=True)
    story.tell(ANNA, Settle((3, 60)), 6 * DAY)
    story.tell(BEN, Settle((3, 60)), 7 * DAY)

    story.tell(MIA, Mediate((3, 0)), at)

    assert story.balances == {ANNA: 60, BEN: -60}


def test_both_settle_while_the_mediator_is_asked() -> None:
    story = disputed()

    story.settle((3, 60), 6 * DAY)
    late = story.tell(MIA, Mediate((3, 0)), 7 * DAY)

    assert story.now.state is State.SETTLED
    assert story.refusal(late) is not None


def test_nobody_but_the_named_mediators_says_how_it_ends_and_only_when_asked() -> None:
    story = Story()
    early = story.tell(MIA, Mediate((3, 30)), 4 * DAY)
    assert story.refusal(early) == "nobody has asked the mediator"

    story = disputed()
    others = [story.tell(who, Mediate((3, 30)), 6 * DAY) for who in (ANNA, STRANGER)]
    assert {story.refusal(record) for record in others} == {
        "only the mediator whom the agreement names can say how it should end"
    }


def test_a_mediator_whose_clock_is_behind_is_heard() -> None:
    story = disputed(5 * DAY)

    said = story.tell(MIA, Mediate((3, 30)), 5 * DAY - HOUR)

    assert story.refusal(said) is None


@pytest.mark.parametrize(
    ("who", "at", "counts"),
    [
        (MIA, 5 * DAY + DAYS * DAY, True),
        (MIA, 5 * DAY + DAYS * DAY + 1, False),
        (NILS, 5 * DAY + DAYS * DAY // 2 - 1, False),
        (NILS, 5 * DAY + DAYS * DAY // 2, True),
        (NILS, 5 * DAY + DAYS * DAY + 1, False),
    ],
)
def test_the_mediator_has_their_days_and_the_backup_the_second_half_of_them(
    who: MemberId, at: int, counts: bool
) -> None:
    story = disputed()

    said = story.tell(who, Mediate((3, 30)), at)

    assert (story.refusal(said) is None) is counts


def test_who_is_asked_is_shown_and_when_the_backup_is_too() -> None:
    story = disputed()

    assert story.now.waits_for(6 * DAY)[MIA] == "say how it should end"
    assert NILS not in story.now.waits_for(6 * DAY)
    assert story.now.waits_for(12 * DAY)[NILS] == "say how it should end"
    assert not {MIA, NILS} & story.now.waits_for(5 * DAY + DAYS * DAY + 1).keys()


def test_a_dispute_at_the_last_moment_still_gives_the_mediator_their_days() -> None:
    story = disputed(CLOSES)

    assert story.now.closes_at == CLOSES + DAYS * DAY
    assert story.now.state_at(CLOSES + DAYS * DAY) is State.AGREED
    assert story.now.state_at(CLOSES + DAYS * DAY + 1) is State.LAPSED


def test_a_dispute_after_the_end_asks_nobody() -> None:
    story = disputed(CLOSES + 1)

    assert story.now.disputed_at is None
    assert story.now.closes_at == CLOSES


def test_the_mediator_is_asked_once_at_a_time_and_their_last_days_end_it() -> None:
    story = Story()
    story.tell(BEN, Dispute(), 2 * DAY)
    again = story.tell(ANNA, Dispute(), 2 * DAY + DAYS * DAY)
    assert story.refusal(again) == "the mediator has been asked already"

    later = story.tell(ANNA, Dispute(), 2 * DAY + DAYS * DAY + 1)

    assert story.refusal(later) is None
    ends = 2 * DAY + 2 * DAYS * DAY + 1
    assert story.now.closes_at == ends
    for_ever = story.tell(BEN, Dispute(), ends + 1)
    assert story.refusal(for_ever) is not None


def test_without_a_mediator_there_is_nobody_to_ask() -> None:
    story = Story(mediator=None)

    said = story.tell(BEN, Dispute(), 5 * DAY)

    assert story.refusal(said) == "this agreement names no mediator: settle it between you, or cancel it"


def test_a_mediator_is_a_third_person() -> None:
    with pytest.raises(Refused, match="no parties"):
        Story(mediator=BEN)
    with pytest.raises(Refused, match="two people"):
        Propose((ANNA, BEN), sold(), DAY, mediator=MIA, backup=MIA)
    with pytest.raises(Refused, match="name the mediator"):
        Propose((ANNA, BEN), sold(), DAY, binding=True)


def test_a_mediator_does_not_join_what_they_mediate() -> None:
    seat = Slot("guest", (Term(True, ANNA, "transfer", "soup", "bowl", DUE, each=1),))
    story = Story()
    story.first = story.record(ANNA, Propose((ANNA,), (), DAY, slots=(seat,), mediator=MIA), 0)
    story.said = []

    said = story.tell(MIA, Join(0), HOUR)

    assert story.refusal(said) == "a mediator is no party to the agreement: somebody else has to join"


# Enough, in proportion, in somebody's stead


def test_when_its_time_is_over_enough_work_that_was_paid_for_completes_it() -> None:
    story = Story(worked())
    story.hand_over(0, 3, 3 * DAY)
    assert story.now.state_at(CLOSES + 1) is State.LAPSED

    story.hand_over(1, 180, 4 * DAY)

    assert story.now.state_at(CLOSES) is State.AGREED
    assert story.now.state_at(CLOSES + 1) is State.COMPLETED


def test_too_little_work_lapses_even_when_it_was_paid() -> None:
    story = Story(worked())
    story.hand_over(0, 1, 3 * DAY)
    story.hand_over(1, 60, 4 * DAY)

    assert story.now.state_at(CLOSES + 1) is State.LAPSED


def test_a_price_in_proportion_is_rounded_down_to_whole_parts() -> None:
    third = (
        Commitment(BEN, ANNA, "work", "painting", 3, "hour", DUE, least=0),
        Commitment(ANNA, BEN, "transfer", "credit", 100, "credit", DUE, per=0),
    )
    story = Story(third)
    story.hand_over(0, 1, 3 * DAY)

    assert story.now.owing(1) == 33
    story.hand_over(1, 33, 4 * DAY)
    assert story.now.state_at(CLOSES + 1) is State.COMPLETED


def test_what_is_paid_for_work_is_asked_for_when_the_work_is_there() -> None:
    story = Story(worked())
    assert ANNA not in story.now.waits_for(3 * DAY)

    story.hand_over(0, 2, 3 * DAY)

    assert story.now.to_deliver(1, 4 * DAY) == 120
    assert story.now.waits_for(4 * DAY)[ANNA] == "deliver credit"


def test_a_correction_after_the_end_makes_nothing_enough() -> None:
    story = Story(worked())
    delivered = story.hand_over(0, 1, 3 * DAY)
    story.hand_over(1, 120, 4 * DAY)

    for party in (ANNA, BEN):
        story.tell(party, Correct(delivered.id, 2), CLOSES + HOUR)

    assert story.now.received[0] == 2
    assert story.now.state_at(CLOSES + DAY) is State.LAPSED


def test_who_stands_in_pays_only_for_what_is_late() -> None:
    story = Story(lent())
    story.hand_over(0, 100, DAY)
    early = story.tell(GRETA, Deliver(3, 50), 20 * DAY)

    assert story.refusal(early) is not None
    assert story.now.waits_for(20 * DAY).get(GRETA) is None
    assert story.now.waits_for(20 * DAY + 1)[GRETA] == "deliver credit"


def test_what_somebody_paid_in_anothers_stead_completes_it() -> None:
    story = Story(lent())
    story.hand_over(0, 100, DAY)
    story.hand_over(1, 50, 9 * DAY)
    story.hand_over(2, 20, 19 * DAY)
    more = story.tell(GRETA, Deliver(3, 31), 21 * DAY)
    assert story.refusal(more) == "only 30 credit credit are missing"

    story.hand_over(3, 30, 22 * DAY)

    assert story.now.state is State.COMPLETED
    assert story.balances == {BEN: 30, GRETA: -30}


def test_who_was_paid_by_the_one_is_not_paid_again_by_the_other() -> None:
    # Both are on their way at the same time; only one of them counts.
    story = Story(lent())
    story.hand_over(0, 100, DAY)
    late = story.tell(BEN, Deliver(2, 50), 21 * DAY)
    stead = story.tell(GRETA, Deliver(3, 50), 21 * DAY)

    story.tell(ANNA, Receive(stead.id, 50), 22 * DAY)
    twice = story.tell(ANNA, Receive(late.id, 50), 22 * DAY + 1)

    assert story.refusal(twice) == "that confirms more than the 50 credit credit promised"
    assert sum(amount for giver, _, amount, _ in moves(story.now) if giver != ANNA) == 50


def test_once_somebody_stood_in_the_debt_is_not_paid_again() -> None:
    story = Story(lent())
    story.hand_over(0, 100, DAY)
    story.hand_over(3, 50, 21 * DAY)

    again = story.tell(BEN, Deliver(2, 1), 22 * DAY)

    assert story.refusal(again) == "only 0 credit credit are missing"


def test_what_was_never_lent_is_not_owed_back() -> None:
    story = Story(lent())

    assert story.now.waits_for(21 * DAY) == {ANNA: "deliver credit"}
    assert story.now.to_cover(3, 21 * DAY) == 0


def test_no_settlement_counts_one_debt_twice() -> None:
    story = Story(lent())
    story.hand_over(0, 100, DAY)

    twice = story.tell(ANNA, Settle((100, 50, 30, 30)), 2 * DAY)

    assert story.refusal(twice) is not None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"covers": 9}, "not there"),
        ({"covers": 3}, "not there"),
        ({"per": 1}, "rests on another"),
        ({"covers": 0}, "same person"),
        ({"covers": 2, "least": 1}, "not both"),
        ({"covers": 2, "per": 0}, "not both"),
        ({"covers": 2, "unit": "loaf"}, "same unit|same person"),
    ],
)
def test_what_rests_on_another_commitment_rests_on_one_that_stands_by_itself(
    changed: dict[str, object], why: str
) -> None:
    given = {"provider": GRETA, "receiver": ANNA, "action": "transfer", "what": "credit", "quantity": 50,
             "unit": "credit", "due": 30 * DAY}  # fmt: skip

    def proposed() -> Propose:
        last = Commitment(**{**given, **changed})  # type: ignore[arg-type]
        return Propose((ANNA, BEN, GRETA), (*lent()[:3], last), DAY)

    with pytest.raises(Refused, match=why):
        proposed()


def test_nobody_stands_in_for_who_stands_in() -> None:
    second = Commitment(BEN, ANNA, "transfer", "credit", 50, "credit", 40 * DAY, covers=3)
    with pytest.raises(Refused, match="itself stands in"):
        Propose((ANNA, BEN, GRETA), (*lent(), second), DAY)
    own = Commitment(BEN, ANNA, "transfer", "credit", 50, "credit", 40 * DAY, covers=2)
    with pytest.raises(Refused, match="themselves"):
        Propose((ANNA, BEN, GRETA), (*lent(), own), DAY)


# Whatever comes in whatever order


def bodies(count: int) -> st.SearchStrategy[Body]:
    amounts = st.lists(st.sampled_from([0, 10, 50]), min_size=count, max_size=count).map(tuple)
    return st.one_of(
        st.builds(Extend, st.sampled_from([DUE + 15 * DAY, 60 * DAY, DUE_MS_MAX, DUE_MS_MAX + 1])),
        st.builds(Settle, amounts),
        st.builds(Mediate, amounts),
        st.just(Dispute()),
        st.just(Cancel()),
        st.builds(Deliver, st.integers(0, count - 1), st.sampled_from([1, 10, 50])),
    )


TIMES = st.sampled_from([DAY, 9 * DAY, 21 * DAY, CLOSES, CLOSES + 1, 40 * DAY, DUE_MS_MAX, DUE_MS_MAX + RECEIPT_MS])
WHO = st.sampled_from([ANNA, BEN, GRETA, MIA, NILS])
ENDS = DUE_MS_MAX + RECEIPT_MS + MEDIATION_DAYS_MAX * DAY


@st.composite
def told(draw: st.DrawFn) -> Story:
    story = Story(draw(st.sampled_from([sold(), lent(), worked()])), draw(st.booleans()))
    count = len(story.commitments)
    said: Sequence[tuple[MemberId, Body, int]] = draw(st.lists(st.tuples(WHO, bodies(count), TIMES), max_size=12))
    for who, body, at in sorted(said, key=lambda each: each[2]):
        record = story.tell(who, body, at)
        if isinstance(body, Deliver) and draw(st.booleans()):
            receiver = story.commitments[body.commitment].receiver
            story.tell(receiver, Receive(record.id, draw(st.integers(1, body.quantity))), at + HOUR)
        if isinstance(body, Settle | Extend) and draw(st.booleans()):
            for party in story.now.parties:
                story.tell(party, body, at)
    return story


@given(told(), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_and_after_the_last_deadline_all_has_ended(
    story: Story, chance: random.Random
) -> None:
    first = story.now

    mixed = [story.first, *story.said]
    chance.shuffle(mixed)
    read = Agreements(Listings(), NOTHING_AROUND)
    credit = Credit(read)
    for record in mixed:
        read.add(record)
        assert sum(credit.balances().values()) == 0

    assert read.get(story.first.id) == first
    assert first.closes_at <= ENDS
    assert first.state_at(ENDS + 1).ended
    for number, each in enumerate(first.commitments):
        assert 0 <= first.received[number] <= each.quantity
        assert first.room(number, first.received) >= 0
