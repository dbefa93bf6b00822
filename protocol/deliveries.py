"""Deliveries: what was handed over, what came, and what it really was. Only what both halves say counts.

Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from ruil.protocol.agreement import Agreement, Delivery, Said, Who, when
from ruil.protocol.bodies import Commitment, Correct, Deliver, Receive
from ruil.protocol.ids import Millis
from ruil.protocol.record import Record


def handed_over(agreement: Agreement, record: Record) -> str | None:
    """One half of a delivery, or a correction of it. The sentence why it does not count, if it does not."""
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
    if body.commitment in agreement.struck:
        return f"the place that {commitment.what} belongs to is struck out: nobody owes it"
    if commitment.provider != record.member:
        return f"{commitment.what} is not yours to deliver"
    if record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    total = agreement.delivered[body.commitment] + body.quantity
    if total > commitment.quantity:
        return f"that delivers more than promised: {total} of {commitment.quantity} {commitment.unit} {commitment.what}"
    why = _not_wanted(agreement, body.commitment, body.quantity, record.at)
    if why is None:
        why = agreement.move(Who.PROVIDER, Said.DELIVER, record.at)
    if why is None:
        agreement.deliveries[record.id] = Delivery(record.id, body.commitment, body.quantity, record.at, record.member)
        agreement.delivered[body.commitment] = total
    return why


def _not_wanted(agreement: Agreement, index: int, quantity: int, at: Millis) -> str | None:
    """Why something can not be delivered that stands in for another commitment, pays back who did, or in whose place
    another came: that one is not late, or not so much is missing. What is on its way from somebody else keeps nobody
    from delivering: it may never have been sent."""
    commitment = agreement.commitments[index]
    on_the_way = agreement.delivered[index] - agreement.received[index]
    if agreement.pays_back(index):
        missing = agreement.owing(index) - on_the_way
    elif commitment.covers is None:
        missing = agreement.room(index, agreement.received) - on_the_way
    elif at <= (due := agreement.due(commitment.covers)):
        return f"{commitment.what} stands in for what is not late before {when(due)}"
    else:
        missing = agreement.to_cover(index, at) - on_the_way
    return None if quantity <= missing else f"only {max(0, missing)} {commitment.unit} {commitment.what} are missing"


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
    if agreement.room(delivery.commitment, received) < 0:
        return f"that confirms more than the {commitment.quantity} {commitment.unit} {commitment.what} promised"
    said = Said.LAST_RECEIVE if agreement.in_full(received) else Said.RECEIVE
    why = agreement.move(Who.RECEIVER, said, record.at)
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
    received = list(agreement.received)
    received[delivery.commitment] = after = received[delivery.commitment] - delivery.counted + quantity
    if quantity > delivery.counted and agreement.room(delivery.commitment, received) < 0:
        return f"that is more than promised: {after} of {commitment.quantity} {commitment.unit} {commitment.what}"
    who = Who.PROVIDER if record.member == commitment.provider else Who.RECEIVER
    other = commitment.receiver if who is Who.PROVIDER else commitment.provider
    both = delivery.corrections.get(other) == quantity
    said = Said.CORRECT
    if both:
        in_full = record.at <= agreement.closes_at and agreement.in_full(received)
        said = Said.FULL_CORRECT if in_full else Said.LAST_CORRECT
    why = agreement.move(who, said, record.at)
    if why is None:
        delivery.corrections[record.member] = quantity
        if both:
            agreement.received = received
            agreement.delivered[delivery.commitment] += quantity - delivery.counted
            if record.at > agreement.closes_at:
                late = agreement.afterwards
                late[delivery.commitment] = late.get(delivery.commitment, 0) + quantity - delivery.counted
            delivery.counted = quantity
    return why
