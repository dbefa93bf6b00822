"""One agreement: where it stands, who signed, what was delivered and what came. Its life is `TABLE`.

    Propose --Accept by all--> agreed --Deliver and Receive, every commitment--> completed
    Propose with open places --Join, Join, Join; Close--> agreed

`TABLE` is (state, who, said) -> state; the spec's diagram is drawn from it. It does not know which party we are. How
what was said is walked over it is in turns.py; agreements.py holds all of them. Spec: docs/spec/agreements.md.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from ruil.protocol.bodies import Commitment, Propose
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import ANSWER_MS_MAX, CLOSE_MS, DUE_MS_MAX, RECEIPT_MS
from ruil.protocol.slots import Joined, due_dates


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
    JOINER = "joiner"
    PROVIDER = "provider"
    RECEIVER = "receiver"
    CLOCK = "clock"


class Said(Enum):
    """What was said; LAST when no other party's word is missing any more."""

    ACCEPT = "accept"
    LAST_ACCEPT = "last accept"
    DECLINE = "decline"
    JOIN = "join"
    COUNTER = "counter"
    CANCEL = "cancel"
    LAST_CANCEL = "last cancel"
    LAPSE = "lapse"
    CLOSE = "close"
    BINDING_CLOSE = "binding close"  # of an open proposal: the joins it names are in, and everybody is bound
    DELIVER = "deliver"
    RECEIVE = "receive"
    LAST_RECEIVE = "last receive"
    CORRECT = "correct"
    LAST_CORRECT = "last correct"
    FULL_CORRECT = "full correct"  # the last, and now every commitment is received in full
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
    (State.PROPOSED, Who.JOINER, Said.JOIN): State.PROPOSED,
    (State.PROPOSED, Who.JOINER, Said.CANCEL): State.PROPOSED,
    (State.PROPOSED, Who.PROPOSER, Said.BINDING_CLOSE): State.AGREED,
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
    (State.AGREED, Who.PROVIDER, Said.FULL_CORRECT): State.COMPLETED,
    (State.AGREED, Who.RECEIVER, Said.FULL_CORRECT): State.COMPLETED,
    (State.AGREED, Who.CLOCK, Said.TIME): State.LAPSED,
    (State.COMPLETED, Who.PROVIDER, Said.CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.RECEIVER, Said.CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.PROVIDER, Said.LAST_CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.RECEIVER, Said.LAST_CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.PROVIDER, Said.FULL_CORRECT): State.COMPLETED,
    (State.COMPLETED, Who.RECEIVER, Said.FULL_CORRECT): State.COMPLETED,
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
    parties: tuple[MemberId, ...]
    commitments: tuple[Commitment, ...]  # as proposed; once it is closed, those of the joins after them
    state: State = State.PROPOSED
    accepted: dict[MemberId, EntryId] = field(default_factory=dict)
    deliveries: dict[EntryId, Delivery] = field(default_factory=dict)
    delivered: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    cancelled_by: set[MemberId] = field(default_factory=set)
    joins: dict[EntryId, Joined] = field(default_factory=dict)  # who would like to be in
    left: set[MemberId] = field(default_factory=set)  # who joined and asked to be let go before it was closed
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
    def answer_by(self) -> int:
        """Until when it may be answered: as proposed, but what it holds is not held for ever."""
        return min(self.proposal.answer_by, self.at + ANSWER_MS_MAX)

    @property
    def bound_by(self) -> int:
        """Until when it may still come to bind: an open proposal is closed after the last could have joined."""
        return self.answer_by + (CLOSE_MS if self.proposal.slots else 0)

    @property
    def closes_at(self) -> int:
        """When it ends by itself: three days after the last due date, so the last receiver can still confirm."""
        return min(max(due_dates(self.proposal)), self.at + DUE_MS_MAX) + RECEIPT_MS

    def state_at(self, now: int) -> State:
        """The state at `now`, with the deadlines that have passed."""
        if self.state is State.PROPOSED and now > self.bound_by:
            return TABLE[self.state, Who.CLOCK, Said.TIME]
        if self.state is State.AGREED and now > self.closes_at:
            return TABLE[self.state, Who.CLOCK, Said.TIME]
        return self.state

    def was_agreed(self) -> bool:
        """Whether everybody was bound at some time."""
        return self.agreed_at is not None

    def ended_before(self, at: int) -> bool:
        """Whether it was over, one way or the other, at `at`."""
        return self.state_at(at).ended if self.ended_at is None else at >= self.ended_at

    def missing(self) -> set[MemberId]:
        """Who has not answered yet."""
        return set(self.parties) - self.signed

    def staying(self) -> list[Joined]:
        """Who joined and did not ask to be let go."""
        return [joined for joined in self.joins.values() if joined.member not in self.left]

    def waits_for(self, now: int) -> dict[MemberId, str]:
        """Who has to do what next, in words: member -> sentence. Empty when it has ended."""
        state = self.state_at(now)
        if state is State.PROPOSED:
            asked = dict.fromkeys(sorted(self.missing()), "answer")
            return asked or ({self.proposer: "close"} if self.proposal.slots else {})
        if state is not State.AGREED:
            return {}
        todo: dict[MemberId, str] = {}
        for delivery in self.deliveries.values():
            if delivery.receipt is None:
                commitment = self.commitments[delivery.commitment]
                todo.setdefault(commitment.receiver, f"confirm {commitment.what}")
        for index, commitment in enumerate(self.commitments):
            if self.delivered[index] < commitment.quantity:
                todo.setdefault(commitment.provider, f"deliver {commitment.what}")
        return todo


def when(at: int) -> str:
    """A time of the protocol as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
