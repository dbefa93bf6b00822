"""Agreements: THE KERNEL. A proposal that everybody signs, or nobody is bound.

    Propose --Accept by all--> agreed --Deliver and Receive, every commitment--> completed

The life of an agreement is `TABLE`: (state, who, said) -> state. `fold` walks it over what was said, in an order that
does not depend on what arrived first, so every reader of the same logs sees the same state. What has no row is out of
turn: kept in its log, counted for nothing, with the sentence that says why. Our own drafts are folded the same way
before they are signed, so we are never kinder to ourselves.

Who decides when two stories meet: the proposing device's log. If it takes the proposal back (`Cancel`, a counter-offer,
or `Lapse` after the deadline) before any entry that shows it knew of the acceptance, nobody is bound.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from ruil.protocol.bodies import (
    Accept,
    Cancel,
    Close,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Lapse,
    Propose,
    Receive,
)
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import RECEIPT_MS
from ruil.protocol.record import Record


class State(Enum):
    """Where an agreement stands. All but the first two are ends."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def ended(self) -> bool:
        return self not in (State.PROPOSED, State.AGREED)


class Who(Enum):
    """In what part somebody speaks. The table does not know which of them we are."""

    PROPOSER = "proposer"
    ANSWERER = "answerer"
    PROVIDER = "provider"
    RECEIVER = "receiver"
    CLOCK = "clock"


class Said(Enum):
    """What was said; LAST when no other party's word is missing any more."""

    ACCEPT = "accept"
    LAST_ACCEPT = "last accept"
    DECLINE = "decline"
    COUNTER = "counter"
    CANCEL = "cancel"
    LAST_CANCEL = "last cancel"
    LAPSE = "lapse"
    CLOSE = "close"
    DELIVER = "deliver"
    RECEIVE = "receive"
    LAST_RECEIVE = "last receive"
    CORRECT = "correct"
    LAST_CORRECT = "last correct"
    TIME = "time"


TABLE: Final[dict[tuple[State, Who, Said], State]] = {
    (State.PROPOSED, Who.ANSWERER, Said.ACCEPT): State.PROPOSED,
    (State.PROPOSED, Who.ANSWERER, Said.LAST_ACCEPT): State.AGREED,
    (State.PROPOSED, Who.ANSWERER, Said.DECLINE): State.DECLINED,
    (State.PROPOSED, Who.ANSWERER, Said.COUNTER): State.REPLACED,
    (State.PROPOSED, Who.PROPOSER, Said.COUNTER): State.REPLACED,
    (State.PROPOSED, Who.PROPOSER, Said.CANCEL): State.WITHDRAWN,
    (State.PROPOSED, Who.PROPOSER, Said.LAPSE): State.LAPSED,
    (State.PROPOSED, Who.CLOCK, Said.TIME): State.LAPSED,
    (State.AGREED, Who.PROPOSER, Said.CLOSE): State.AGREED,
    (State.AGREED, Who.PROVIDER, Said.DELIVER): State.AGREED,
    (State.AGREED, Who.RECEIVER, Said.RECEIVE): State.AGREED,
    (State.AGREED, Who.RECEIVER, Said.LAST_RECEIVE): State.COMPLETED,
    (State.AGREED, Who.PROPOSER, Said.CANCEL): State.AGREED,
    (State.AGREED, Who.ANSWERER, Said.CANCEL): State.AGREED,
    (State.AGREED, Who.PROPOSER, Said.LAST_CANCEL): State.CANCELLED,
    (State.AGREED, Who.ANSWERER, Said.LAST_CANCEL): State.CANCELLED,
    (State.AGREED, Who.PROVIDER, Said.CORRECT): State.AGREED,
    (State.AGREED, Who.RECEIVER, Said.CORRECT): State.AGREED,
    (State.AGREED, Who.PROVIDER, Said.LAST_CORRECT): State.AGREED,
    (State.AGREED, Who.RECEIVER, Said.LAST_CORRECT): State.AGREED,
    (State.AGREED, Who.CLOCK, Said.TIME): State.LAPSED,
    (State.COMPLETED, Who.PROVIDER, Said.CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.RECEIVER, Said.CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.PROVIDER, Said.LAST_CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.RECEIVER, Said.LAST_CORRECT): State.COMPLETED,
}


@dataclass(slots=True)
class Delivery:
    """One `Deliver` and, when it was confirmed, its other half. `counted` units moved between the two."""

    id: EntryId
    commitment: int
    quantity: int
    at: Millis
    by: MemberId
    receipt: EntryId | None = None
    counted: int = 0
    corrections: dict[MemberId, int] = field(default_factory=dict)


@dataclass(slots=True)
class Agreement:
    """An agreement as the logs leave it; `state_at` adds what the clock does. Lists are in the order of commitments."""

    id: EntryId
    proposal: Propose
    proposer: MemberId
    device: DeviceId
    at: Millis
    state: State = State.PROPOSED
    accepted: dict[MemberId, EntryId] = field(default_factory=dict)
    deliveries: dict[EntryId, Delivery] = field(default_factory=dict)
    delivered: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    cancelled_by: set[MemberId] = field(default_factory=set)
    closed: bool = False
    agreed_at: Millis | None = None
    ended_at: Millis | None = None
    replaced_by: EntryId | None = None
    out_of_turn: dict[EntryId, str] = field(default_factory=dict)

    @property
    def signed(self) -> set[MemberId]:
        """Who has signed this version: its proposer and who accepted."""
        return {self.proposer, *self.accepted}

    @property
    def closes_at(self) -> int:
        """When it ends by itself: three days after the last due date, so the last receiver can still confirm."""
        return max(commitment.due for commitment in self.proposal.commitments) + RECEIPT_MS

    def state_at(self, now: int) -> State:
        """The state at `now`, with the deadlines that have passed."""
        if self.state is State.PROPOSED and now > self.proposal.answer_by:
            return TABLE[self.state, Who.CLOCK, Said.TIME]
        if self.state is State.AGREED and now > self.closes_at:
            return TABLE[self.state, Who.CLOCK, Said.TIME]
        return self.state

    def was_agreed(self) -> bool:
        """Whether everybody was bound at some time."""
        return self.agreed_at is not None

    def ended_before(self, at: int) -> bool:
        """Whether it was over, one way or the other, at `at`."""
        ended = self.ended_at
        if ended is None:
            return self.state_at(at).ended
        return at >= ended or self.state_at(at).ended

    def missing(self) -> set[MemberId]:
        """Who has not answered yet."""
        return set(self.proposal.parties) - self.signed

    def waits_for(self, now: int) -> dict[MemberId, str]:
        """Who has to do what next, in words: member -> sentence. Empty when it has ended."""
        state = self.state_at(now)
        if state is State.PROPOSED:
            return dict.fromkeys(sorted(self.missing()), "answer")
        if state is not State.AGREED:
            return {}
        todo: dict[MemberId, str] = {}
        for delivery in self.deliveries.values():
            if delivery.receipt is None:
                commitment = self.proposal.commitments[delivery.commitment]
                todo.setdefault(commitment.receiver, f"confirm {commitment.what}")
        for index, commitment in enumerate(self.proposal.commitments):
            if self.delivered[index] < commitment.quantity:
                todo.setdefault(commitment.provider, f"deliver {commitment.what}")
        return todo


# Answers come before what rests on them, whatever the clocks say: two clocks may differ by minutes. From there on, time
# decides, and what names a delivery never comes before it.
_PART: Final[dict[type, int]] = {
    Accept: 0,
    Decline: 0,
    Propose: 0,
    Lapse: 1,
    Close: 2,
    Deliver: 2,
    Receive: 2,
    Correct: 2,
    Cancel: 2,
}
_AT_ONE_TIME: Final[dict[type, int]] = {Close: 0, Deliver: 1, Receive: 2, Correct: 3, Cancel: 4}
_SHOWS_KNOWLEDGE: Final = (Close, Deliver, Receive)
_TAKES_BACK: Final = {Lapse: Said.LAPSE, Cancel: Said.CANCEL, Propose: Said.COUNTER}


def fold(first: Record, said: Iterable[Record]) -> Agreement:
    """The agreement that `first` proposed, after everything said about it. The same for any order of `said`."""
    records = _in_order(said)
    agreement = _begun(first)
    taken_back = _taken_back(agreement, records)
    if taken_back is not None and not _answered_before(first, records, taken_back):
        what = _TAKES_BACK[type(taken_back.body)]
        agreement.state = TABLE[State.PROPOSED, Who.PROPOSER, what]
        agreement.ended_at = taken_back.at
        agreement.replaced_by = taken_back.id if what is Said.COUNTER else None
        records.remove(taken_back)
    elif taken_back is None:
        # An acceptance the proposing device has closed on stands: a new device of its author, which may begin at any
        # time it likes, can not decline before it afterwards.
        closed = _closed_on(agreement, records)
        records.sort(key=lambda record: not (isinstance(record.body, Accept) and record.id in closed))
    for record in records:
        why = _say(agreement, record)
        if why is not None:
            agreement.out_of_turn[record.id] = why
    return agreement


def _begun(first: Record) -> Agreement:
    assert isinstance(first.body, Propose)
    agreement = Agreement(first.id, first.body, first.member, first.device, first.at)
    agreement.delivered = [0] * len(first.body.commitments)
    agreement.received = [0] * len(first.body.commitments)
    return agreement


def _in_order(said: Iterable[Record]) -> list[Record]:
    records = list(said)
    delivered = {record.id: record.at for record in records if isinstance(record.body, Deliver)}
    received: dict[EntryId, int] = {}
    for record in records:
        if isinstance(record.body, Receive):
            at = max(record.at, delivered.get(record.body.delivery, 0))
            received[record.body.delivery] = min(at, received.get(record.body.delivery, at))

    def place(record: Record) -> tuple[int, int, int, tuple[int, bytes, int]]:
        at, body = int(record.at), record.body
        if isinstance(body, Receive | Correct):
            at = max(at, delivered.get(body.delivery, 0))
        if isinstance(body, Correct):
            at = max(at, received.get(body.delivery, 0))
        return _PART[type(body)], at, _AT_ONE_TIME.get(type(body), 0), record.order

    return sorted(records, key=place)


def _closed_on(agreement: Agreement, records: list[Record]) -> frozenset[EntryId]:
    """The answers that the proposing device has shown to know."""
    return frozenset(
        answer
        for record in records
        if record.device == agreement.device and isinstance(record.body, Close)
        for answer in record.body.answers
    )


def _answered_before(first: Record, records: list[Record], taken_back: Record) -> bool:
    """Whether somebody had declined or countered by the time the proposer took the offer back: then nothing was left
    to take back."""
    agreement = _begun(first)
    for record in records:
        if isinstance(record.body, Accept | Decline | Propose) and record.order < taken_back.order:
            _say(agreement, record)
    return agreement.state in (State.DECLINED, State.REPLACED)


def _taken_back(agreement: Agreement, records: list[Record]) -> Record | None:
    """The entry by which the proposing device ended its offer, if it did so before it showed to know of an answer."""
    own = [record for record in records if record.device == agreement.device]
    for record in sorted(own, key=lambda record: record.seq):
        body = record.body
        if isinstance(body, _SHOWS_KNOWLEDGE):
            return None
        if isinstance(body, Cancel | Propose) or (isinstance(body, Lapse) and record.at > agreement.proposal.answer_by):
            return record
    return None


def _say(agreement: Agreement, record: Record) -> str | None:
    """Let one record act on the agreement; the sentence why it does not count, if it does not."""
    if record.member not in agreement.proposal.parties:
        return "only the parties of an agreement have a say in it"
    body = record.body
    if isinstance(body, Accept | Decline | Propose | Close | Lapse | Cancel):
        return _answer(agreement, record)
    assert isinstance(body, Deliver | Receive | Correct)
    return _event(agreement, record)


def _move(agreement: Agreement, who: Who, said: Said, at: Millis) -> str | None:
    """Take the table's row, or say that there is none."""
    after = TABLE.get((agreement.state, who, said))
    if after is None:
        return f"the agreement is {agreement.state.value}: the {who.value} can not {said.value} now"
    if after.ended and not agreement.state.ended:
        agreement.ended_at = at
    if after is State.AGREED and agreement.state is State.PROPOSED:
        agreement.agreed_at = at
    agreement.state = after
    return None


def _answer(agreement: Agreement, record: Record) -> str | None:
    body, member = record.body, record.member
    who = Who.PROPOSER if member == agreement.proposer else Who.ANSWERER
    if isinstance(body, Accept | Decline) and member in agreement.accepted:
        return "you have answered this proposal already"
    if isinstance(body, Accept):
        if record.at > agreement.proposal.answer_by:
            return f"the proposal had to be answered by {when(agreement.proposal.answer_by)}"
        said = Said.LAST_ACCEPT if agreement.missing() == {member} else Said.ACCEPT
        why = _move(agreement, who, said, record.at)
        if why is None:
            agreement.accepted[member] = record.id
        return why
    if isinstance(body, Decline):
        return _move(agreement, who, Said.DECLINE, record.at)
    if isinstance(body, Propose):
        why = _move(agreement, who, Said.COUNTER, record.at)
        if why is None:
            agreement.replaced_by = record.id
        return why
    if isinstance(body, Close):
        missing = set(agreement.accepted.values()) - set(body.answers)
        if missing:
            return "the close leaves an acceptance out"
        why = _move(agreement, who, Said.CLOSE, record.at)
        agreement.closed = agreement.closed or why is None
        return why
    if isinstance(body, Lapse):
        return "a lapse counts only from the proposer's device, after the deadline, before it acted on an acceptance"
    assert isinstance(body, Cancel)
    if record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    if member in agreement.cancelled_by:
        return "you have asked to cancel this already"
    everybody = agreement.cancelled_by | {member} == set(agreement.proposal.parties)
    why = _move(agreement, who, Said.LAST_CANCEL if everybody else Said.CANCEL, record.at)
    if why is None:
        agreement.cancelled_by.add(member)
    return why


def _event(agreement: Agreement, record: Record) -> str | None:
    body = record.body
    if isinstance(body, Deliver):
        return _deliver(agreement, record, body)
    assert isinstance(body, Receive | Correct)
    delivery = agreement.deliveries.get(body.delivery)
    if delivery is None:
        return "there is no such delivery in this agreement"
    commitment = agreement.proposal.commitments[delivery.commitment]
    if isinstance(body, Correct):
        return _correct(agreement, record, delivery, commitment, body.quantity)
    return _receive(agreement, record, delivery, commitment, body.quantity)


def _deliver(agreement: Agreement, record: Record, body: Deliver) -> str | None:
    if body.commitment >= len(agreement.proposal.commitments):
        return (
            f"the agreement has {len(agreement.proposal.commitments)} commitments; there is no number {body.commitment}"
        )
    commitment = agreement.proposal.commitments[body.commitment]
    if commitment.provider != record.member:
        return f"{commitment.what} is not yours to deliver"
    if record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    total = agreement.delivered[body.commitment] + body.quantity
    if total > commitment.quantity:
        return f"that delivers more than promised: {total} of {commitment.quantity} {commitment.unit} {commitment.what}"
    why = _move(agreement, Who.PROVIDER, Said.DELIVER, record.at)
    if why is None:
        agreement.deliveries[record.id] = Delivery(record.id, body.commitment, body.quantity, record.at, record.member)
        agreement.delivered[body.commitment] = total
    return why


def _receive(
    agreement: Agreement, record: Record, delivery: Delivery, commitment: Commitment, quantity: int
) -> str | None:
    if commitment.receiver != record.member:
        return f"{commitment.what} was not for you to receive"
    if delivery.receipt is not None:
        return "you have confirmed this delivery already"
    if record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    if quantity > delivery.quantity:
        return f"that confirms {quantity} {commitment.unit}, but {delivery.quantity} were delivered"
    received = list(agreement.received)
    received[delivery.commitment] += quantity
    if received[delivery.commitment] > commitment.quantity:
        return f"that confirms more than the {commitment.quantity} {commitment.unit} {commitment.what} promised"
    promised = [each.quantity for each in agreement.proposal.commitments]
    said = Said.LAST_RECEIVE if received == promised else Said.RECEIVE
    why = _move(agreement, Who.RECEIVER, said, record.at)
    if why is None:
        agreement.received = received
        delivery.receipt, delivery.counted = record.id, quantity
        # What was handed over but did not arrive whole may be delivered again.
        agreement.delivered[delivery.commitment] -= delivery.quantity - quantity
    return why


def _correct(
    agreement: Agreement, record: Record, delivery: Delivery, commitment: Commitment, quantity: int
) -> str | None:
    if record.member not in (commitment.provider, commitment.receiver):
        return "only the two sides of a delivery can correct it"
    if delivery.receipt is None:
        return "only a delivery that was confirmed can be corrected"
    after = agreement.received[delivery.commitment] - delivery.counted + quantity
    if after > commitment.quantity:
        return f"that is more than promised: {after} of {commitment.quantity} {commitment.unit} {commitment.what}"
    who = Who.PROVIDER if record.member == commitment.provider else Who.RECEIVER
    other = commitment.receiver if who is Who.PROVIDER else commitment.provider
    both = delivery.corrections.get(other) == quantity
    why = _move(agreement, who, Said.LAST_CORRECT if both else Said.CORRECT, record.at)
    if why is None:
        delivery.corrections[record.member] = quantity
        if both:
            agreement.received[delivery.commitment] = after
            agreement.delivered[delivery.commitment] += quantity - delivery.counted
            delivery.counted = quantity
    return why


def when(at: int) -> str:
    """A time of the protocol as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


class Agreements:
    """All agreements, from the records of all logs in any order."""

    def __init__(self) -> None:
        self._proposals: dict[EntryId, Record] = {}
        self._said: dict[EntryId, list[Record]] = {}
        self._cache: dict[EntryId, Agreement] = {}
        self.of_member: dict[MemberId, list[EntryId]] = {}
        self.of_listing: dict[EntryId, list[EntryId]] = {}
        self.changed: set[EntryId] = set()  # since somebody last emptied it: what credit has to look at again

    def add(self, record: Record) -> None:
        """Take in a proposal or what is said about one."""
        body = record.body
        if isinstance(body, Propose):
            self._proposals[record.id] = record
            for member in body.parties:
                self.of_member.setdefault(member, []).append(record.id)
            for listing in {commitment.listing for commitment in body.commitments if commitment.listing}:
                self.of_listing.setdefault(listing, []).append(record.id)
            self._forget(record.id)
            if body.replaces is not None:
                self._said.setdefault(body.replaces, []).append(record)
                self._forget(body.replaces)
        elif record.ref is not None:
            self._said.setdefault(record.ref, []).append(record)
            self._forget(record.ref)

    def _forget(self, agreement: EntryId) -> None:
        self._cache.pop(agreement, None)
        self.changed.add(agreement)

    def get(self, agreement: EntryId) -> Agreement | None:
        """The agreement with this id; None when its proposal has not arrived."""
        known = self._cache.get(agreement)
        if known is None and agreement in self._proposals:
            known = self._cache[agreement] = fold(self._proposals[agreement], self._said.get(agreement, ()))
        return known

    def all(self) -> Iterable[Agreement]:
        """Every agreement ever read, in no promised order."""
        for agreement in self._proposals:
            known = self.get(agreement)
            assert known is not None
            yield known

    def try_out(self, record: Record) -> str | None:
        """Why this record, if it were said, would not count; None when it would. Changes nothing."""
        body = record.body
        about = body.replaces if isinstance(body, Propose) else record.ref
        if about is None:
            return None
        first = self._proposals.get(about)
        if first is None:
            return "that proposal is not known here yet"
        return fold(first, [*self._said.get(about, ()), record]).out_of_turn.get(record.id)

    def naming(self, listing: EntryId) -> list[Agreement]:
        """The agreements about a listing."""
        found = (self.get(agreement) for agreement in self.of_listing.get(listing, ()))
        return [agreement for agreement in found if agreement is not None]
