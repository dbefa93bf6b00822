"""Joins: who takes an open place, who gives it back, and the close that binds them. What a place brings is in slots.py.

Spec: docs/spec/slots.md. Vectors: tests/vectors/slots/.
"""

from ruil.protocol.agreement import Agreement, Said, Who, when
from ruil.protocol.bodies import Close, Join
from ruil.protocol.record import Record
from ruil.protocol.slots import Joined, brings, countable, why_not


def join(agreement: Agreement, record: Record, body: Join) -> str | None:
    """Somebody takes an open place. The sentence why it does not count, if it does not."""
    slots = agreement.proposal.slots
    if body.slot >= len(slots):
        return f"there is no such place to join: this proposal has {len(slots)} kinds of open places"
    slot = slots[body.slot]
    if record.at > agreement.answer_by:
        return f"the proposal could be joined until {when(agreement.answer_by)}"
    if not slot.quantity_least <= body.quantity <= slot.quantity_most:
        return f"each {slot.role} joins with {slot.quantity_least} to {slot.quantity_most}; that is {body.quantity}"
    if not countable(slot, body.quantity):
        return "that comes to more than can be counted"
    why = agreement.move(Who.JOINER, Said.JOIN, record.at)
    if why is None:
        agreement.joins[record.id] = Joined(record.id, record.member, record.order, body)
        agreement.left.discard(record.member)
    return why


def leave(agreement: Agreement, record: Record) -> str | None:
    """Who joined asks to be let go. It is the proposer's close that says whether it came in time."""
    why = agreement.move(Who.JOINER, Said.CANCEL, record.at)
    if why is None:
        agreement.left.add(record.member)
    return why


def bind(agreement: Agreement, record: Record, body: Close) -> str | None:
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
        why = agreement.move(Who.PROPOSER, Said.BINDING_CLOSE, record.at)
    if why is None:
        agreement.closed = True
        agreement.parties = tuple(sorted({*agreement.parties, *(join.member for join in joins)}))
        agreement.commitments += brings(agreement.proposal.slots, joins, len(agreement.commitments))
        agreement.accepted |= {join.member: join.id for join in joins if join.member != agreement.proposer}
        agreement.delivered = [0] * len(agreement.commitments)
        agreement.received = [0] * len(agreement.commitments)
    return why
