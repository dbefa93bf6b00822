"""Turns: what was said about an agreement, put in order and walked over its table.

The order does not depend on what arrived first, so every reader of the same logs sees the same state. What has no row
in the table is out of turn: kept in its log, counted for nothing, with the sentence that says why.

Who decides when two stories meet: the proposing device's log. If it takes the proposal back (`Cancel`, a counter-offer,
or `Lapse` after the deadline) before any entry that shows it knew of the acceptance, nobody is bound.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Iterable
from typing import Final

from ruil.protocol.agreement import TABLE, Agreement, Delivery, Said, State, Who, when
from ruil.protocol.bodies import (
    Accept,
    Cancel,
    Close,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Join,
    Lapse,
    Propose,
    Receive,
)
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.record import Record
from ruil.protocol.slots import Joined, brings, why_not

# Answers come before what rests on them, whatever the clocks say: two clocks may differ by minutes. From there on, time
# decides, and what names a delivery never comes before it.
_PART: Final[dict[type, int]] = {
    Accept: 0,
    Decline: 0,
    Propose: 0,
    Join: 0,
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


def fold(first: Record, said: Iterable[Record], carried: Iterable[Joined] = ()) -> Agreement:
    """The agreement that `first` proposed, after everything said about it. The same for any order of `said`.
    `carried`: who joined an earlier round of it and stays in."""
    records = _in_order(said)
    agreement = _begun(first)
    agreement.joins.update({joined.id: joined for joined in carried})
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
    proposal = first.body
    agreement = Agreement(
        first.id, proposal, first.member, first.device, first.at, proposal.parties, proposal.commitments
    )
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
        if isinstance(body, Cancel | Propose) or (isinstance(body, Lapse) and record.at > agreement.answer_by):
            return record
    return None


def _say(agreement: Agreement, record: Record) -> str | None:
    """Let one record act on the agreement; the sentence why it does not count, if it does not."""
    body = record.body
    if isinstance(body, Join):
        return _join(agreement, record, body)
    if record.member not in agreement.parties:
        if isinstance(body, Cancel) and any(joined.member == record.member for joined in agreement.joins.values()):
            return _leave(agreement, record)
        return "only the parties of an agreement have a say in it"
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


def _join(agreement: Agreement, record: Record, body: Join) -> str | None:
    slots = agreement.proposal.slots
    if body.slot >= len(slots):
        return f"there is no such place to join: this proposal has {len(slots)} kinds of open places"
    slot = slots[body.slot]
    if record.at > agreement.answer_by:
        return f"the proposal could be joined until {when(agreement.answer_by)}"
    if not slot.quantity_least <= body.quantity <= slot.quantity_most:
        return f"each {slot.role} joins with {slot.quantity_least} to {slot.quantity_most}; that is {body.quantity}"
    why = _move(agreement, Who.JOINER, Said.JOIN, record.at)
    if why is None:
        agreement.joins[record.id] = Joined(record.id, record.member, record.order, body)
        agreement.left.discard(record.member)
    return why


def _leave(agreement: Agreement, record: Record) -> str | None:
    """Who joined asks to be let go. It is the proposer's close that says whether it came in time."""
    why = _move(agreement, Who.JOINER, Said.CANCEL, record.at)
    if why is None:
        agreement.left.add(record.member)
    return why


def _bind(agreement: Agreement, record: Record, body: Close) -> str | None:
    """The proposing device closes an open proposal: from here on the joins it names are in."""
    if record.device != agreement.device:
        return "only the device that proposed can close it: its log says who joined"
    if agreement.missing():
        return "not everybody has accepted"
    if record.at > agreement.bound_by:
        return f"the proposal had to be closed by {when(agreement.bound_by)}"
    named = set(body.answers) - set(agreement.accepted.values())
    if not named <= agreement.joins.keys():
        return "the close names a join that is not known, or that came too late"
    joins = [agreement.joins[each] for each in body.answers if each in named]
    if not joins:
        return "the close names nobody who joined"
    why = why_not(agreement.proposal.slots, joins, record.at)
    if why is None:
        why = _move(agreement, Who.PROPOSER, Said.BINDING_CLOSE, record.at)
    if why is None:
        agreement.closed = True
        agreement.parties = tuple(sorted({*agreement.parties, *(join.member for join in joins)}))
        agreement.commitments += brings(agreement.proposal.slots, joins)
        agreement.accepted |= {join.member: join.id for join in joins if join.member != agreement.proposer}
        agreement.delivered = [0] * len(agreement.commitments)
        agreement.received = [0] * len(agreement.commitments)
    return why


def _answer(agreement: Agreement, record: Record) -> str | None:
    body, member = record.body, record.member
    who = Who.PROPOSER if member == agreement.proposer else Who.ANSWERER
    if isinstance(body, Accept | Decline) and member in agreement.accepted:
        return "you have answered this proposal already"
    if isinstance(body, Accept):
        if record.at > agreement.answer_by:
            return f"the proposal had to be answered by {when(agreement.answer_by)}"
        last = agreement.missing() == {member} and not agreement.proposal.slots
        said = Said.LAST_ACCEPT if last else Said.ACCEPT
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
        if set(agreement.accepted.values()) - set(body.answers):
            return "the close leaves an acceptance out"
        if agreement.state is State.PROPOSED and agreement.proposal.slots:
            return _bind(agreement, record, body)
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
    everybody = agreement.cancelled_by | {member} == set(agreement.parties)
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
    commitment = agreement.commitments[delivery.commitment]
    if isinstance(body, Correct):
        return _correct(agreement, record, delivery, commitment, body.quantity)
    return _receive(agreement, record, delivery, commitment, body.quantity)


def _deliver(agreement: Agreement, record: Record, body: Deliver) -> str | None:
    if body.commitment >= len(agreement.commitments):
        return f"the agreement has {len(agreement.commitments)} commitments; there is no number {body.commitment}"
    commitment = agreement.commitments[body.commitment]
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
    promised = [each.quantity for each in agreement.commitments]
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
    received = list(agreement.received)
    received[delivery.commitment] = after
    said = Said.CORRECT
    if both:
        in_full = record.at <= agreement.closes_at and received == [each.quantity for each in agreement.commitments]
        said = Said.FULL_CORRECT if in_full else Said.LAST_CORRECT
    why = _move(agreement, who, said, record.at)
    if why is None:
        delivery.corrections[record.member] = quantity
        if both:
            agreement.received = received
            agreement.delivered[delivery.commitment] += quantity - delivery.counted
            delivery.counted = quantity
    return why
