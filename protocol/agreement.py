"""One agreement: where it stands, who signed, what was delivered and what came. Its life is `TABLE`.

    Propose --Accept by all--> agreed --Deliver and Receive, every commitment--> completed
    Propose with open places --Join, Join, Join; Close--> agreed

`TABLE` is (state, who, said) -> state; the spec's diagram is drawn from it. It does not know which party we are. How
what was said is walked over it is in turns.py; agreements.py holds all of them. Spec: docs/spec/agreements.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from ruil.protocol.bodies import Commitment, Propose, pays_back
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis, Position
from ruil.protocol.limits import ANSWER_MS_MAX, CLOSE_MS, DAY, DUE_MS_MAX, RECEIPT_MS, SETTLE_MS
from ruil.protocol.slots import Joined, Order, due_dates


class State(Enum):
    """Where an agreement stands. All but the first two are ends."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"
    LAPSED = "lapsed"

    @property
    def ended(self) -> bool:
        return self not in (State.PROPOSED, State.AGREED)


class Who(Enum):
    """In what part somebody speaks. The table does not know which of them we are."""

    PROPOSER = "proposer"
    ANSWERER = "answerer"
    JOINER = "joiner"
    MEDIATOR = "mediator"
    MEMBER = "member"
    PROVIDER = "provider"
    RECEIVER = "receiver"
    CLOCK = "clock"


class Said(Enum):
    """What was said; LAST when no other party's word is missing any more."""

    ACCEPT = "accept"
    LAST_ACCEPT = "last accept"
    DECLINE = "decline"
    JOIN = "join"
    VOTE = "vote"
    COUNTER = "counter"
    CANCEL = "cancel"
    LAST_CANCEL = "last cancel"
    LAPSE = "lapse"
    CLOSE = "close"
    CLEARING_CLOSE = "clearing close"  # of a clearing that all have signed: what they owe in a circle is set off
    CARRYING_CLOSE = "carrying close"  # of a motion: enough have said yes, and from here on it holds
    BINDING_CLOSE = "binding close"  # of an open proposal: the joins it names are in, and everybody is bound
    DELIVER = "deliver"
    RECEIVE = "receive"
    LAST_RECEIVE = "last receive"
    CORRECT = "correct"
    LAST_CORRECT = "last correct"
    FULL_CORRECT = "full correct"  # the last, and now every commitment is received in full
    EXTEND = "extend"
    LAST_EXTEND = "last extend"
    SETTLE = "settle"
    LAST_SETTLE = "last settle"
    DISPUTE = "dispute"
    MEDIATE = "mediate"
    BINDING_MEDIATE = "binding mediate"  # the parties agreed beforehand that this word binds
    TIME = "time"
    TIME_ENOUGH = "time enough"  # it is over, and of everything enough was received


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
    (State.PROPOSED, Who.MEMBER, Said.VOTE): State.PROPOSED,
    (State.PROPOSED, Who.PROPOSER, Said.BINDING_CLOSE): State.AGREED,
    (State.PROPOSED, Who.PROPOSER, Said.CLEARING_CLOSE): State.COMPLETED,
    (State.PROPOSED, Who.PROPOSER, Said.CARRYING_CLOSE): State.COMPLETED,
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
    (State.AGREED, Who.PROPOSER, Said.EXTEND): State.AGREED,
    (State.AGREED, Who.ANSWERER, Said.EXTEND): State.AGREED,
    (State.AGREED, Who.PROPOSER, Said.LAST_EXTEND): State.AGREED,
    (State.AGREED, Who.ANSWERER, Said.LAST_EXTEND): State.AGREED,
    (State.AGREED, Who.PROPOSER, Said.SETTLE): State.AGREED,
    (State.AGREED, Who.ANSWERER, Said.SETTLE): State.AGREED,
    (State.AGREED, Who.PROPOSER, Said.LAST_SETTLE): State.SETTLED,
    (State.AGREED, Who.ANSWERER, Said.LAST_SETTLE): State.SETTLED,
    (State.AGREED, Who.PROPOSER, Said.DISPUTE): State.AGREED,
    (State.AGREED, Who.ANSWERER, Said.DISPUTE): State.AGREED,
    (State.AGREED, Who.MEDIATOR, Said.MEDIATE): State.AGREED,
    (State.AGREED, Who.MEDIATOR, Said.BINDING_MEDIATE): State.SETTLED,
    (State.SETTLED, Who.PROPOSER, Said.SETTLE): State.SETTLED,
    (State.SETTLED, Who.ANSWERER, Said.SETTLE): State.SETTLED,
    (State.SETTLED, Who.PROPOSER, Said.LAST_SETTLE): State.SETTLED,
    (State.SETTLED, Who.ANSWERER, Said.LAST_SETTLE): State.SETTLED,
    (State.AGREED, Who.CLOCK, Said.TIME): State.LAPSED,
    (State.AGREED, Who.CLOCK, Said.TIME_ENOUGH): State.COMPLETED,
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


@dataclass(frozen=True, slots=True)
class Voted:
    """A vote that counts if the close names it: whose, for which join, and where it stands."""

    member: MemberId
    join: EntryId
    position: Position


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
    lent: frozenset[EntryId]  # the listings of which it reserves a span
    binding: bool = False  # whether the mediator's word binds: all said so, or the charter when it was proposed
    void: frozenset[MemberId] = frozenset()  # whose signature counts for nothing: they had promised the same to others
    state: State = State.PROPOSED
    accepted: dict[MemberId, EntryId] = field(default_factory=dict)
    deliveries: dict[EntryId, Delivery] = field(default_factory=dict)
    delivered: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    afterwards: dict[int, int] = field(default_factory=dict)  # what corrections after the end added, by commitment
    cancelled_by: set[MemberId] = field(default_factory=set)
    joins: dict[EntryId, Joined] = field(default_factory=dict)  # who would like to be in
    votes: dict[EntryId, Voted] = field(default_factory=dict)
    left: dict[MemberId, Order] = field(default_factory=dict)  # who asked to be let go before it was closed, and when
    counting: tuple[EntryId, ...] = ()  # the joins that the close has seats for, in its order
    lost: tuple[Joined, ...] = ()  # seats that are struck out: the log of who joined was cut before they did
    struck: frozenset[int] = frozenset()  # the commitments those would have brought: nobody owes them
    due_by: dict[MemberId, int] = field(default_factory=dict)  # until when each would have it go on
    extended: int | None = None
    settles: dict[MemberId, tuple[int, ...]] = field(default_factory=dict)  # how each would have it end
    words: dict[MemberId, list[tuple[Millis, tuple[int, ...]]]] = field(
        default_factory=dict
    )  # all of those, since when
    settled_by: EntryId | None = None
    disputed_at: Millis | None = None  # when the mediator was asked last
    mediated: tuple[int, ...] | None = None  # the mediator's latest proposal
    closed: bool = False
    closes: int = 0  # of a motion: how many were looked at
    agreed_at: Millis | None = None
    ended_at: Millis | None = None
    replaced_by: EntryId | None = None
    declined_by: MemberId | None = None
    replies: dict[MemberId, str] = field(default_factory=dict)  # each party's last word on how it ended
    set_off: list[tuple[int, int, EntryId]] = field(default_factory=list)  # commitment, how much, by which clearing
    out_of_turn: dict[EntryId, str] = field(default_factory=dict)
    _stand_ins: dict[int, list[int]] = field(default_factory=dict)  # by what they stand in for; joins bring none

    def __post_init__(self) -> None:
        for index, each in enumerate(self.proposal.commitments):
            if each.covers is not None:
                self._stand_ins.setdefault(each.covers, []).append(index)

    @property
    def signed(self) -> set[MemberId]:
        """Who has signed this version: its proposer and who accepted."""
        return {self.proposer, *self.accepted} - self.void

    @property
    def answer_by(self) -> int:
        """Until when it may be answered: as proposed, but what it holds is not held for ever."""
        return min(self.proposal.answer_by, self.at + ANSWER_MS_MAX)

    @property
    def bound_by(self) -> int:
        """Until when it may still come to bind: what only the proposer's close makes binding is closed after the last
        could have answered."""
        asked = self.proposal
        return self.answer_by + (CLOSE_MS if asked.slots or asked.clearing or asked.motion is not None else 0)

    @property
    def last_due(self) -> int:
        """When the last of it is due: as proposed, or as all have extended it."""
        return self.extended if self.extended is not None else self._proposed_due

    @property
    def _proposed_due(self) -> int:
        return min(max(due_dates(self.proposal)), self.at + DUE_MS_MAX)

    @property
    def mediated_by(self) -> int | None:
        """Until when the mediator can say how it should end; None when nobody has asked them."""
        return None if self.disputed_at is None else self.disputed_at + self.proposal.mediation_days * DAY

    @property
    def closes_at(self) -> int:
        """When it ends by itself: three days after the last due date, so the last receiver can still confirm; and not
        before the mediator's days are over."""
        return max(self.last_due + RECEIPT_MS, self.mediated_by or 0)

    def due(self, index: int) -> int:
        """When a commitment is due. What all have extended moves everything by the same time, so that a schedule stays
        one, and who stands in for another still has as long to do so."""
        return self.commitments[index].due + self.last_due - self._proposed_due

    def in_full(self, received: Sequence[int]) -> bool:
        """Whether nothing more is owed if so much was received of each commitment: what stands in for another counts
        with it, and is not owed itself; who stood in is paid back for what they brought."""
        return all(
            each.covers is not None
            or index in self.struck
            or received[index] + self._covered(index, received)
            >= (self._owed(index, received) if self.pays_back(index) else each.quantity)
            for index, each in enumerate(self.commitments)
        )

    def pays_back(self, index: int) -> bool:
        """Whether a commitment pays back what somebody else brought in its provider's stead."""
        return pays_back(self.commitments, index)

    def enough(self) -> bool:
        """Whether, when its time was over, of everything enough had been received, and paid for what was."""
        received = [each - self.afterwards.get(index, 0) for index, each in enumerate(self.received)]
        return all(
            each.covers is not None
            or index in self.struck
            or received[index] + self._covered(index, received) >= self._owed(index, received, each.least)
            for index, each in enumerate(self.commitments)
        )

    def _owed(self, index: int, received: Sequence[int], least: int | None = None) -> int:
        """How much of a commitment is owed in the end; of one that pays for another, for what was received of that."""
        each = self.commitments[index]
        if index in self.struck:
            return 0
        if each.per is not None:
            return each.quantity * received[each.per] // self.commitments[each.per].quantity
        return each.quantity if least is None else least

    def _covered(self, index: int, received: Sequence[int]) -> int:
        return sum(received[other] for other in self._stand_ins.get(index, ()))

    def owing(self, index: int) -> int:
        """How much of a commitment is owed and was not received, nor anything in its stead. Of one that stands in for
        another: what is missing of that once it is late, see `to_cover`."""
        return max(0, self._owed(index, self.received) - self.received[index] - self._covered(index, self.received))

    def to_cover(self, index: int, now: int) -> int:
        """How much a commitment that stands in for another has to bring at `now`: nothing before the other is late."""
        each = self.commitments[index]
        assert each.covers is not None
        if now <= self.due(each.covers):
            return 0
        return min(self.owing(each.covers), each.quantity - self.received[index])

    def room(self, index: int, received: Sequence[int]) -> int:
        """How much more of a commitment can come if so much was received of each; below 0 when that is too much. What
        stands in for another, and that other, are never more together than was promised once."""
        each = self.commitments[index]
        if index in self.struck:
            return -received[index]
        root = index if each.covers is None else each.covers
        missing = self.commitments[root].quantity - received[root] - self._covered(root, received)
        return min(each.quantity - received[index], missing)

    def to_deliver(self, index: int, now: int) -> int:
        """How much of a commitment its provider has to hand over next, beside what is on its way."""
        each, on_the_way = self.commitments[index], self.delivered[index] - self.received[index]
        return max(0, (self.owing(index) if each.covers is None else self.to_cover(index, now)) - on_the_way)

    def state_at(self, now: int) -> State:
        """The state at `now`, with the deadlines that have passed."""
        if self.state is State.PROPOSED and now > self.bound_by:
            return TABLE[self.state, Who.CLOCK, Said.TIME]
        if self.state is State.AGREED and now > self.closes_at:
            return TABLE[self.state, Who.CLOCK, Said.TIME_ENOUGH if self.enough() else Said.TIME]
        return self.state

    def was_agreed(self) -> bool:
        """Whether everybody was bound at some time."""
        return self.agreed_at is not None

    def ended_before(self, at: int) -> bool:
        """Whether it was over, one way or the other, at `at`."""
        return at >= self.over_from

    @property
    def over_from(self) -> int:
        """From when on it is over, one way or the other: at the latest, as long as it is still open."""
        if self.ended_at is not None:
            return self.ended_at
        return (self.bound_by if self.state is State.PROPOSED else self.closes_at) + 1

    def move(self, who: Who, said: Said, at: Millis) -> str | None:
        """Take the table's row, or say that there is none."""
        after = TABLE.get((self.state, who, said))
        if after is None:
            return f"the agreement is {self.state.value}: the {who.value} can not {said.value} now"
        if after.ended and not self.state.ended:
            self.ended_at = at
        if after in (State.AGREED, State.COMPLETED) and self.state is State.PROPOSED:
            self.agreed_at = at
        self.state = after
        return None

    def missing(self) -> set[MemberId]:
        """Who has not answered yet."""
        return set(self.parties) - self.signed

    def staying(self) -> list[Joined]:
        """Who joined and did not ask to be let go after that."""
        return [
            each for each in self.joins.values() if each.member not in self.left or each.order > self.left[each.member]
        ]

    def settling(self, at: int) -> dict[MemberId, tuple[int, ...]]:
        """How each would have it end whose latest word stands at a time: it does for seven days."""
        standing = ((who, self.standing(who, at)) for who in self.words)
        return {who: said[-1][1] for who, said in standing if said}

    def standing(self, who: MemberId, at: int) -> list[tuple[Millis, tuple[int, ...]]]:
        """The words of one party that stand at a time: (since when, with how much). A later one beside it takes none
        back, since it could be dated back to before it was answered."""
        return [(since, much) for since, much in self.words.get(who, ()) if at - since <= SETTLE_MS]

    def waits_for(self, now: int) -> dict[MemberId, str]:
        """Who has to do what next, in words: member -> sentence. Empty when it has ended."""
        state = self.state_at(now)
        if state is State.PROPOSED:
            asked = {} if self.void else dict.fromkeys(sorted(self.missing()), "answer")
            to_close = (now > self.answer_by or self.proposal.clearing) and not self.void
            return asked or ({self.proposer: "close"} if to_close else {})
        if state is not State.AGREED:
            return {}
        todo: dict[MemberId, str] = {}
        for delivery in self.deliveries.values():
            if delivery.receipt is None:
                commitment = self.commitments[delivery.commitment]
                todo.setdefault(commitment.receiver, f"confirm {commitment.what}")
        for index, commitment in enumerate(self.commitments):
            if self.to_deliver(index, now):
                todo.setdefault(commitment.provider, f"deliver {commitment.what}")
        if self.mediated is None:
            todo |= dict.fromkeys(self.mediating(now), "say how it should end")
        return todo

    def mediating(self, now: int) -> list[MemberId]:
        """Who can say at `now` how it should end: the mediator who was asked; for the second half of their days their
        backup too."""
        if self.disputed_at is None or not self.disputed_at <= now <= (self.mediated_by or 0):
            return []
        asked = (self.proposal.mediator, self.proposal.backup if now >= self.backup_from else None)
        return [each for each in asked if each is not None]

    @property
    def backup_from(self) -> int:
        """From when the mediator's backup may speak."""
        return (self.disputed_at or 0) + self.proposal.mediation_days * DAY // 2


def when(at: int) -> str:
    """A time of the protocol as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
